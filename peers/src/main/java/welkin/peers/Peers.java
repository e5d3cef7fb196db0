package welkin.peers;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.core.RequestContext;
import welkin.core.Secret;
import welkin.core.TransactionGuard;
import welkin.http.Answer;
import welkin.http.HttpRequest;

/**
 * How a service speaks to another: the public REST APIs, as the service user (roles admin and
 * service), with the request id of whoever asked carried along. One code path whether the peer is
 * in this process or not.
 */
public final class Peers {
  private final Transport transport;
  private final Endpoints endpoints;
  private final TokenSource tokens;

  /**
   * @param endpoints where the peers answer over HTTP
   * @param tokens of the service user
   */
  public Peers(Transport transport, Endpoints endpoints, TokenSource tokens) {
    this.transport = transport;
    this.endpoints = endpoints;
    this.tokens = tokens;
  }

  /** All peers behind one door. */
  public Peers(Transport transport, String base, Supplier<Secret> serviceToken) {
    this(transport, new Endpoints(base, Map.of()), serviceToken::get);
  }

  /**
   * A valid token of the service user, for what fetches by itself (an agent that downloads an
   * image).
   */
  public Secret serviceToken() {
    return tokens.token();
  }

  /** The same peers as somebody else: what they may not see, is not there. */
  public Peers as(Secret token) {
    return new Peers(transport, endpoints, () -> token);
  }

  /** The URL of a path with its service's mount, for what fetches by itself. */
  public String url(String path) {
    return endpoints.url(path);
  }

  public JsonNode get(String path, String... headers) {
    return call("GET", path, null, headers);
  }

  public JsonNode post(String path, Object body, String... headers) {
    return call("POST", path, body, headers);
  }

  public JsonNode put(String path, Object body, String... headers) {
    return call("PUT", path, body, headers);
  }

  public JsonNode patch(String path, Object body, String... headers) {
    return call("PATCH", path, body, headers);
  }

  public void delete(String path, String... headers) {
    call("DELETE", path, null, headers);
  }

  /**
   * One call as the service user.
   *
   * @param path path and query with the service's mount, e.g. {@code /network/v2.0/ports}
   * @param headers further {@code name, value, ...} pairs, e.g. a microversion
   * @return the JSON body, a missing node when there is none
   * @throws Fault with the peer's status and message when it is not 2xx; {@link Fault#away} when it
   *     is not there just now
   */
  public JsonNode call(String method, String path, Object body, String... headers) {
    var token = tokens.token();
    var answer = send(method, path, body, token, headers);
    if (answer.status() == 401) {
      tokens.refused(token);
      var another = tokens.token();
      if (!another.equals(token)) {
        answer = send(method, path, body, another, headers);
      }
    }
    var json =
        answer.bytes() == null || answer.bytes().length == 0
            ? MissingNode.getInstance()
            : parse(answer);
    if (isAway(answer, json)) {
      var why = "The service of " + path.split("[?]", 2)[0] + " is away for now";
      var said = json.isMissingNode() ? "HTTP " + answer.status() : message(json, answer);
      throw Fault.away(why + ": " + said, 2);
    }
    if (answer.status() >= 300) {
      throw Fault.of(answer.status(), code(json, answer.status()), message(json, answer));
    }
    return json;
  }

  /**
   * Whether nobody answered for the peer: it told to come again, or a load balancer spoke in its
   * place. A service that says 503 in words of its own means it (no network left to give).
   */
  private static boolean isAway(Answer answer, JsonNode json) {
    boolean words = !json.isMissingNode();
    return switch (answer.status()) {
      case 503 -> !words || answer.header("Retry-After") != null;
      case 502, 504 -> !words;
      default -> false;
    };
  }

  private Answer send(String method, String path, Object body, Secret token, String... more) {
    TransactionGuard.mustBeOutside("a call to a peer");
    var headers = new HashMap<String, String>();
    headers.put("x-auth-token", token.reveal());
    var context = RequestContext.current();
    headers.put(
        "x-openstack-request-id",
        context.globalRequestId() != null ? context.globalRequestId() : context.requestId());
    headers.put("content-type", "application/json");
    for (int i = 0; i < more.length; i += 2) {
      headers.put(more[i].toLowerCase(java.util.Locale.ROOT), more[i + 1]);
    }
    return transport.send(
        HttpRequest.of(
            method, path, headers, body == null ? null : Json.bytes(body), endpoints.base()));
  }

  private static JsonNode parse(Answer answer) {
    try {
      return Json.parse(answer.bytes());
    } catch (Fault notJson) {
      return MissingNode.getInstance();
    }
  }

  /** The message inside any of the error shapes: {"x": {"message"}}, {"errors": [{"detail"}]}. */
  private static String message(JsonNode json, Answer answer) {
    for (var value : json) {
      if (value.isObject() && value.has("message")) {
        return value.get("message").asString();
      }
      if (value.isArray() && !value.isEmpty() && value.get(0).has("detail")) {
        return value.get(0).get("detail").asString();
      }
    }
    return answer.body();
  }

  private static String code(JsonNode json, int status) {
    for (var value : json) {
      if (value.isObject() && value.has("type")) {
        return value.get("type").asString();
      }
      if (value.isArray() && !value.isEmpty() && value.get(0).has("code")) {
        return value.get(0).get("code").asString();
      }
    }
    return "Http" + status;
  }

  /** Path parameters and query values, percent-encoded. */
  public static String encode(String text) {
    return java.net.URLEncoder.encode(text, java.nio.charset.StandardCharsets.UTF_8)
        .replace("+", "%20");
  }

  /** {@code headers} for a microversion of a service. */
  public static String[] version(String type, String version) {
    return new String[] {"openstack-api-version", type + " " + version};
  }

  /** The map with its null values left out, as request bodies want it. */
  public static Map<String, Object> given(Map<String, Object> values) {
    var out = new java.util.LinkedHashMap<String, Object>();
    values.forEach(
        (k, v) -> {
          if (v != null) {
            out.put(k, v);
          }
        });
    return out;
  }
}
