/**
 * What every room shares: faults, ids, the request context, configuration, JSON, secrets and
 * running programs.
 */
package welkin.core;
