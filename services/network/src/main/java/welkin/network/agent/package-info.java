/** The agents of hosts: who is alive, and what that lets this service place there. */
package welkin.network.agent;
