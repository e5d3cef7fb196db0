package welkin.network;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;
import welkin.agents.contracts.HostChanges;
import welkin.agents.contracts.NetworkAgent;
import welkin.agents.contracts.NetworkPlugin;
import welkin.agents.contracts.NetworkPlugin.AgentReport;
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
import welkin.http.Routes;
import welkin.http.Service;
import welkin.http.policy.PolicyEngine;
import welkin.peers.Peers;
import welkin.peers.Platform;
import welkin.peers.Transport;
import welkin.store.Database;
import welkin.testkit.TestDatabases;

/**
 * The Network service behind a real door, with tokens that are names: {@code admin}, {@code
 * service}, and {@code USER:ROLE} for a user of the project {@code USER}.
 */
final class Cloud implements AutoCloseable {
  static final Instant NOW = Instant.parse("2026-11-21T04:00:00Z");

  private final Path home;
  private final Door door;
  private final InProcessBus bus = new InProcessBus();
  private final NetworkService service;

  /** What Compute was told. */
  final List<JsonNode> told = new CopyOnWriteArrayList<>();

  Cloud(Object... settings) {
    try {
      home = Files.createTempDirectory("welkin-network");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    InstantSource clock = InstantSource.system();
    var metrics = new Metrics();
    door = new Door(Cloud::caller, Ids.system(), metrics);
    var peers = new Peers(Transport.direct(door), "http://cloud", () -> Secret.of("service"));
    service =
        new NetworkService(
            new Platform(
                home,
                Config.of(settings),
                clock,
                Ids.system(),
                bus,
                door,
                metrics,
                TestDatabases.in(home, clock),
                "http://cloud",
                peers));
    service.apis().forEach(door::mount);
    door.mount(compute());
    service.start();
  }

  /** The one call of Compute that Network makes. */
  private Service compute() {
    var routes = new Routes("/v2.1");
    routes
        .post(
            "/os-server-external-events",
            call -> {
              call.json().get("events").forEach(told::add);
              return Answer.ok(Map.of("events", List.of()));
            })
        .anyone();
    return Service.of(
        "compute",
        "/compute",
        routes,
        (fault, id) -> Answer.json(fault.status(), Map.of("error", fault.getMessage())),
        PolicyEngine.of(Map.of()),
        null);
  }

  private static Caller caller(Secret token) {
    var text = token.reveal();
    if (text.equals("wrong")) {
      throw Fault.unauthorized("The request you have made requires authentication.");
    }
    var name = text.split(":")[0];
    List<String> roles =
        switch (name) {
          case "admin" -> List.of("admin", "manager", "member", "reader");
          case "service" -> List.of("admin", "service", "member", "reader");
          default -> text.endsWith(":reader") ? List.of("reader") : List.of("member", "reader");
        };
    return new Caller(
        name,
        name,
        "default",
        name,
        name,
        "default",
        null,
        false,
        roles,
        token,
        NOW.plusSeconds(3600));
  }

  Database database() {
    return service.database();
  }

  InProcessBus bus() {
    return bus;
  }

  Door door() {
    return door;
  }

  /** An answer's status and body. */
  record Said(int status, JsonNode json, Map<String, String> headers) {
    JsonNode at(String pointer) {
      return json.at(pointer);
    }

    String text(String pointer) {
      return json.at(pointer).asString(null);
    }

    String type() {
      return text("/NeutronError/type");
    }

    String message() {
      return text("/NeutronError/message");
    }
  }

  Said call(String token, String method, String path, Object body, String... headers) {
    var h = new HashMap<String, String>();
    if (token != null) {
      h.put("x-auth-token", token);
    }
    h.put("content-type", "application/json");
    for (int i = 0; i < headers.length; i += 2) {
      h.put(headers[i], headers[i + 1]);
    }
    var answer =
        door.handle(
            HttpRequest.of(
                method,
                "/network" + path,
                h,
                body == null ? null : Json.bytes(body),
                "http://cloud"));
    return new Said(
        answer.status(),
        answer.bytes().length == 0 ? MissingNode.getInstance() : Json.parse(answer.bytes()),
        answer.headers());
  }

  Said get(String token, String path) {
    return call(token, "GET", "/v2.0" + path, null);
  }

  Said post(String token, String path, String body) {
    return call(token, "POST", "/v2.0" + path, json(body));
  }

  Said put(String token, String path, String body) {
    return call(token, "PUT", "/v2.0" + path, json(body));
  }

  Said delete(String token, String path) {
    return call(token, "DELETE", "/v2.0" + path, null);
  }

  /** JSON with single quotes for double ones. */
  static JsonNode json(String text) {
    return Json.parse(text.replace('\'', '"'));
  }

  /** Makes something and answers its id; fails with the fault's message. */
  String make(String token, String collection, String body) {
    var said = post(token, "/" + collection, body);
    if (said.status != 201) {
      throw new AssertionError(said.status + " " + said.json);
    }
    return said.json.iterator().next().get("id").stringValue();
  }

  String network(String token, String name) {
    return make(token, "networks", "{'network': {'name': '" + name + "'}}");
  }

  String subnet(String token, String network, String cidr) {
    return make(
        token,
        "subnets",
        "{'subnet': {'network_id': '"
            + network
            + "', 'ip_version': "
            + (cidr.contains(":") ? 6 : 4)
            + ", 'cidr': '"
            + cidr
            + "'}}");
  }

  String port(String token, String network) {
    return make(token, "ports", "{'port': {'network_id': '" + network + "'}}");
  }

  /** A host whose agents live in memory: it keeps what the service says it should have. */
  final class Host implements NetworkAgent {
    final String name;
    final NetworkPlugin plugin = bus.client(NetworkPlugin.class, "");
    final Map<String, HostChanges.Network> networks = new HashMap<>();
    final Map<String, HostChanges.Port> ports = new HashMap<>();
    final Map<String, HostChanges.Group> groups = new HashMap<>();
    final Map<String, HostChanges.Router> routers = new HashMap<>();
    long cursor;
    int pulls;

    Host(String name) {
      this.name = name;
    }

    Host alive() {
      plugin.alive(
          name,
          List.of(
              new AgentReport(
                  "Linux bridge agent",
                  "neutron-linuxbridge-agent",
                  "{\"tunneling_ip\": \"192.0.2."
                      + (Math.floorMod(name.hashCode(), 200) + 1)
                      + "\"}"),
              new AgentReport("L3 agent", "neutron-l3-agent", "{}"),
              new AgentReport("DHCP agent", "neutron-dhcp-agent", "{}"),
              new AgentReport("Metadata agent", "neutron-metadata-agent", "{}"),
              new AgentReport("Metering agent", "neutron-metering-agent", "{}")),
          cursor);
      awaitTrue(() -> get("admin", "/agents?host=" + name).at("/agents").size() == 5);
      return this;
    }

    @Override
    public synchronized void poke() {
      pull();
    }

    synchronized HostChanges pull() {
      var c = plugin.changes(name, cursor, true);
      pulls++;
      cursor = c.cursor();
      if (c.full()) {
        networks.clear();
        ports.clear();
        groups.clear();
        routers.clear();
      }
      c.networks().forEach(n -> networks.put(n.id(), n));
      c.ports().forEach(p -> ports.put(p.id(), p));
      c.groups().forEach(g -> groups.put(g.id(), g));
      c.routers().forEach(r -> routers.put(r.id(), r));
      c.forwarding().forEach(f -> networks.computeIfPresent(f.networkId(), (id, n) -> n.with(f)));
      c.members().forEach(m -> groups.computeIfPresent(m.groupId(), (id, g) -> g.with(m)));
      for (var r : c.removed()) {
        switch (r.kind()) {
          case "network" -> networks.remove(r.id());
          case "port" -> ports.remove(r.id());
          case "group" -> groups.remove(r.id());
          default -> routers.remove(r.id());
        }
      }
      return c;
    }
  }

  Host host(String name) {
    return new Host(name).alive();
  }

  /** Waits until something holds, at most ten seconds. */
  static void awaitTrue(java.util.function.BooleanSupplier what) {
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (!what.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("did not come true in time");
      }
      Thread.onSpinWait();
      java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
    }
  }

  @Override
  public void close() {
    service.close();
    bus.close();
  }
}
