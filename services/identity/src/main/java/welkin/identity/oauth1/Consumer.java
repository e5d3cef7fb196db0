package welkin.identity.oauth1;

import tools.jackson.databind.node.ObjectNode;
import welkin.core.Secret;

/** A program that users may let act for them. */
record Consumer(String id, String description, Secret secret, ObjectNode extra) {}
