/**
 * Routers: legs in networks, a gateway to an external one, routes, and the host that plays them.
 */
package welkin.network.router;
