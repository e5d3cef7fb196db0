package welkin.compute;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;
import welkin.agents.contracts.InstanceAgent;
import welkin.bus.InProcessBus;
import welkin.core.Caller;
import welkin.core.Config;
import welkin.core.Fault;
import welkin.core.Ids;
import welkin.core.Json;
import welkin.core.Secret;
import welkin.http.Answer;
import welkin.http.Door;
import welkin.http.HttpRequest;
import welkin.http.Metrics;
import welkin.peers.Peers;
import welkin.peers.Platform;
import welkin.peers.Transport;
import welkin.testkit.TestDatabases;
import welkin.workflow.Probe;

/** Compute at a door of its own, with callers that are what their token's text says. */
final class Cloud implements AutoCloseable {
  static final String ADMIN = "root/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/admin,manager,member,reader";
  static final String ALICE = "alice/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/member,reader";
  static final String BOB = "bob/cccccccccccccccccccccccccccccccc/member,reader";
  static final String READER = "eve/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/reader";
  static final String SERVICE = "nova/dddddddddddddddddddddddddddddddd/admin,member,reader,service";

  final Path home;
  final InProcessBus bus;
  final Door door;
  final Platform platform;
  final ComputeService compute;
  final Neighbours neighbours;
  final Map<String, InstanceAgent> hosts = new java.util.TreeMap<>();

  Cloud(Object... options) {
    this(folder(), new Neighbours(Ids.system()), Probe.NONE, options);
  }

  static Path folder() {
    try {
      return Files.createTempDirectory("welkin-compute");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A process over a folder that an earlier one may have left, beside services that go on. */
  Cloud(Path home, Neighbours neighbours, Probe probe, Object... options) {
    this.home = home;
    this.neighbours = neighbours;
    bus = new InProcessBus();
    var clock = InstantSource.system();
    var ids = Ids.system();
    var metrics = new Metrics();
    door = new Door(Cloud::caller, ids, metrics);
    var peers = new Peers(Transport.direct(door), "http://cloud", () -> Secret.of(SERVICE));
    platform =
        new Platform(
            home,
            Config.of(options),
            clock,
            ids,
            bus,
            door,
            metrics,
            TestDatabases.in(home, clock),
            "http://cloud",
            peers);
    neighbours.mount(door);
    compute = new ComputeService(platform, probe);
    compute.apis().forEach(door::mount);
  }

  /** Starts the work, and hosts that report at once; given hosts go on as they are. */
  Cloud start(TestHost... there) {
    var named = new HashMap<String, InstanceAgent>();
    for (var host : there) {
      named.put(host.name, host);
    }
    return start(named);
  }

  /** {@link #start(TestHost...)} with hosts of any kind, by name. */
  Cloud start(Map<String, ? extends InstanceAgent> there) {
    compute.start();
    hosts.putAll(there);
    there.forEach((name, host) -> bus.offer(InstanceAgent.class, name, host));
    beat();
    return this;
  }

  /** Every host gives a sign of life. */
  void beat() {
    hosts.keySet().forEach(this::beat);
  }

  /** A host gives a sign of life. */
  void beat(String host) {
    compute.reports().alive(hosts.get(host).describe());
  }

  /** What the network tells when a port is wired. */
  void wired(String serverId, String portId) {
    neighbours.wired(portId);
    call(
        SERVICE,
        "2.96",
        "POST",
        "/os-server-external-events",
        "{`events`:[{`name`:`network-vif-plugged`,`status`:`completed`,`server_uuid`:`"
            + serverId
            + "`,`tag`:`"
            + portId
            + "`}]}");
  }

  /** Waits until no work is left for a server. */
  void settled(String serverId) {
    if (!compute.engine().settled(serverId, Duration.ofSeconds(20))) {
      throw new AssertionError("work on " + serverId + " goes on");
    }
  }

  private static Caller caller(Secret token) {
    var words = token.reveal().split("/");
    if (words.length != 3) {
      throw Fault.unauthorized("The request you have made requires authentication.");
    }
    return new Caller(
        words[0],
        words[0],
        "default",
        words[1],
        words[1],
        "default",
        null,
        false,
        Arrays.asList(words[2].split(",")),
        token,
        Instant.MAX);
  }

  /** An answer with its body read. */
  record Told(int status, JsonNode json, Answer answer) {
    String text(String pointer) {
      return json.at(pointer).asString();
    }
  }

  Told call(String who, String version, String method, String path, String body) {
    var headers = new HashMap<String, String>();
    if (who != null) {
      headers.put("x-auth-token", who);
    }
    headers.put("content-type", "application/json");
    headers.put("openstack-api-version", "compute " + version);
    var bytes = body == null ? null : Json.bytes(Json.parse(body.replace('`', '"')));
    var answer =
        door.handle(HttpRequest.of(method, "/compute/v2.1" + path, headers, bytes, "http://cloud"));
    return new Told(
        answer.status(),
        answer.bytes() == null || answer.bytes().length == 0
            ? MissingNode.getInstance()
            : Json.parse(answer.bytes()),
        answer);
  }

  Told get(String who, String path) {
    return call(who, "2.96", "GET", path, null);
  }

  Told post(String who, String path, String body) {
    return call(who, "2.96", "POST", path, body);
  }

  Told put(String who, String path, String body) {
    return call(who, "2.96", "PUT", path, body);
  }

  Told delete(String who, String path) {
    return call(who, "2.96", "DELETE", path, null);
  }

  static List<String> texts(JsonNode array, String field) {
    return array.valueStream().map(n -> n.path(field).asString()).toList();
  }

  static Map<String, Object> map(JsonNode node) {
    return Json.MAPPER.convertValue(
        node, new tools.jackson.core.type.TypeReference<Map<String, Object>>() {});
  }

  @Override
  public void close() {
    compute.close();
    forget(home);
  }

  static void forget(Path home) {
    try (var files = Files.walk(home)) {
      files.sorted(java.util.Comparator.reverseOrder()).forEach(f -> f.toFile().delete());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
