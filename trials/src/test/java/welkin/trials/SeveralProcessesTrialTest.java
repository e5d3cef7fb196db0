package welkin.trials;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.testkit.Eventually.eventually;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.agents.simulated.SimulatedWorld;
import welkin.bus.InProcessBus;
import welkin.core.Config;
import welkin.core.Json;
import welkin.http.Answer;

/**
 * Two control hosts on one database: tenants ask either of them, and one after the other is killed
 * and started again. Nothing that was acknowledged may be lost, nothing may be done twice, and at
 * rest nothing may be amiss. {@code -Dtrials.seconds=N} makes it longer, {@code -Dtrials.seed=N}
 * repeats the choices.
 */
class SeveralProcessesTrialTest {
  private static final int HOSTS = 4;
  private static final int TENANTS = 4;
  private static final int SERVERS = 4;
  private static final List<String> ACTIONS =
      List.of(
          "{\"os-stop\": null}",
          "{\"os-start\": null}",
          "{\"pause\": null}",
          "{\"unpause\": null}",
          "{\"reboot\": {\"type\": \"HARD\"}}");

  @TempDir Path home;

  private final long seed = Long.getLong("trials.seed", System.nanoTime());
  private final InProcessBus bus = new InProcessBus();
  private final AtomicReferenceArray<TestCloud> controls = new AtomicReferenceArray<>(2);
  private final List<String> story = new CopyOnWriteArrayList<>();
  private final AtomicInteger failed = new AtomicInteger();
  private final AtomicInteger served = new AtomicInteger();

  /** Processes that are being killed, whose answers say nothing. */
  private final Set<TestCloud> dying = ConcurrentHashMap.newKeySet();

  private final List<String> wrong = new CopyOnWriteArrayList<>();
  private volatile boolean over;
  private int port;

  private TestCloud control() {
    return new TestCloud(home, "api,worker", 0, 0, bus, config());
  }

