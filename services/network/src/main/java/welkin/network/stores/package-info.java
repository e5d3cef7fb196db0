/** The stores of all nouns in one hand. */
package welkin.network.stores;
