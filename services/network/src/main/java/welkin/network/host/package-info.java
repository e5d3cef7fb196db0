/**
 * The {@code kernel} mechanism driver's side in the service: what each host should have, what
 * changed for it since it last asked, and what it says in return.
 */
package welkin.network.host;
