package welkin.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds rows by path: a tree of segments, literal before parameter. A last segment {@code {x+}}
 * takes the whole rest. A table in which two rows serve the same method, action and version of one
 * path is refused.
 */
final class Router {
  private static final class Node {
    final Map<String, Node> literal = new HashMap<>();
    Node parameter;
    Node rest;
    final List<Route> routes = new ArrayList<>();
  }

  private final Node root = new Node();

  Router(List<Route> rows) {
    for (var row : rows) {
      var node = root;
      for (var segment : row.path.substring(1).split("/", -1)) {
        if (segment.endsWith("+}")) {
          node = node.rest == null ? node.rest = new Node() : node.rest;
        } else if (segment.startsWith("{")) {
          node = node.parameter == null ? node.parameter = new Node() : node.parameter;
        } else {
          node = node.literal.computeIfAbsent(segment, s -> new Node());
        }
      }
      refuseTwins(node.routes, row);
      node.routes.add(row);
    }
  }

  /** Two rows that could both serve a request would be chosen by their order in the table. */
  private static void refuseTwins(List<Route> others, Route row) {
    for (var other : others) {
      if (other.serves(row)) {
        throw new IllegalStateException(
            other.inFull() + " and " + row.inFull() + " serve the same requests");
      }
    }
  }

  /** Every row whose path matches, whatever its method; empty when none does. */
  List<Route> find(String path) {
    var segments = path.substring(1).split("/", -1);
    var node = walk(root, segments, 0);
    return node == null ? List.of() : node.routes;
  }

  private static Node walk(Node node, String[] segments, int i) {
    if (i == segments.length) {
      return node.routes.isEmpty() ? null : node;
    }
    var next = node.literal.get(segments[i]);
    if (next != null) {
      var found = walk(next, segments, i + 1);
      if (found != null) {
        return found;
      }
    }
    if (node.parameter != null && !segments[i].isEmpty()) {
      var found = walk(node.parameter, segments, i + 1);
      if (found != null) {
        return found;
      }
    }
    return node.rest;
  }

  /** The parameters of a path that matched a row, decoded. */
  static Map<String, String> parameters(Route row, String path) {
    var template = row.path.substring(1).split("/", -1);
    var segments = path.substring(1).split("/", -1);
    var out = new LinkedHashMap<String, String>();
    for (int i = 0; i < template.length; i++) {
      if (template[i].endsWith("+}")) {
        var rest = String.join("/", List.of(segments).subList(i, segments.length));
        out.put(template[i].substring(1, template[i].length() - 2), decode(rest));
      } else if (template[i].startsWith("{")) {
        out.put(template[i].substring(1, template[i].length() - 1), decode(segments[i]));
      }
    }
    return out;
  }

  static String decode(String text) {
    if (text.indexOf('%') < 0) {
      return text;
    }
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw welkin.core.Fault.badRequest("The path is not valid percent-encoding.");
    }
  }
}
