/** The Compute service: servers on hosts, and what they are made of. */
package welkin.compute;
