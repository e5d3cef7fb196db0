package welkin.identity.federation.mapping;

import tools.jackson.databind.node.ArrayNode;

/**
 * Rules that say who a provider's users are here.
 *
 * @param schemaVersion {@code 1.0}; {@code 2.0}, in which users, groups and projects may name their
 *     domain; or {@code 3.0}, which takes away what a provider no longer says
 * @param rules of {@code local} and {@code remote}, checked by {@link RuleShapes}
 */
record Mapping(String id, String schemaVersion, ArrayNode rules) {}
