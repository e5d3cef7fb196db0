/** Ports: where a guest, router or DHCP server meets a network. */
package welkin.network.port;
