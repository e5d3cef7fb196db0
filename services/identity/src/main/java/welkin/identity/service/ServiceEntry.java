package welkin.identity.service;

import tools.jackson.databind.node.ObjectNode;

/**
 * A service of the catalog.
 *
 * @param type e.g. {@code compute}
 * @param extra {@code name}, {@code description} and what else the client gave
 */
public record ServiceEntry(String id, String type, boolean enabled, ObjectNode extra) {
  public String name() {
    return extra.path("name").asString("");
  }
}
