/**
 * What the services and the hosts agree on: host-side interfaces, the records they speak, and when
 * an agent of whatever kind speaks; nothing else.
 */
package welkin.agents.contracts;
