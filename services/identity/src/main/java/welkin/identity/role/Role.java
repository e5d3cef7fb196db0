package welkin.identity.role;

import tools.jackson.databind.node.ObjectNode;

/**
 * A name that policy rules ask for.
 *
 * @param domainId the domain it is private to; such a role stands in no token, only what it implies
 *     does. Null for a global role.
 */
public record Role(
    String id,
    String domainId,
    String name,
    String description,
    ObjectNode options,
    ObjectNode extra) {

  /** May be neither changed nor deleted until the option is taken away. */
  public boolean isImmutable() {
    return options.path("immutable").asBoolean(false);
  }
}
