package welkin.placement.candidate;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.http.Call;
import welkin.placement.index.Node;

/**
 * Candidates as JSON. The newest shape is written as text: it holds thousands of entries of which
 * nothing but names and numbers differ, and a provider keeps its summary ready.
 */
final class CandidateWire {
  private CandidateWire() {}

  static byte[] show(Candidates.Found found, CandidateRequest request, Call call) {
    return call.at(1, 29) ? newest(found, call.at(1, 34)) : Json.bytes(older(found, request, call));
  }

  private static byte[] newest(Candidates.Found found, boolean mappings) {
    var out = new StringBuilder(64 + found.list().size() * 220 + found.providers().size() * 600);
    out.append("{\"allocation_requests\":[");
    boolean first = true;
    for (var c : found.list()) {
      out.append(first ? "{\"allocations\":{" : ",{\"allocations\":{");
      first = false;
      char sep = 0;
      for (var of : c.resources().entrySet()) {
        if (sep != 0) {
          out.append(sep);
        }
        sep = ',';
        out.append('"').append(of.getKey()).append("\":{\"resources\":{");
        char comma = 0;
        for (var e : of.getValue().entrySet()) {
          if (comma != 0) {
            out.append(comma);
          }
          comma = ',';
          out.append('"').append(e.getKey()).append("\":").append(e.getValue().longValue());
        }
        out.append("}}");
      }
      out.append('}');
      if (mappings) {
        mappings(out, c);
      }
      out.append('}');
    }
    out.append("],\"provider_summaries\":{");
    first = true;
    for (var node : found.providers()) {
      out.append(first ? "\"" : ",\"").append(node.uuid()).append("\":").append(node.summary());
      first = false;
    }
    return out.append("}}").toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  private static void mappings(StringBuilder out, Candidate c) {
    out.append(",\"mappings\":{");
    char sep = 0;
    for (var of : c.mappings().entrySet()) {
      if (sep != 0) {
        out.append(sep);
      }
      sep = ',';
      out.append('"').append(of.getKey()).append("\":[");
      char comma = 0;
      for (var uuid : of.getValue()) {
        if (comma != 0) {
          out.append(comma);
        }
        comma = ',';
        out.append('"').append(uuid).append('"');
      }
      out.append(']');
    }
    out.append('}');
  }

  private static ObjectNode older(Candidates.Found found, CandidateRequest request, Call call) {
    var out = Json.object();
    var list = out.putArray("allocation_requests");
    for (var c : found.list()) {
      if (call.at(1, 12)) {
        var allocations = list.addObject().putObject("allocations");
        c.resources()
            .forEach((uuid, r) -> amounts(allocations.putObject(uuid).putObject("resources"), r));
      } else {
        var allocations = list.addObject().putArray("allocations");
        c.resources()
            .forEach(
                (uuid, r) -> {
                  var one = allocations.addObject();
                  one.putObject("resource_provider").put("uuid", uuid);
                  amounts(one.putObject("resources"), r);
                });
      }
    }
    var asked = new HashSet<String>();
    request.groups().values().forEach(g -> asked.addAll(g.resources().keySet()));
    var summaries = out.putObject("provider_summaries");
    for (var node : found.providers()) {
      summary(summaries.putObject(node.uuid()), node, asked, call);
    }
    return out;
  }

  private static void amounts(ObjectNode out, Map<String, Long> resources) {
    resources.forEach((name, amount) -> out.put(name, amount.longValue()));
  }

  private static void summary(ObjectNode out, Node node, HashSet<String> asked, Call call) {
    var resources = out.putObject("resources");
    for (var i : node.inventories().values()) {
      if (call.at(1, 27) || asked.contains(i.resourceClass())) {
        resources.putObject(i.resourceClass()).put("capacity", i.capacity()).put("used", i.used());
      }
    }
    if (call.at(1, 17)) {
      var traits = out.putArray("traits");
      node.traits().forEach(traits::add);
    }
  }
}