  private Config config() {
    return Config.of("endpoint", "http://127.0.0.1:" + port);
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** Somebody with a project of their own, who asks whichever process they like. */
  private final class Tenant implements Callable<Void> {
    final String token;
    final Random random;
    final String name;
    final String image;
    final String flavor;
    final String network;
    final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    final Set<String> deleted = ConcurrentHashMap.newKeySet();

    Tenant(int number, TestCloud cloud, String image, String flavor) {
      name = "tenant" + number;
      random = new Random(seed + number);
      var client = cloud.newcomer(name, "member");
      token = client.token();
      this.image = image;
      this.flavor = flavor;
      network = Things.network(client, "net", "10." + number + ".0.0/24");
    }

    /** An answer; null when its process was killed before it could give one. */
    Answer ask(int at, String method, String path, String body, String... headers) {
      var cloud = controls.get(at);
      if (cloud == null) {
        return null;
      }
      Answer answer;
      try {
        answer = cloud.holding(token).send(method, path, body, headers);
      } catch (RuntimeException | Error e) {
        answer = null;
      }
      boolean lost = answer == null || answer.status() >= 500;
      (lost ? failed : served).incrementAndGet();
      if (lost && !dying.contains(cloud) && (answer == null || answer.status() != 503)) {
        wrong.add(
            method
                + " "
                + path
                + " -> "
                + (answer == null ? "nothing" : answer.status() + " " + answer.body()));
      }
      return lost ? null : answer;
    }

    Answer ask(String method, String path, String body, String... headers) {
      return ask(random.nextInt(2), method, path, body, headers);
    }

    @Override
    public Void call() {
      for (int i = 0; !over; i++) {
        int dice = random.nextInt(10);
        var mine = acknowledged.stream().filter(s -> !deleted.contains(s)).toList();
        var one = mine.isEmpty() ? null : mine.get(random.nextInt(mine.size()));
        if (one == null || dice < 3 && mine.size() < SERVERS) {
          create(i);
        } else if (dice < 5) {
          var answer = ask("DELETE", "/compute/v2.1/servers/" + one, null);
          if (answer != null && (answer.status() == 204 || answer.status() == 404)) {
            deleted.add(one);
          }
        } else if (dice < 8) {
          var action = ACTIONS.get(random.nextInt(ACTIONS.size()));
          ask("POST", "/compute/v2.1/servers/" + one + "/action", action);
        } else {
          ask("GET", "/compute/v2.1/servers/detail", null);
          ask("GET", "/network/v2.0/ports", null);
        }
        LockSupport.parkNanos(Duration.ofMillis(20).toNanos()); // a person, not a mill
      }
      return null;
    }

    /** Also what was made by a request whose answer was lost; says whether nothing is left. */
    boolean deleteAll() {
      var list = ask("GET", "/compute/v2.1/servers", null);
      if (list == null) {
        return false;
      }
      var left = Json.parse(list.bytes()).get("servers");
      left.forEach(s -> ask("DELETE", "/compute/v2.1/servers/" + s.get("id").asString(), null));
      return left.isEmpty();
    }

    /** The same request twice, to both processes, until one answers: it makes one server. */
    private void create(int i) {
      var body =
          """
          {"server": {"name": "%s-%d", "imageRef": "%s", "flavorRef": "%s", "networks": [{"uuid": "%s"}]}}
          """
              .formatted(name, i, image, flavor, network);
      var key = name + "-" + i;
      String made = null;
      for (int at : new int[] {0, 1}) {
        var answer = ask(at, "POST", "/compute/v2.1/servers", body, "idempotency-key", key);
        if (answer != null && answer.status() == 202) {
          var id = Json.parse(answer.bytes()).at("/server/id").asString();
          acknowledged.add(id);
          if (made != null && !made.equals(id)) {
            wrong.add("key " + key + " made " + made + " and " + id);
          }
          made = id;
        } else if (answer != null && answer.status() != 409 && !quotaIsFull(answer)) {
          wrong.add("create " + key + " -> " + answer.status() + " " + answer.body());
        }
      }
    }
  }

  /** What is being deleted counts until it is gone, and its worker may just have been killed. */
  private static boolean quotaIsFull(Answer answer) {
    return answer.status() == 403 && answer.body().contains("Quota exceeded");
  }

  @Test
  void twoProcessesOneCloud() throws Exception {
    port = freePort();
    System.out.println("seed " + seed + " (again with -Dtrials.seed=" + seed + ")");
    controls.set(0, control());
    controls.set(1, control());
    try (var hosts =
            new TestCloud(home.resolve("hosts"), "compute,network-agent", HOSTS, 0, bus, config());
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var admin = controls.get(0).admin();
      eventually(
          "hosts are up",
          () ->
              admin.get("/compute/v2.1/os-hypervisors").get("hypervisors").size() == HOSTS
                  && admin.get("/network/v2.0/agents?agent_type=L3%20agent").get("agents").size()
                      == HOSTS);
      var image = Things.image(admin);
      var flavor = Things.flavor(admin);
      var tenants = new ArrayList<Tenant>();
      for (int i = 0; i < TENANTS; i++) {
        tenants.add(new Tenant(i, controls.get(i % 2), image, flavor));
      }
      var work = tenants.stream().map(threads::submit).toList();
      long end =
          System.nanoTime() + Duration.ofSeconds(Long.getLong("trials.seconds", 20)).toNanos();
      for (int i = 0; System.nanoTime() < end; i++) {
        LockSupport.parkNanos(Duration.ofSeconds(4).toNanos());
        killAndStart(i % 2);
      }
      over = true;
      for (var w : work) {
        w.get();
      }
      assertThat(wrong).as(told()).isEmpty();
      long begin = System.nanoTime();
      atRest(hosts.cloud().simulated());
      System.out.printf(
          "%d requests served, %d lost with a process; at rest after %d ms%n",
          served.get(), failed.get(), (System.nanoTime() - begin) / 1_000_000);
      for (var t : tenants) {
        for (var id : t.acknowledged) {
          if (!t.deleted.contains(id)) {
            var answer = t.ask(0, "GET", "/compute/v2.1/servers/" + id, null);
            assertThat(answer.status()).as("acknowledged " + id + told()).isEqualTo(200);
          }
        }
        eventually("everything of " + t.name + " deleted", t::deleteAll);
      }
      atRest(hosts.cloud().simulated());
      assertThat(hosts.cloud().simulated().guests()).isZero();
      assertThat(tenants.stream().mapToInt(t -> t.acknowledged.size()).sum()).isPositive();
    } finally {
      for (int i = 0; i < 2; i++) {
        controls.get(i).close();
      }
      bus.close();
    }
  }

  private void killAndStart(int which) {
    var cloud = controls.get(which);
    dying.add(cloud);
    controls.set(which, null);
    story.add("kill " + which);
    cloud.kill();
    LockSupport.parkNanos(Duration.ofMillis(500).toNanos());
    controls.set(which, control());
    story.add("start " + which);
  }

  private void atRest(SimulatedWorld world) {
    var cloud = controls.get(0);
    eventually(
        "all invariants",
        Duration.ofSeconds(60),
        () -> {
          if (live(cloud) > 0) {
            return false;
          }
          cloud.reconcile();
          return live(cloud) == 0 && InvariantChecker.violations(cloud, world).isEmpty();
        },
        () -> live(cloud) + " live\n" + InvariantChecker.violations(cloud, world) + told());
  }

  private static long live(TestCloud cloud) {
    return cloud
        .database("compute")
        .read(
            sql ->
                sql.number(
                    "SELECT COUNT(*) FROM workflow WHERE state IN ('RUNNING', 'UNWINDING')"));
  }

  private String told() {
    return "\nseed " + seed + "\n" + String.join("\n", story);
  }
}
