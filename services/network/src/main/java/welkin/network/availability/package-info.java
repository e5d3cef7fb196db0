/** How full networks are: addresses in all, and in use. */
package welkin.network.availability;
