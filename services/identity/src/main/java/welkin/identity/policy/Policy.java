package welkin.identity.policy;

import tools.jackson.databind.node.ObjectNode;

/**
 * A policy document kept for services that fetch theirs from Identity.
 *
 * @param type its MIME media type
 * @param blob the document; Identity does not look into it
 */
record Policy(String id, String type, String blob, ObjectNode extra) {}
