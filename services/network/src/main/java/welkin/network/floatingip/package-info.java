/** Floating addresses: an outside address that leads to a port. */
package welkin.network.floatingip;
