package welkin.identity.ldap;

import tools.jackson.databind.node.ObjectNode;

/**
 * A user as a directory has it.
 *
 * @param id the value of the id attribute
 * @param defaultProjectId or null
 * @param extra what else is shown, e.g. {@code email}
 */
record LdapUser(
    String id,
    String dn,
    String name,
    boolean enabled,
    String defaultProjectId,
    ObjectNode extra) {}
