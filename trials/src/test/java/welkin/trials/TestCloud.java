package welkin.trials;

import static welkin.testkit.Eventually.eventually;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;
import welkin.assembly.Cloud;
import welkin.assembly.CloudSettings;
import welkin.assembly.Patience;
import welkin.bus.Bus;
import welkin.compute.ComputeService;
import welkin.core.Config;
import welkin.core.Ids;
import welkin.core.Json;
import welkin.core.Secret;
import welkin.http.Answer;
import welkin.http.HttpRequest;
import welkin.peers.Roles;
import welkin.store.Database;
import welkin.testkit.TestDatabases;

/**
 * A whole cloud with simulated hosts in this JVM, spoken to through its door: the public APIs
 * without a socket.
 */
final class TestCloud implements AutoCloseable {
  private static final Secret PASSWORD = Secret.of("a-password-for-trials");

  private final Cloud cloud;
  private TestCloud keys = this;

  TestCloud(Path home, int hosts) {
    this(home, hosts, Config.of());
  }

  /** With an operator's configuration. */
  TestCloud(Path home, int hosts, Config config) {
    cloud =
        Cloud.start(
            new CloudSettings(
                home,
                options(home).with(config),
                hosts,
                null,
                0,
                PASSWORD,
                InstantSource.system(),
                Ids.system()));
    var admin = admin();
    eventually("hosts in Placement", () -> inventories(admin) >= hosts);
  }

  /** Providers that have something: who boots before there are any finds no host. */
  private static long inventories(Client admin) {
    var providers = admin.get("/placement/resource_providers").get("resource_providers");
    return providers
        .valueStream()
        .map(
            p ->
                admin.get(
                    "/placement/resource_providers/" + p.get("uuid").asString() + "/inventories"))
        .filter(i -> !i.get("inventories").isEmpty())
        .count();
  }

  /** One process of a cloud: some roles, a socket, a bus shared with the others of this JVM. */
  TestCloud(Path home, String roles, int hosts, int port, Bus bus, Config config) {
    cloud =
        Cloud.start(
            new CloudSettings(
                home,
                options(home).with(config),
                Roles.parse(List.of(roles.split(","))),
                hosts,
                "127.0.0.1",
                port,
                PASSWORD,
                InstantSource.system(),
                Ids.system(),
                bus,
                Patience.NONE));
  }

  /** On the engine that the system property {@code welkin.test.database} names. */
  private static Config options(Path home) {
    return Config.of(
        "database",
        TestDatabases.url(home),
        "sqlite.synchronous",
        "OFF",
        "identity.password_hash_rounds",
        4);
  }

  /** The database of a service, for what no API tells. */
  Database database(String type) {
    return cloud.services().stream()
        .filter(s -> s.type().equals(type))
        .findFirst()
        .orElseThrow()
        .database();
  }

  /** Compares Compute's rows with its hosts now, which it does by itself every minute. */
  void reconcile() {
    cloud.services().stream()
        .filter(ComputeService.class::isInstance)
        .map(ComputeService.class::cast)
        .forEach(ComputeService::reconcile);
  }

  Cloud cloud() {
    return cloud;
  }

  /** Logs in at another process, where Identity is. */
  void loginAt(TestCloud other) {
    keys = other;
  }

  /** Ends this process as a kill does: what it works on is left as it stands, leases and all. */
  void kill() {
    cloud.services().stream()
        .filter(ComputeService.class::isInstance)
        .map(ComputeService.class::cast)
        .forEach(c -> c.engine().halt());
    cloud.close();
  }

  /** Somebody with a token that may be of another process. */
  Client holding(String token) {
    return new Client(token);
  }

  Client anonymous() {
    return new Client(null);
  }

  /** A client with the administrator's project token. */
  Client admin() {
    return login("welkin", PASSWORD.reveal(), "admin");
  }

  Client login(String user, String password, String project) {
    var body =
        """
        {"auth": {"identity": {"methods": ["password"], "password": {"user":
          {"name": "%s", "domain": {"id": "default"}, "password": "%s"}}},
          "scope": {"project": {"name": "%s", "domain": {"id": "default"}}}}}
        """
            .formatted(user, password, project);
    var answer = keys.anonymous().send("POST", "/v3/auth/tokens", body);
    if (answer.status() != 201) {
      throw new AssertionError("login of " + user + ": " + answer.status() + " " + answer.body());
    }
    return new Client(header(answer, "X-Subject-Token"));
  }

  String newProject(Client admin, String name) {
    return admin
        .post(
            "/v3/projects",
            "{\"project\": {\"name\": \"%s\", \"domain_id\": \"default\"}}".formatted(name))
        .at("/project/id")
        .asString();
  }

  /** A new project with a new user who has {@code role} in it. */
  Client newcomer(String name, String role) {
    var admin = admin();
    var project = newProject(admin, name);
    var user =
        admin.post(
            "/v3/users",
            "{\"user\": {\"name\": \"%s\", \"domain_id\": \"default\", \"password\": \"secret\"}}"
                .formatted(name));
    var roles = admin.get("/v3/roles?name=" + role).get("roles");
    admin.send(
        "PUT",
        "/v3/projects/%s/users/%s/roles/%s"
            .formatted(project, user.at("/user/id").asString(), roles.get(0).get("id").asString()),
        null);
    return login(name, "secret", name);
  }

  static String header(Answer answer, String name) {
    for (var e : answer.headers().entrySet()) {
      if (e.getKey().equalsIgnoreCase(name)) {
        return e.getValue();
      }
    }
    return null;
  }

  @Override
  public void close() {
    cloud.close();
  }

  /** Somebody with a token (or none). */
  final class Client {
    private final String token;

    Client(String token) {
      this.token = token;
    }

    String token() {
      return token;
    }

    Answer send(String method, String path, String body, String... headers) {
      var all = new HashMap<String, String>();
      if (token != null) {
        all.put("x-auth-token", token);
      }
      all.put("content-type", "application/json");
      all.put("openstack-api-version", "compute 2.90, placement 1.39");
      for (int i = 0; i < headers.length; i += 2) {
        all.put(headers[i], headers[i + 1]);
      }
      return cloud
          .door()
          .handle(
              HttpRequest.of(
                  method,
                  path,
                  Map.copyOf(all),
                  body == null ? null : body.getBytes(java.nio.charset.StandardCharsets.UTF_8),
                  cloud.endpoint()));
    }

    JsonNode call(String method, String path, String body, String... headers) {
      var answer = send(method, path, body, headers);
      if (answer.status() >= 300) {
        throw new AssertionError(
            method + " " + path + ": " + answer.status() + " " + answer.body());
      }
      return answer.bytes() == null || answer.bytes().length == 0
          ? MissingNode.getInstance()
          : Json.parse(answer.bytes());
    }

    JsonNode get(String path) {
      return call("GET", path, null);
    }

    JsonNode post(String path, String body, String... headers) {
      return call("POST", path, body, headers);
    }
  }
}
