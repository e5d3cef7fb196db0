package welkin.trials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static welkin.testkit.Eventually.eventually;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.bus.InProcessBus;
import welkin.core.Config;
import welkin.testkit.PostgresServer;
import welkin.testkit.RabbitServer;

/** A cloud in parts: each process plays some roles, and meets the others over HTTP and the bus. */
class RolesTest {
  @TempDir Path home;

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static Config at(int port, Object... more) {
    return Config.of("endpoint", "http://127.0.0.1:" + port).with(Config.of(more));
  }

  /** One process answers, another works, a third is the hypervisors. */
  @Test
  void apiWorkerAndHostsApart() throws IOException {
    int port = freePort();
    try (var bus = new InProcessBus();
        var api = new TestCloud(home, "api", 0, port, bus, at(port));
        var worker = new TestCloud(home, "worker", 0, 0, bus, at(port));
        var hosts =
            new TestCloud(
                home.resolve("host"),
                "compute,network-agent",
                2,
                0,
                bus,
                at(port, "simulated.prefix", "part-"))) {
      assertThat(hosts.cloud().services()).isEmpty();
      assertThat(home.resolve("host").resolve("database")).doesNotExist();
      walk(api);
      assertThat(api.cloud().trouble()).isNull();
      assertThat(worker.cloud().trouble()).isNull();
      assertThat(hosts.cloud().trouble()).isNull();
      assertThat(new TestCloud.Client[] {worker.anonymous(), hosts.anonymous()})
          .allSatisfy(
              c -> {
                assertThat(c.send("GET", "/healthcheck", null).status()).isEqualTo(200);
                assertThat(c.send("GET", "/v3", null).status()).isEqualTo(404);
              });
    }
  }

  /** The same as on several machines: nothing is shared but PostgreSQL, RabbitMQ and files. */
  @Test
  @Tag("real")
  void apiWorkerAndHostsApartOnPostgresqlAndRabbitmq() throws IOException {
    PostgresServer.get().assumeInstalled();
    try (var broker = RabbitServer.start()) {
      int port = freePort();
      var host = at(port, "bus", broker.url(), "metadata.shared_secret", "a-shared-secret");
      var control = host.with(Config.of("database", PostgresServer.get().fresh()));
      try (var api = new TestCloud(home, "api", 0, port, null, control);
          var worker = new TestCloud(home, "worker", 0, 0, null, control);
          var hosts =
              new TestCloud(
                  home.resolve("host"),
                  "compute,network-agent",
                  2,
                  0,
                  null,
                  host.with(Config.of("database", "sqlite")))) {
        assertThat(worker.cloud().trouble()).isNull();
        assertThat(hosts.cloud().services()).isEmpty();
        walk(api);
      }
    }
  }

  /** Identity in a process of its own; the others ask it who somebody is. */
  @Test
  void identityApart() throws IOException {
    int keys = freePort();
    int rest = freePort();
    var shared = Config.of("service_user.password", "a-password-of-services");
    var there = Config.empty(); // where the catalog leads clients
    for (var service : List.of("image", "placement", "network", "compute")) {
      there = there.with(Config.of("endpoints." + service, "http://127.0.0.1:" + rest));
    }
    try (var bus = new InProcessBus();
        var identity =
            new TestCloud(
                home.resolve("keys"),
                "identity:api,identity:worker",
                0,
                keys,
                bus,
                at(keys).with(shared).with(there));
        var others =
            new TestCloud(
                home.resolve("rest"),
                "image:api,image:worker,placement:api,placement:worker,network:api,network:worker,"
                    + "compute:api,compute:worker,compute,network-agent",
                2,
                rest,
                bus,
                at(rest, "endpoints.identity", "http://127.0.0.1:" + keys).with(shared))) {
      assertThat(home.resolve("rest").resolve("database").resolve("identity.db")).doesNotExist();
      others.loginAt(identity);
      var catalog = identity.admin().get("/v3/auth/catalog").findValuesAsString("url");
      assertThat(catalog)
          .hasSize(15)
          .allMatch(u -> u.startsWith("http://127.0.0.1:" + (u.endsWith("/v3") ? keys : rest)));
      walk(others);
    }
  }

  @Test
  void whatCannotWorkIsSaidAtOnce() {
    assertThatThrownBy(
            () ->
                new TestCloud(
                    home, "idenity:api,image:worker", 3, 0, new InProcessBus(), Config.empty()))
        .hasMessageContaining("did you mean 'identity'?")
        .hasMessageContaining("endpoint: http://HOST:5000")
        .hasMessageContaining("need the role compute")
        .hasMessageContaining("service_user");
    assertThatThrownBy(() -> new TestCloud(home, "compute,network-agent", 1, 0, null, at(5000)))
        .hasMessageContaining("bus: amqp://")
        .hasMessageContaining("metadata: {shared_secret: ");
    var alone = at(5000).with(Config.of("database", "sqlite"));
    assertThatThrownBy(() -> new TestCloud(home, "api", 0, 0, null, alone))
        .hasMessageContaining("postgresql://");
  }

  private static void walk(TestCloud cloud) {
    var admin = cloud.admin();
    eventually(
        "both hosts are known",
        () ->
            admin.get("/compute/v2.1/os-hypervisors").get("hypervisors").size() == 2
                && admin
                        .get("/network/v2.0/agents?alive=true&agent_type=L3%20agent")
                        .get("agents")
                        .size()
                    == 2);
    var image = Things.image(admin);
    var flavor = Things.flavor(admin);
    var network = Things.network(admin, "net", "10.5.0.0/24");
    var server = Things.boot(admin, image, flavor, network);
    Things.awaitStatus(admin, server, "ACTIVE");
    for (var action : List.of("os-stop:SHUTOFF", "os-start:ACTIVE")) {
      var parts = action.split(":");
      var path = "/compute/v2.1/servers/" + server + "/action";
      assertThat(admin.send("POST", path, "{\"" + parts[0] + "\": null}").status()).isEqualTo(202);
      Things.awaitStatus(admin, server, parts[1]);
    }
    assertThat(admin.send("DELETE", "/compute/v2.1/servers/" + server, null).status())
        .isEqualTo(204);
    eventually(
        "server gone",
        () -> admin.send("GET", "/compute/v2.1/servers/" + server, null).status() == 404);
    eventually(
        "ports gone",
        () -> admin.get("/network/v2.0/ports?device_id=" + server).get("ports").isEmpty());
    assertThat(admin.get("/placement/allocations/" + server).get("allocations")).isEmpty();
  }
}
