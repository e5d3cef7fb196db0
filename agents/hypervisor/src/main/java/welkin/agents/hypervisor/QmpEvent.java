package welkin.agents.hypervisor;

import tools.jackson.databind.JsonNode;

/** Something QEMU tells unasked, e.g. {@code SHUTDOWN} with {@code {guest, reason}}. */
record QmpEvent(String name, JsonNode data) {
  boolean is(String other) {
    return name.equals(other);
  }

  /** A field of the data as text, or null. */
  String text(String field) {
    return welkin.core.Json.string(data, field);
  }
}
