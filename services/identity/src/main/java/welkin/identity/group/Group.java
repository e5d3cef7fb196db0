package welkin.identity.group;

import tools.jackson.databind.node.ObjectNode;

/** Users of one domain who are given roles together. */
public record Group(
    String id, String domainId, String name, String description, ObjectNode extra) {}
