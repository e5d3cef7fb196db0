/** Limits and usage by project. */
package welkin.network.quota;
