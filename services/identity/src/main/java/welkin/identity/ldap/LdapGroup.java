package welkin.identity.ldap;

import tools.jackson.databind.node.ObjectNode;

/**
 * A group as a directory has it.
 *
 * @param id the value of the id attribute
 * @param description empty when it has none
 * @param extra what else is shown
 */
record LdapGroup(String id, String dn, String name, String description, ObjectNode extra) {}
