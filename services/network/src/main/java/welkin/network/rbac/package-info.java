/** RBAC policies: which projects may use what another project owns. */
package welkin.network.rbac;
