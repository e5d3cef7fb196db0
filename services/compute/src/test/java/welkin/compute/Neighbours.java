package welkin.compute;

import static welkin.core.Json.string;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Ids;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Door;
import welkin.http.Routes;
import welkin.http.Service;
import welkin.http.policy.PolicyEngine;

/**
 * The services beside Compute, in memory: as much of their public APIs as Compute speaks. They
 * outlive the door they are mounted at, as services do that are processes of their own.
 */
final class Neighbours {
  static final String NETWORK = "11111111-1111-4111-8111-111111111111";
  static final String SUBNET = "22222222-2222-4222-8222-222222222222";
  static final String IMAGE = "33333333-3333-4333-8333-333333333333";

  final List<Map<String, Object>> groups = new CopyOnWriteArrayList<>();
  final List<Map<String, Object>> rules = new CopyOnWriteArrayList<>();
  final Set<String> projects = ConcurrentHashMap.newKeySet();
  final Map<String, ObjectNode> ports = new ConcurrentSkipListMap<>();
  final Map<String, ObjectNode> images = new ConcurrentHashMap<>();
  final Map<String, ObjectNode> providers = new ConcurrentSkipListMap<>();
  final Map<String, ObjectNode> inventories = new ConcurrentHashMap<>();
  final Map<String, ObjectNode> allocations = new ConcurrentHashMap<>();
  private final Map<String, Set<String>> prepared = new ConcurrentHashMap<>();
  private final Map<String, ObjectNode> answered = new ConcurrentHashMap<>();
  private final AtomicInteger addresses = new AtomicInteger(2);
  private final Ids ids;

