package welkin.assembly;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import welkin.compute.ComputeService;
import welkin.core.Config;
import welkin.core.Config.Key;
import welkin.core.HostName;
import welkin.identity.IdentityService;
import welkin.peers.Roles;
import welkin.store.Databases;

/** The options that concern the whole process or its host. */
final class Options {
  static final Key<Roles> ROLES =
      new Key<>(
          "roles",
          Roles.ALL,
          "What this process plays: all, or some of api, worker, compute, network-agent,"
              + " SERVICE:api, SERVICE:worker.",
          v -> Roles.parse(Key.list("roles", List.of(), "").read().apply(v)));
  static final Key<String> BUS =
      Key.text(
          "bus",
          "",
          "How workers and hosts speak: in-process, or amqp://USER:PASSWORD@HOST:PORT/.");
  static final Key<String> ENDPOINT =
      Key.text(
          "endpoint",
          "",
          "Scheme, host and port where clients and hosts reach this cloud, e.g."
              + " http://cloud.example:5000.");
  static final Key<String> ADMIN_PASSWORD =
      Key.text(
          "admin_password",
          "",
          "The administrator's password when the cloud is first made; empty to generate one.");
  static final Key<Integer> WAIT =
      Key.number(
          "start.wait", 600, "Seconds a start waits for a database that does not answer yet.");
  static final Key<Integer> DRAIN =
      Key.number(
          "stop.drain",
          0,
          "Seconds between 'do not send me more' (healthcheck 503) and the last request taken.");
  static final Key<Integer> EVENTS_KEPT =
      Key.number(
          "events.kept_days",
          90,
          "Days after which an event is forgotten; 0 to keep all for ever.");
  static final Key<Integer> FINISH =
      Key.number("stop.finish", 30, "Seconds that requests under way may take to end.");
  static final Key<String> SIMULATED_PREFIX =
      Key.text("simulated.prefix", "sim-", "Names of simulated hosts: this and a number.");
  static final Key<Integer> SIMULATED_SNAPSHOT =
      Key.number(
          "simulated.snapshot_seconds",
          0,
          "Seconds a snapshot takes on a simulated host; with 0 it is done before a client can see"
              + " it under way.");
  static final Key<String> TUNNEL_IP =
      Key.text("host.tunnel_ip", "127.0.0.1", "The address other hosts reach this one by.");
  static final Key<String> INSTANCES_PATH =
      Key.text(
          "host.instances_path",
          "",
          "A directory for guests' disks and base images that other hosts mount, too: guests then"
              + " move without copying and go on elsewhere when their host is dead. Empty: below"
              + " the home.");
  static final Key<List<String>> BRIDGE_MAPPINGS =
      Key.list(
          "network.bridge_mappings",
          List.of(),
          "Physical network to bridge of this host, NETWORK:BRIDGE.");
  static final Key<Integer> VXLAN_PORT =
      Key.number(
          "network.vxlan_port",
          4789,
          "UDP port of the tunnels between hosts; the same on all hosts of a cloud.");
  static final Key<List<String>> NETWORK_AGENTS =
      Key.list(
          "network.agents",
          List.of("l2", "l3", "dhcp"),
          "What this host's network agent plays: l2 alone on a hypervisor, with l3 (routers,"
              + " floating IPs) and dhcp on a network host.");

  private Options() {}

  /** Those of this file and what every process reads; services have their own. */
  static List<Key<?>> all() {
    var all = new ArrayList<Key<?>>(Databases.options());
    all.addAll(
        List.of(
            ROLES,
            BUS,
            ENDPOINT,
            ADMIN_PASSWORD,
            WAIT,
            DRAIN,
            FINISH,
            EVENTS_KEPT,
            SIMULATED_PREFIX,
            SIMULATED_SNAPSHOT,
            HostName.KEY,
            TUNNEL_IP,
            INSTANCES_PATH,
            BRIDGE_MAPPINGS,
            VXLAN_PORT,
            NETWORK_AGENTS,
            IdentityService.SERVICE_PASSWORD,
            ComputeService.METADATA_SECRET));
    ServiceKind.ALL.forEach(s -> all.add(endpoint(s.type())));
    return all;
  }

  /** Those that a configuration may have, each once. */
  static List<Key<?>> ofAllServices() {
    var all = new LinkedHashMap<String, Key<?>>();
    all().forEach(k -> all.putIfAbsent(k.name(), k));
    ServiceKind.ALL.forEach(s -> s.options().get().forEach(k -> all.putIfAbsent(k.name(), k)));
    return List.copyOf(all.values());
  }

  /** Where one service answers, when it is not behind the one door. */
  private static Key<String> endpoint(String service) {
    return Key.text(
        "endpoints." + service,
        "",
        "Where " + service + " answers, when apart; Identity's catalog says so, too.");
  }

  /** The services that have an address of their own. */
  static Map<String, String> endpoints(Config config) {
    var out = new LinkedHashMap<String, String>();
    for (var service : ServiceKind.ALL) {
      var url = config.get(endpoint(service.type()));
      if (!url.isEmpty()) {
        out.put(service.type(), url);
      }
    }
    return out;
  }

  static Duration seconds(Config config, Key<Integer> key) {
    return Duration.ofSeconds(config.get(key));
  }
}
