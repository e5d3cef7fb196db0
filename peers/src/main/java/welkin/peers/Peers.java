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
  private final String base;
  private final Supplier<Secret> serviceToken;

  /**
   * @param base scheme and authority of the peer's door
   * @param serviceToken a valid token of the service user, made anew when needed
   */
  public Peers(Transport transport, String base, Supplier<Secret> serviceToken) {
    this.transport = transport;
    this.base = base;
    this.serviceToken = serviceToken;
  }

  /**
   * A valid token of the service user, for what fetches by itself (an agent that downloads an
   * image).
   */
  public Secret serviceToken() {
    return serviceToken.get();
  }

  /** The same peers as somebody else: what they may not see, is not there. */
  public Peers as(Secret token) {
    return new Peers(transport, base, () -> token);
  }

  /** Scheme and authority of the peers' door, for what fetches by itself. */
  public String base() {
    return base;
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
   * @throws Fault with the peer's status and message when it is not 2xx
   */
  public JsonNode call(String method, String path, Object body, String... headers) {
    var answer = send(method, path, body, headers);
    var json =
        answer.bytes() == null || answer.bytes().length == 0
            ? MissingNode.getInstance()
            : parse(answer);
    if (answer.status() >= 300) {
      throw Fault.of(answer.status(), code(json, answer.status()), message(json, answer));
    }
    return json;
  }

  private Answer send(String method, String path, Object body, String... more) {
    TransactionGuard.mustBeOutside("a call to a peer");
    var headers = new HashMap<String, String>();
    headers.put("x-auth-token", serviceToken.get().reveal());
    var context = RequestContext.current();
    headers.put(
        "x-openstack-request-id",
        context.globalRequestId() != null ? context.globalRequestId() : context.requestId());
    headers.put("content-type", "application/json");
    for (int i = 0; i < more.length; i += 2) {
      headers.put(more[i].toLowerCase(java.util.Locale.ROOT), more[i + 1]);
    }
    return transport.send(
        HttpRequest.of(method, path, headers, body == null ? null : Json.bytes(body), base));
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
