package welkin.identity;

import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;
import welkin.bus.Bus;
import welkin.bus.InProcessBus;
import welkin.core.Config;
import welkin.core.Ids;
import welkin.core.Json;
import welkin.core.Secret;
import welkin.http.Answer;
import welkin.http.Authenticator;
import welkin.http.Door;
import welkin.http.HttpRequest;
import welkin.http.Metrics;
import welkin.peers.Endpoints;
import welkin.peers.Peers;
import welkin.peers.Platform;
import welkin.peers.Transport;
import welkin.testkit.TestDatabases;

/** Identity alone behind a door, without a socket, with a clock that stands until it is moved. */
final class TestIdentity implements AutoCloseable {
  static final String BASE = "http://127.0.0.1:5000";
  static final String PASSWORD = "correct horse";

  final Path home;
  final IdentityService identity;
  final Door door;
  final Metrics metrics = new Metrics();
  volatile Instant now = Instant.parse("2026-11-21T04:00:00Z");

  /** What was answered, the body parsed. */
  record Said(int status, Map<String, String> headers, JsonNode body) {
    String token() {
      return headers.get("X-Subject-Token");
    }

    String message() {
      return body.at("/error/message").asString();
    }
  }

  /**
   * @param options {@code name, value, ...}
   */
  TestIdentity(Path home, Object... options) {
    this(home, null, null, new InProcessBus(), options);
  }

  /**
   * One of several processes.
   *
   * @param own its host's clock, null for {@code now}
   * @param shared the database's, null for the same
   */
  TestIdentity(Path home, InstantSource own, InstantSource shared, Bus bus, Object... options) {
    this.home = home;
    var all = new java.util.ArrayList<Object>(java.util.List.of(options));
    all.add("identity.password_hash_rounds");
    all.add(4);
    InstantSource clock = own != null ? own : () -> now;
    var authenticator = new Authenticator[1];
    var service = new IdentityService[1];
    door = new Door(t -> authenticator[0].authenticate(t), Ids.system(), metrics);
    var platform =
        new Platform(
            home,
            Config.of(all.toArray()),
            clock,
            Ids.system(),
            bus,
            door,
            metrics,
            TestDatabases.in(home, shared != null ? shared : clock),
            BASE,
            new Peers(Transport.direct(door), BASE, () -> service[0].serviceToken()));
    identity = new IdentityService(platform);
    service[0] = identity;
    authenticator[0] = identity.authenticator();
    identity.bootstrap(Secret.of(PASSWORD), new Endpoints(BASE, Map.of()));
    identity.apis().forEach(door::mount);
  }

  /** Stores an EC2 key pair. */
  Said keyPair(String token, String userId, String projectId, String blob) {
    return call(
        "POST",
        "/v3/credentials",
        token,
        Map.of(
            "credential",
            Map.of("type", "ec2", "user_id", userId, "project_id", projectId, "blob", blob)));
  }

  Said call(String method, String path, String token, Object body, String... more) {
    var headers = new HashMap<String, String>();
    headers.put("content-type", "application/json");
    if (token != null) {
      headers.put("x-auth-token", token);
    }
    for (int i = 0; i < more.length; i += 2) {
      headers.put(more[i], more[i + 1]);
    }
    byte[] bytes = body == null ? null : body instanceof String s ? s.getBytes() : Json.bytes(body);
    Answer a = door.handle(HttpRequest.of(method, path, headers, bytes, BASE));
    return new Said(
        a.status(),
        a.headers(),
        a.bytes() == null
                || a.bytes().length == 0
                || !"application/json".equals(a.header("Content-Type"))
            ? MissingNode.getInstance()
            : Json.parse(a.bytes()));
  }

  Said get(String path, String token) {
    return call("GET", path, token, null);
  }

  /** A login by name in the default domain; {@code scope} is JSON or null. */
  Said login(String user, String password, String scope) {
    return login("default", user, password, scope);
  }

  /** A login by name in a domain. */
  Said login(String domainId, String user, String password, String scope) {
    return call(
        "POST",
        "/v3/auth/tokens",
        null,
        "{\"auth\":{\"identity\":{\"methods\":[\"password\"],\"password\":{\"user\":{\"name\":\""
            + user
            + "\",\"domain\":{\"id\":\""
            + domainId
            + "\"},\"password\":\""
            + password
            + "\"}}}"
            + (scope == null ? "" : ",\"scope\":" + scope)
            + "}}");
  }

  /** Gives a domain a directory. */
  void configureLdap(String domainId, Map<String, ?> options) {
    var said =
        call(
            "PUT",
            "/v3/domains/" + domainId + "/config",
            admin(),
            Map.of("config", Map.of("identity", Map.of("driver", "ldap"), "ldap", options)));
    if (said.status() != 200 && said.status() != 201) {
      throw new AssertionError(said.toString());
    }
  }

  static String onProject(String name) {
    return "{\"project\":{\"name\":\"" + name + "\",\"domain\":{\"id\":\"default\"}}}";
  }

  /** A token of the administrator on project admin. */
  String admin() {
    return login("welkin", PASSWORD, onProject("admin")).token();
  }

  /** Makes something and gives its id. */
  String make(String noun, Map<String, ?> attributes) {
    var said = call("POST", "/v3/" + plural(noun), admin(), Map.of(noun, attributes));
    if (said.status != 201) {
      throw new AssertionError(said.toString());
    }
    return said.body.at("/" + noun + "/id").asString();
  }

  static String plural(String noun) {
    return noun.endsWith("y") ? noun.substring(0, noun.length() - 1) + "ies" : noun + "s";
  }

  String role(String name) {
    return get("/v3/roles?name=" + name, admin()).body.at("/roles/0/id").asString();
  }

  @Override
  public void close() {
    identity.close();
  }
}
