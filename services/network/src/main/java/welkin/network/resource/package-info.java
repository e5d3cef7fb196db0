/**
 * What all nouns of Network share: a resource is its JSON document; an attribute table says what a
 * request may give; a store keeps the document beside the columns that are searched; the API turns
 * both into the five usual routes.
 */
package welkin.network.resource;
