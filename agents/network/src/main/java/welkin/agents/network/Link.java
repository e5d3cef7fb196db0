package welkin.agents.network;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import welkin.core.Json;

/**
 * A device as the kernel shows it.
 *
 * @param up whether it was asked to be up
 * @param carrier whether something holds the other end
 * @param master its bridge, or null
 * @param alias a free text, or empty
 * @param addresses with prefix lengths, link-local ones left out
 */
record Link(
    String name,
    boolean up,
    boolean carrier,
    int mtu,
    String mac,
    String master,
    String alias,
    Set<String> addresses) {

  /** From {@code ip -j link} or {@code ip -j addr}. */
  static Map<String, Link> parse(JsonNode array) {
    var links = new LinkedHashMap<String, Link>();
    for (var n : array) {
      var name = Json.string(n, "ifname");
      if (name == null) {
        continue;
      }
      var flags = new HashMap<String, Boolean>();
      n.path("flags").forEach(f -> flags.put(f.stringValue(), true));
      var addresses = new LinkedHashSet<String>();
      for (var a : n.path("addr_info")) {
        if (!"link".equals(Json.string(a, "scope")) || "inet".equals(Json.string(a, "family"))) {
          addresses.add(Json.string(a, "local") + "/" + a.path("prefixlen").asInt());
        }
      }
      var alias = Json.string(n, "ifalias");
      links.put(
          name,
          new Link(
              name,
              flags.containsKey("UP"),
              flags.containsKey("LOWER_UP"),
              n.path("mtu").asInt(),
              Json.string(n, "address"),
              Json.string(n, "master"),
              alias == null ? "" : alias,
              addresses));
    }
    return links;
  }
}
