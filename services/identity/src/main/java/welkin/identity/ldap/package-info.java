/**
 * Users and groups of a domain that live in an LDAP directory: read as keystone reads them,
 * mirrored as rows, never written.
 */
package welkin.identity.ldap;
