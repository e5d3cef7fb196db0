package welkin.http;

import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.core.RequestContext;

/** One call as a handler sees it: who, what, which version, with which parameters and body. */
public final class Call {
  private final HttpRequest request;
  private final Service service;
  private final String path;
  private final Caller caller;
  private final Version version;
  Route route;
  Map<String, String> parameters = Map.of();
  private Map<String, List<String>> query;
  private JsonNode json;
  private boolean read;
  private boolean enforced;

  /** What is to be checked of the body when the caller may or the body is read; null when done. */
  Runnable later;

  Call(HttpRequest request, Service service, String path, Caller caller, Version version) {
    this.request = request;
    this.service = service;
    this.path = path;
    this.caller = caller;
    this.version = version;
  }

  public HttpRequest request() {
    return request;
  }

  public Route route() {
    return route;
  }

  public Caller caller() {
    return caller;
  }

  /** The negotiated microversion; null in services that have none. */
  public Version version() {
    return version;
  }

  /** Whether the negotiated microversion is at least this. */
  public boolean at(int major, int minor) {
    return version.atLeast(major, minor);
  }

  public String header(String name) {
    return request.header(name);
  }

  /** A path parameter, decoded. */
  public String path(String name) {
    return parameters.get(name);
  }

  /** The path below the service's mount. */
  public String servicePath() {
    return path;
  }

  /** Scheme, authority and mount: what links begin with, e.g. {@code http://host:5000/compute}. */
  public String base() {
    return request.base() + service.mount();
  }

  /** All query parameters in order, decoded; a name may repeat. */
  public Map<String, List<String>> query() {
    if (query == null) {
      query = parseQuery(request.query());
    }
    return query;
  }

  /** The first value of a query parameter, or null. */
  public String query(String name) {
    var v = query().get(name);
    return v == null ? null : v.getFirst();
  }

  public List<String> queryAll(String name) {
    return query().getOrDefault(name, List.of());
  }

  /** A non-negative whole number from the query, or null; anything else is a 400. */
  public Integer queryNumber(String name) {
    var v = query(name);
    if (v == null) {
      return null;
    }
    try {
      int n = Integer.parseInt(v.strip());
      if (n < 0) {
        throw Fault.badRequest(name + " must be a non-negative integer, not '" + v + "'");
      }
      return n;
    } catch (NumberFormatException e) {
      throw Fault.badRequest(name + " must be a non-negative integer, not '" + v + "'");
    }
  }

  /** A flag from the query ({@code true}, {@code 1}, {@code yes}...), or {@code fallback}. */
  public boolean queryFlag(String name, boolean fallback) {
    var v = query(name);
    if (v == null) {
      return fallback;
    }
    return switch (v.strip().toLowerCase(java.util.Locale.ROOT)) {
      case "true", "1", "yes", "on", "t", "y", "" -> true;
      case "false", "0", "no", "off", "f", "n" -> false;
      default ->
          throw Fault.badRequest("Invalid value for " + name + ": '" + v + "' is not a boolean");
    };
  }

  /** The whole JSON body; {@link tools.jackson.databind.node.MissingNode} when there is none. */
  public JsonNode json() {
    checkBody();
    if (!read) {
      read = true;
      var bytes = readBody(limit());
      json =
          bytes.length == 0
              ? tools.jackson.databind.node.MissingNode.getInstance()
              : Json.parse(bytes);
    }
    return json;
  }

  /** The body as an object; a 400 when it is something else. */
  public ObjectNode object() {
    if (json() instanceof ObjectNode o) {
      return o;
    }
    throw Fault.badRequest("The request body must be a JSON object.");
  }

  /** The object below {@code key}; a 400 when it is missing. */
  public ObjectNode object(String key) {
    if (object().get(key) instanceof ObjectNode o) {
      return o;
    }
    throw Fault.badRequest("Unable to find '" + key + "' in request body");
  }

  /** The body as a stream, for rows with {@link Route#rawBody}. */
  public InputStream stream() {
    read = true;
    return request.body();
  }

  /**
   * Checks the row's policy against what the call is about.
   *
   * @param target at least {@code project_id} (and {@code user_id} where the rule names it)
   */
  public void enforce(Map<String, ?> target) {
    enforced = true;
    service.policy().enforce(route.policy, caller, target);
    checkBody();
  }

  private void checkBody() {
    var check = later;
    later = null;
    if (check != null) {
      check.run();
    }
  }

  /** Checks another rule, for parts of a call that need more. */
  public void enforce(String rule, Map<String, ?> target) {
    service.policy().enforce(rule, caller, target);
  }

  /** Whether a rule allows the caller something, e.g. to see an administrator's field. */
  public boolean allows(String rule, Map<String, ?> target) {
    return service.policy().allows(rule, caller, target);
  }

  /** The caller's own project and user as a policy target. */
  public Map<String, Object> own() {
    var target = new HashMap<String, Object>();
    target.put("project_id", caller.projectId());
    target.put("tenant_id", caller.projectId());
    target.put("user_id", caller.userId());
    return target;
  }

  /**
   * Says that the handler needed no target: a list that was filtered to what the caller may see.
   */
  public void enforcedByFilter() {
    enforced = true;
    checkBody();
  }

  /**
   * Says, in the transaction that makes what was asked for, what will be answered: an idempotency
   * key is then stored with its answer at once, not in a transaction of its own.
   */
  public Answer settled(Answer answer) {
    var claim = RequestContext.current().claim();
    if (claim != null) {
      claim.answer().set(answer.kept());
    }
    return answer;
  }

  boolean wasEnforced() {
    return enforced;
  }

  private long limit() {
    return route != null && route.bodyLimit > 0 ? route.bodyLimit : service.bodyLimit();
  }

  private byte[] readBody(long limit) {
    if (request.length() > limit) {
      throw tooLarge(limit);
    }
    try {
      var bytes = request.body().readNBytes((int) limit + 1);
      if (bytes.length > limit) {
        throw tooLarge(limit);
      }
      return bytes;
    } catch (IOException e) {
      throw Fault.badRequest("The request body could not be read: " + e.getMessage());
    }
  }

  private static Fault tooLarge(long limit) {
    return Fault.of(
        413, "RequestTooLarge", "Request is too large. Larger than " + limit + " bytes.");
  }

  static Map<String, List<String>> parseQuery(String raw) {
    if (raw == null || raw.isEmpty()) {
      return Map.of();
    }
    var out = new LinkedHashMap<String, List<String>>();
    for (var pair : raw.split("&")) {
      if (!pair.isEmpty()) {
        int eq = pair.indexOf('=');
        try {
          var k = URLDecoder.decode(eq < 0 ? pair : pair.substring(0, eq), StandardCharsets.UTF_8);
          var v = eq < 0 ? "" : URLDecoder.decode(pair.substring(eq + 1), StandardCharsets.UTF_8);
          out.computeIfAbsent(k, x -> new ArrayList<>(1)).add(v);
        } catch (IllegalArgumentException e) {
          throw Fault.badRequest("The query is not valid percent-encoding.");
        }
      }
    }
    return out;
  }
}
