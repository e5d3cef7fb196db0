/**
 * Subnets: prefixes, their pools of addresses, gateway, routes and how hosts configure themselves.
 */
package welkin.network.subnet;
