/**
 * Who may do what: upstream's policy rules (oslo.policy check strings) compiled once and evaluated
 * against a caller and the thing acted upon.
 */
package welkin.http.policy;
