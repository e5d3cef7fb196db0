/** Security groups and their rules. */
package welkin.network.securitygroup;
