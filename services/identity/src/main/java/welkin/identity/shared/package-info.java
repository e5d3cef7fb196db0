/** What the nouns of Identity share: the backend they stand on, list requests, faults. */
package welkin.identity.shared;
