/**
 * What the services and the hosts agree on: host-side interfaces and the records they speak,
 * nothing else.
 */
package welkin.agents.contracts;