  Neighbours(Ids ids) {
    this.ids = ids;
    projects.add("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
    projects.add("cccccccccccccccccccccccccccccccc");
    images.put(
        IMAGE,
        Json.object()
            .put("id", IMAGE)
            .put("name", "tiny")
            .put("status", "active")
            .put("disk_format", "raw")
            .put("container_format", "bare")
            .put("size", 1024)
            .put("min_ram", 0)
            .put("min_disk", 0));
  }

  void mount(Door door) {
    mount(door, "identity", identity());
    mount(door, "network", network());
    mount(door, "image", image());
    mount(door, "placement", placement());
  }

  private static void mount(Door door, String name, Routes routes) {
    door.mount(
        Service.of(
            name,
            "/" + name,
            routes,
            (fault, id) ->
                Answer.json(
                    fault.status(),
                    Map.of(
                        "NeutronError",
                        Map.of("type", fault.code(), "message", fault.getMessage()))),
            PolicyEngine.of(Map.of()),
            null));
  }

  private static Fault absent(String id) {
    return Fault.notFound(id + " could not be found.");
  }

  private static <T> T known(Map<String, T> all, String id) {
    var found = all.get(id);
    if (found == null) {
      throw absent(id);
    }
    return found;
  }

  private static Answer one(String name, JsonNode value) {
    return Answer.ok(Json.object().set(name, value));
  }

  private List<JsonNode> owned(String projectId) {
    return trees(groups).stream()
        .filter(g -> projectId == null || projectId.equals(g.path("project_id").asString("")))
        .toList();
  }

  private static List<JsonNode> trees(List<Map<String, Object>> rows) {
    return rows.stream().<JsonNode>map(Json::tree).toList();
  }

  private static Answer list(String name, List<? extends JsonNode> values) {
    return Answer.ok(Json.object().set(name, Json.array().addAll(values)));
  }

  private Routes identity() {
    var r = new Routes("/v3");
    r.get(
        "/projects/{id}",
        c -> {
          if (!projects.contains(c.path("id"))) {
            throw absent(c.path("id"));
          }
          return one("project", Json.object().put("id", c.path("id")));
        });
    return r;
  }

  private Routes network() {
    var r = new Routes("/v2.0");
    var net =
        Json.object()
            .put("id", NETWORK)
            .put("name", "private")
            .put("mtu", 1450)
            .put("shared", true);
    net.putArray("subnets").add(SUBNET);
    var subnet =
        Json.object()
            .put("id", SUBNET)
            .put("network_id", NETWORK)
            .put("cidr", "10.0.0.0/24")
            .put("ip_version", 4)
            .put("enable_dhcp", true)
            .put("gateway_ip", "10.0.0.1");
    r.get(
        "/networks",
        c ->
            list(
                "networks",
                c.query("id") == null || c.queryAll("id").contains(NETWORK)
                    ? List.of(net)
                    : List.of()));
    r.get("/subnets", c -> list("subnets", List.of(subnet)));
    r.get("/security-groups", c -> list("security_groups", owned(c.query("project_id"))));
    r.get("/security-group-rules", c -> list("security_group_rules", trees(rules)));
    r.get("/floatingips", c -> list("floatingips", List.of()));
    r.get("/ports", this::portList);
    r.get("/ports/{id}", c -> one("port", known(ports, c.path("id"))));
    r.post("/ports", this::createPort);
    r.put("/ports/{id}", this::updatePort);
    r.get("/ports/{id}/bindings", this::bindings);
    r.post("/ports/{id}/bindings", this::addBinding);
    r.put("/ports/{id}/bindings/{host}/activate", this::activate);
    r.delete(
        "/ports/{id}/bindings/{host}",
        c -> {
          if (!ready(c.path("id")).remove(c.path("host"))) {
            throw absent(c.path("host"));
          }
          return Answer.none();
        });
    r.delete(
        "/ports/{id}",
        c -> {
          ports.remove(c.path("id"));
          return Answer.none();
        });
    return r;
  }

  private Answer portList(Call call) {
    var devices = call.queryAll("device_id");
    return list(
        "ports",
        ports.values().stream()
            .filter(p -> devices.isEmpty() || devices.contains(string(p, "device_id")))
            .toList());
  }

  private Answer createPort(Call call) {
    var key = call.header("idempotency-key");
    if (key != null && answered.containsKey(key)) {
      return one("port", answered.get(key));
    }
    var port = call.object("port").deepCopy();
    var id = ids.uuid();
    int n = addresses.getAndIncrement();
    port.put("id", id).put("mac_address", String.format("fa:16:3e:00:00:%02x", n % 256));
    port.putArray("fixed_ips")
        .add(Json.object().put("subnet_id", SUBNET).put("ip_address", "10.0.0." + n));
    port.put("status", "DOWN");
    bind(port);
    ports.put(id, port);
    if (key != null) {
      answered.put(key, port);
    }
    return one("port", port);
  }

  private Answer updatePort(Call call) {
    var port = known(ports, call.path("id"));
    var before = string(port, "binding:host_id");
    port.setAll(call.object("port"));
    if (!Objects.equals(before, string(port, "binding:host_id"))) {
      port.put("status", "DOWN");
    }
    bind(port);
    return one("port", port);
  }

  /** A port's host says that it is wired. */
  void wired(String portId) {
    ports.computeIfPresent(portId, (id, port) -> port.put("status", "ACTIVE"));
  }

  private static void bind(ObjectNode port) {
    var host = string(port, "binding:host_id");
    port.put("binding:vif_type", host == null || host.isEmpty() ? "unbound" : "bridge");
  }

  private Routes image() {
    var r = new Routes("/v2");
    r.get("/images/{id}", c -> Answer.ok(known(images, c.path("id"))));
    r.post(
        "/images",
        c -> {
          var image = c.object().deepCopy();
          image.put("id", ids.uuid()).put("status", "queued");
          images.put(string(image, "id"), image);
          return Answer.json(201, image);
        });
    r.delete(
        "/images/{id}",
        c -> {
          images.remove(c.path("id"));
          return Answer.none();
        });
    return r;
  }

  private Routes placement() {
    var r = new Routes("");
    r.get(
        "/resource_providers",
        c ->
            list(
                "resource_providers",
                providers.values().stream()
                    .filter(p -> string(p, "name").equals(c.query("name")))
                    .toList()));
    r.get("/resource_providers/{id}", c -> Answer.ok(known(providers, c.path("id"))));
    r.post(
        "/resource_providers",
        c -> {
          var p = c.object().deepCopy().put("generation", 0);
          providers.put(string(p, "uuid"), p);
          return Answer.ok(p);
        });
    r.put(
        "/resource_providers/{id}/inventories",
        c -> {
          inventories.put(c.path("id"), (ObjectNode) c.object().get("inventories").deepCopy());
          return Answer.ok(Json.object().put("resource_provider_generation", 1));
        });
    r.get(
        "/resource_providers/{id}/inventories",
        c -> one("inventories", known(inventories, c.path("id"))));
    r.get("/resource_providers/{id}/usages", c -> one("usages", usages(c.path("id"))));
    r.put("/resource_providers/{id}/traits", c -> Answer.ok(c.json()));
    r.get("/traits", c -> list("traits", List.of()));
    r.get("/allocation_candidates", this::candidates);
    r.get(
        "/allocations/{id}",
        c ->
            Answer.ok(
                allocations.getOrDefault(
                    c.path("id"), Json.object().set("allocations", Json.object()))));
    r.put("/allocations/{id}", this::claim);
    r.post("/allocations", this::claimAll);
    r.delete(
        "/allocations/{id}",
        c -> {
          if (allocations.remove(c.path("id")) == null) {
            throw absent(c.path("id"));
          }
          return Answer.none();
        });
    return r;
  }

  private ObjectNode usages(String provider) {
    var out = Json.object();
    for (var a : allocations.values()) {
      a.get("allocations")
          .path(provider)
          .path("resources")
          .properties()
          .forEach(
              e -> out.put(e.getKey(), out.path(e.getKey()).asLong(0) + e.getValue().longValue()));
    }
    return out;
  }

  private static long capacity(JsonNode i) {
    return (long)
        ((i.get("total").longValue() - i.get("reserved").longValue())
            * i.get("allocation_ratio").doubleValue());
  }

  private boolean fits(String provider, Map<String, Long> wanted) {
    var used = usages(provider);
    return wanted.entrySet().stream()
        .allMatch(
            e -> {
              var i = inventories.get(provider).get(e.getKey());
              return i != null && capacity(i) - used.path(e.getKey()).asLong(0) >= e.getValue();
            });
  }

  private Answer candidates(Call call) {
    var wanted = new ConcurrentHashMap<String, Long>();
    for (var part : call.query("resources").split(",")) {
      wanted.put(part.split(":")[0], Long.parseLong(part.split(":")[1]));
    }
    var summaries = Json.object();
    for (var id : providers.keySet()) {
      if (inventories.containsKey(id) && fits(id, wanted)) {
        var used = usages(id);
        var resources = summaries.putObject(id).putObject("resources");
        inventories
            .get(id)
            .properties()
            .forEach(
                e ->
                    resources
                        .putObject(e.getKey())
                        .put("capacity", capacity(e.getValue()))
                        .put("used", used.path(e.getKey()).asLong(0)));
      }
    }
    return one("provider_summaries", summaries);
  }

  private synchronized Answer claim(Call call) {
    var id = call.path("id");
    if (allocations.containsKey(id)) {
      throw Fault.conflict("consumer generation conflict");
    }
    for (var e : call.object().get("allocations").properties()) {
      var wanted = new ConcurrentHashMap<String, Long>();
      e.getValue()
          .get("resources")
          .properties()
          .forEach(r -> wanted.put(r.getKey(), r.getValue().longValue()));
      if (!fits(e.getKey(), wanted)) {
        throw Fault.conflict("over capacity");
      }
    }
    allocations.put(id, call.object().deepCopy());
    return Answer.none();
  }

  /** Several consumers at once, all or none. */
  private synchronized Answer claimAll(Call call) {
    var before = Map.copyOf(allocations);
    call.object().propertyNames().forEach(allocations::remove);
    for (var e : call.object().properties()) {
      for (var p : e.getValue().get("allocations").properties()) {
        var wanted = new ConcurrentHashMap<String, Long>();
        p.getValue()
            .get("resources")
            .properties()
            .forEach(r -> wanted.put(r.getKey(), r.getValue().longValue()));
        if (!fits(p.getKey(), wanted)) {
          allocations.clear();
          allocations.putAll(before);
          throw Fault.conflict("over capacity");
        }
      }
      if (!e.getValue().get("allocations").isEmpty()) {
        allocations.put(e.getKey(), (ObjectNode) e.getValue().deepCopy());
      }
    }
    return Answer.none();
  }

  /** Who holds something at a host. */
  List<String> consumersAt(String host) {
    return allocations.entrySet().stream()
        .filter(
            e ->
                e.getValue().get("allocations").propertyNames().stream()
                    .anyMatch(p -> host.equals(string(providers.get(p), "name"))))
        .map(Map.Entry::getKey)
        .toList();
  }

  // ---- a port's bindings at other hosts

  private Answer bindings(Call call) {
    var port = known(ports, call.path("id"));
    var all = new ArrayList<JsonNode>();
    all.add(binding(string(port, "binding:host_id"), "ACTIVE"));
    ready(port.path("id").stringValue()).forEach(h -> all.add(binding(h, "INACTIVE")));
    return list("bindings", all);
  }

  private static ObjectNode binding(String host, String status) {
    var b = Json.object().put("host", host).put("status", status);
    b.putObject("vif_details").put("plugged", true);
    return b;
  }

  /** Hosts where a port is made ready. */
  Set<String> ready(String portId) {
    return prepared.computeIfAbsent(portId, p -> ConcurrentHashMap.newKeySet());
  }

  private Answer addBinding(Call call) {
    var host = string(call.object("binding"), "host");
    if (!ready(call.path("id")).add(host)) {
      throw Fault.conflict("exists");
    }
    return one("binding", binding(host, "INACTIVE"));
  }

  private Answer activate(Call call) {
    var port = known(ports, call.path("id"));
    var host = call.path("host");
    if (host.equals(string(port, "binding:host_id"))) {
      throw Fault.conflict("active");
    }
    if (!ready(call.path("id")).remove(host)) {
      throw absent(host);
    }
    ready(call.path("id")).add(string(port, "binding:host_id"));
    port.put("binding:host_id", host);
    return Answer.ok(binding(host, "ACTIVE"));
  }

  /** The ports of a server. */
  List<ObjectNode> portsOf(String serverId) {
    var out = new ArrayList<ObjectNode>();
    ports.values().stream().filter(p -> serverId.equals(string(p, "device_id"))).forEach(out::add);
    return out;
  }
}
