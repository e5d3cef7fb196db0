package welkin.trials;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.testkit.Eventually.eventually;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.core.Fault;

/**
 * A tenant who does anything at any time, on hosts that fail, in a cloud that is ended and started
 * anew; when all is well again, nothing may be amiss. {@code -Dtrials.seed=N} repeats the choices
 * of a run, {@code -Dtrials.seconds=N} makes it longer.
 */
class RandomCloudTrialTest {
  private static final int HOSTS = 3;
  private static final int SERVERS = 12;
  private static final List<String> OPERATIONS =
      List.of("spawn", "destroy", "power", "attachNic", "detachNic", "instance", "instances");
  private static final List<String> ACTIONS =
      List.of(
          "{\"os-stop\": null}",
          "{\"os-start\": null}",
          "{\"pause\": null}",
          "{\"unpause\": null}",
          "{\"suspend\": null}",
          "{\"resume\": null}",
          "{\"reboot\": {\"type\": \"SOFT\"}}",
          "{\"reboot\": {\"type\": \"HARD\"}}");

  @TempDir Path home;

  private final long seed = Long.getLong("trials.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final List<String> story = new ArrayList<>();
  private TestCloud cloud;
  private TestCloud.Client tenant;
  private String image;
  private String flavor;
  private String network;

  @Test
  void whateverHappensItEndsWell() {
    System.out.println("seed " + seed + " (again with -Dtrials.seed=" + seed + ")");
    cloud = new TestCloud(home, HOSTS);
    try {
      var admin = cloud.admin();
      image = Things.image(admin);
      flavor = Things.flavor(admin);
      tenant = cloud.newcomer("tenant", "member");
      network = Things.network(tenant, "net", "10.9.0.0/24");
      long end =
          System.nanoTime() + Duration.ofSeconds(Long.getLong("trials.seconds", 20)).toNanos();
      for (int i = 0; System.nanoTime() < end; i++) {
        step(i);
      }
      heal();
      atRest();
      assertThat(InvariantChecker.violations(cloud)).as(told()).isEmpty();
      servers().forEach(s -> expect(tenant.send("DELETE", "/compute/v2.1/servers/" + s, null)));
      eventually("all deleted", Duration.ofSeconds(30), () -> servers().isEmpty(), this::told);
      atRest();
      assertThat(InvariantChecker.violations(cloud)).as(told()).isEmpty();
      assertThat(cloud.cloud().simulated().guests()).isZero();
      assertThat(tenant.get("/network/v2.0/ports?device_owner=compute:nova").get("ports"))
          .isEmpty();
      var gone = tenant.send("DELETE", "/network/v2.0/networks/" + network, null);
      assertThat(gone.status()).as(gone.body()).isEqualTo(204);
      System.out.println(story.size() + " steps went well");
    } catch (Throwable t) {
      throw new AssertionError(told(), t);
    } finally {
      cloud.close();
    }
  }

  private void step(int i) {
    int dice = random.nextInt(100);
    var all = dice < 92 ? servers() : List.<String>of();
    var one = all.isEmpty() ? null : all.get(random.nextInt(all.size()));
    if (dice < 25 && all.size() < SERVERS) {
      create(i);
    } else if (dice < 35 && one != null) {
      did("delete " + one, tenant.send("DELETE", "/compute/v2.1/servers/" + one, null).status());
    } else if (dice < 65 && one != null) {
      var action = ACTIONS.get(random.nextInt(ACTIONS.size()));
      did(
          action + " " + one,
          tenant.send("POST", "/compute/v2.1/servers/" + one + "/action", action).status());
    } else if (dice < 75 && one != null) {
      attach(one);
    } else if (dice < 84 && one != null) {
      detach(one);
    } else if (dice < 92 && one != null) {
      crash(one);
    } else if (dice < 98) {
      misbehave();
    } else if (random.nextInt(3) == 0) {
      restart();
    }
  }

  private void create(int i) {
    var body =
        """
        {"server": {"name": "r%d", "imageRef": "%s", "flavorRef": "%s", "networks": [{"uuid": "%s"}]}}
        """
            .formatted(i, image, flavor, network);
    did("create r" + i, tenant.send("POST", "/compute/v2.1/servers", body).status());
  }

  /** Waits for the host, whose failure is told as 500, as upstream's is. */
  private void attach(String server) {
    var body = "{\"interfaceAttachment\": {\"net_id\": \"" + network + "\"}}";
    var path = "/compute/v2.1/servers/" + server + "/os-interface";
    story.add("attach " + server + " -> " + tenant.send("POST", path, body).status());
  }

  private void detach(String server) {
    var path = "/compute/v2.1/servers/" + server + "/os-interface";
    var answer = tenant.send("GET", path, null);
    if (answer.status() == 200) {
      var nics = welkin.core.Json.parse(answer.bytes()).get("interfaceAttachments");
      if (nics.size() > 1) {
        var port = nics.get(random.nextInt(nics.size())).get("port_id").asString();
        did("detach " + port, tenant.send("DELETE", path + "/" + port, null).status());
      }
    }
  }

  private void misbehave() {
    var world = cloud.cloud().simulated();
    var operation = OPERATIONS.get(random.nextInt(OPERATIONS.size()));
    var host = "sim-%04d".formatted(1 + random.nextInt(HOSTS));
    switch (random.nextInt(5)) {
      case 0, 1 -> {
        world.failNext(operation);
        story.add("the next " + operation + " fails");
      }
      case 2 -> {
        world.loseNextAnswer(operation);
        story.add("the next answer of " + operation + " is lost");
      }
      case 3 -> {
        world.hostDown(host);
        story.add(host + " down");
      }
      default -> {
        world.hostUp(host);
        story.add(host + " up");
      }
    }
  }

  private void restart() {
    story.add("restart");
    cloud.close();
    cloud = new TestCloud(home, HOSTS);
    tenant = cloud.login("tenant", "secret", "tenant");
  }

  private void heal() {
    story.add("heal");
    cloud.cloud().simulated().heal();
    for (var host : cloud.cloud().simulated().hosts()) {
      cloud.cloud().simulated().hostUp(host);
    }
  }

  /** Nothing is under way, and rows and hosts have been compared. */
  private void atRest() {
    eventually(
        "rest", Duration.ofSeconds(45), this::nothingUnderWay, () -> underWay() + "\n" + told());
    eventually(
        "all invariants",
        Duration.ofSeconds(20),
        () -> {
          cloud.reconcile();
          return nothingUnderWay() && InvariantChecker.violations(cloud).isEmpty();
        },
        () -> String.join("\n", InvariantChecker.violations(cloud)) + "\n" + told());
  }

  private boolean nothingUnderWay() {
    return cloud
            .database("compute")
            .read(
                sql ->
                    sql.number(
                        "SELECT COUNT(*) FROM workflow WHERE state IN ('RUNNING', 'UNWINDING')"))
        == 0;
  }

  /** What is still under way, and where it stands. */
  private String underWay() {
    var sql =
        "SELECT w.kind, w.subject, w.state, w.owner, w.reason, (SELECT GROUP_CONCAT(name || ' ' ||"
            + " state, ', ') FROM workflow_step WHERE workflow_id = w.id) AS steps FROM workflow w"
            + " WHERE w.state IN ('RUNNING', 'UNWINDING')";
    List<String> rows =
        cloud
            .database("compute")
            .read(
                s ->
                    s.list(
                        sql,
                        r ->
                            "under way: %s of %s %s by %s (%s): %s"
                                .formatted(
                                    r.text("kind"),
                                    r.text("subject"),
                                    r.text("state"),
                                    r.text("owner"),
                                    r.text("reason"),
                                    r.text("steps"))));
    return String.join("\n", rows);
  }

  private List<String> servers() {
    var ids = new ArrayList<String>();
    tenant
        .get("/compute/v2.1/servers?sort_key=created_at&sort_dir=asc")
        .get("servers")
        .forEach(s -> ids.add(s.get("id").asString()));
    return ids;
  }

  /** A guest's process dies, where there is one. */
  private void crash(String server) {
    try {
      cloud.cloud().simulated().crash(server);
      story.add("crash of " + server);
    } catch (Fault f) {
      assertThat(f.status()).isEqualTo(404);
    }
  }

  private void did(String what, int status) {
    story.add(what + " -> " + status);
    assertThat(status).as(what).isLessThan(500);
  }

  private void expect(welkin.http.Answer answer) {
    assertThat(answer.status()).as(answer.body()).isLessThan(500);
  }

  private String told() {
    int from = Math.max(0, story.size() - 60);
    return "seed " + seed + "\n" + String.join("\n", story.subList(from, story.size()));
  }
}
