/** What of the API is built, under upstream's extension names. */
package welkin.network.extension;
