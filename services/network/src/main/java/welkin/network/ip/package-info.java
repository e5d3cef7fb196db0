/** Addresses and prefixes of both families, and the choice of free ones. */
package welkin.network.ip;
