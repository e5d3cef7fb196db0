/** DHCP servers: one for each network that wants one, on a host that can play it. */
package welkin.network.dhcp;
