package welkin.trials;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import welkin.agents.contracts.InstanceAgent;
import welkin.agents.simulated.SimulatedWorld;
import welkin.core.Json;
import welkin.store.Database;
import welkin.store.Row;

/**
 * What must hold in a cloud at rest, whatever happened before: the services agree with one another
 * and with the hosts, and every count is the number of what is counted.
 */
final class InvariantChecker {
  private record ServerRow(
      String id, String project, String vm, String task, String host, Map<String, Long> needs) {}

  private final TestCloud cloud;
  private final SimulatedWorld world;
  private final List<String> wrong = new ArrayList<>();
  private final Map<String, ServerRow> servers = new TreeMap<>();

  /** Moves that wait to be confirmed: who holds at which host, and what is kept there. */
  private final Map<String, String> waiting = new TreeMap<>();

  private final HashSet<String> sources = new HashSet<>();

  private InvariantChecker(TestCloud cloud, SimulatedWorld world) {
    this.cloud = cloud;
    this.world = world;
  }

  /** What does not hold; empty when all does. */
  static List<String> violations(TestCloud cloud) {
    return violations(cloud, cloud.cloud().simulated());
  }

  /**
   * The same for a cloud in parts.
   *
   * @param cloud a process with all services
   * @param world the hosts of another
   */
  static List<String> violations(TestCloud cloud, SimulatedWorld world) {
    var checker = new InvariantChecker(cloud, world);
    checker.readServers();
    checker.work();
    checker.allocations();
    checker.ports();
    checker.guests();
    checker.quotas();
    checker.parents();
    return checker.wrong;
  }

  private static <T> List<T> rows(Database database, String sql, Row.Mapper<T> mapper) {
    return database.read(s -> s.list(sql, mapper));
  }

  private void readServers() {
    rows(
            cloud.database("compute"),
            "SELECT * FROM server WHERE deleted = 0",
            r -> {
              var flavor = r.json("flavor");
              var needs = new TreeMap<String, Long>();
              needs.put("VCPU", flavor.get("vcpus").asLong());
              needs.put("MEMORY_MB", flavor.get("ramMb").asLong());
              needs.put("DISK_GB", flavor.get("diskGb").asLong());
              needs.values().removeIf(v -> v == 0);
              return new ServerRow(
                  r.text("id"),
                  r.text("project_id"),
                  r.text("vm_state"),
                  r.text("task_state"),
                  r.text("host"),
                  needs);
            })
        .forEach(s -> servers.put(s.id, s));
    rows(
        cloud.database("compute"),
        "SELECT * FROM server_migration WHERE status NOT IN ('confirmed', 'reverted', 'error',"
            + " 'failed', 'completed', 'cancelled', 'done')",
        r -> {
          if (!r.text("status").equals("finished")) {
            wrong.add("migration " + r.text("uuid") + " is " + r.text("status"));
          } else {
            waiting.put(r.text("uuid"), r.text("source_host"));
            sources.add(r.text("server_id") + " " + r.text("source_host"));
          }
          return null;
        });
  }

  /** A state that passes has something that makes it pass, and that within a time. */
  private void work() {
    var live = new HashSet<String>();
    rows(
        cloud.database("compute"),
        "SELECT subject, kind, deadline FROM workflow WHERE state IN ('RUNNING', 'UNWINDING')",
        r -> {
          if (r.time("deadline") == null) {
            wrong.add(r.text("kind") + " of " + r.text("subject") + " has no deadline");
          }
          return live.add(r.text("subject"));
        });
    for (var s : servers.values()) {
      if ((s.task != null || s.vm.equals("building")) && !live.contains(s.id)) {
        wrong.add("nobody works on " + s);
      }
    }
  }

  /** Whatever belongs to something belongs to something that is there. */
  private void parents() {
    child("network", "subnet", "network_id", "network", "id");
    child("network", "port", "network_id", "network", "id");
    child("network", "ip_allocation", "subnet_id", "subnet", "id");
    child("network", "port_group", "port_id", "port", "id");
    child("network", "port_group", "group_id", "security_group", "id");
    child("network", "port_binding", "port_id", "port", "id");
    child("network", "security_group_rule", "security_group_id", "security_group", "id");
    child("network", "dhcp_binding", "network_id", "network", "id");
    child("placement", "inventory", "provider", "provider", "uuid");
    child("placement", "allocation", "provider", "provider", "uuid");
    child("placement", "allocation", "consumer", "consumer", "uuid");
    child("compute", "instance_action", "server_id", "server", "id");
    child("compute", "workflow_step", "workflow_id", "workflow", "id");
    child("compute", "workflow_signal", "workflow_id", "workflow", "id");
    child("compute", "server_group_member", "group_id", "server_group", "id");
    child("image", "image_member", "image_id", "image", "id");
  }

  private void child(String service, String table, String column, String of, String key) {
    rows(
        cloud.database(service),
        "SELECT %2$s AS parent FROM %1$s WHERE %2$s NOT IN (SELECT %4$s FROM %3$s)"
            .formatted(table, column, of, key),
        r -> wrong.add("a row of " + table + " is of " + of + " " + r.text("parent") + ", gone"));
  }

  private void allocations() {
    var held = new HashMap<String, Map<String, Long>>();
    var holders = new HashMap<String, HashSet<String>>();
    rows(
        cloud.database("placement"),
        "SELECT a.*, p.name FROM allocation a JOIN provider p ON p.uuid = a.provider",
        r -> {
          held.computeIfAbsent(r.text("consumer"), c -> new TreeMap<>())
              .merge(r.text("class"), r.number("used"), Long::sum);
          holders.computeIfAbsent(r.text("consumer"), c -> new HashSet<>()).add(r.text("name"));
          return null;
        });
    // a server that waits to be confirmed may go back: its migration holds what it had
    waiting.forEach(
        (consumer, host) -> {
          if (held.remove(consumer) == null) {
            wrong.add("migration " + consumer + " holds nothing at " + host);
          } else if (!holders.get(consumer).equals(java.util.Set.of(host))) {
            wrong.add("migration " + consumer + " holds at " + holders.get(consumer));
          }
        });
    for (var s : servers.values()) {
      var has = held.remove(s.id);
      if (s.host == null ? has != null : !s.needs.equals(has)) {
        wrong.add("allocations " + has + " of " + s);
      } else if (s.host != null && !holders.get(s.id).equals(java.util.Set.of(s.host))) {
        wrong.add("allocations at " + holders.get(s.id) + " of " + s);
      }
    }
    held.forEach((c, has) -> wrong.add("allocations " + has + " of " + c + ", which is no server"));
    // the answers come from an index in memory: it must say what the rows say
    var admin = cloud.admin();
    for (var s : servers.values()) {
      var told = admin.get("/placement/allocations/" + s.id).get("allocations");
      if (told.size() != (s.host == null ? 0 : 1)) {
        wrong.add("Placement answers " + told + " for " + s);
      }
    }
  }

  private void ports() {
    var network = cloud.database("network");
    rows(
        network,
        "SELECT id, device_id, device_owner, host FROM port WHERE device_owner LIKE 'compute:%'",
        r -> {
          var s = servers.get(r.text("device_id"));
          if (s == null) {
            wrong.add("port " + r.text("id") + " of " + r.text("device_id") + ", no server");
          } else if (s.host != null && !s.host.equals(r.text("host"))) {
            wrong.add("port " + r.text("id") + " is bound to " + r.text("host") + " of " + s);
          }
          return null;
        });
    rows(
        network,
        "SELECT port_id, host FROM port_binding",
        r -> wrong.add("port " + r.text("port_id") + " is made ready at " + r.text("host")));
    rows(
        network,
        "SELECT ip, port_id FROM ip_allocation WHERE port_id NOT IN (SELECT id FROM port)",
        r -> wrong.add("address " + r.text("ip") + " of " + r.text("port_id") + ", no port"));
  }

  /** Hosts run what Compute says they run. */
  private void guests() {
    var found = new HashSet<String>();
    for (var host : world.hosts()) {
      for (var guest : cloud.cloud().bus().client(InstanceAgent.class, host).instances()) {
        var s = servers.get(guest.serverId());
        if (s == null) {
          wrong.add("guest " + guest + " on " + host + " is no server");
        } else if (!host.equals(s.host)) {
          if (!s.vm.equals("resized") || !sources.contains(s.id + " " + host)) {
            wrong.add("guest on " + host + " of " + s);
          } else if (guest.power() != welkin.agents.contracts.InstanceState.PowerState.SHUTDOWN) {
            wrong.add("guest runs on " + host + " of " + s);
          }
          continue;
        }
        found.add(guest.serverId());
      }
    }
    for (var s : servers.values()) {
      if (!found.contains(s.id) && !s.vm.equals("error") && !s.vm.equals("building")) {
        wrong.add("no guest of " + s);
      }
    }
  }

  private void quotas() {
    var compute = new TreeMap<String, Long>();
    for (var s : servers.values()) {
      compute.merge("instances of " + s.project, 1L, Long::sum);
      compute.merge("cores of " + s.project, s.needs.getOrDefault("VCPU", 0L), Long::sum);
      compute.merge("ram of " + s.project, s.needs.getOrDefault("MEMORY_MB", 0L), Long::sum);
    }
    count("compute", compute, "server_groups", "SELECT project_id FROM server_group");
    same("compute", compute);

    var network = new TreeMap<String, Long>();
    for (var kind :
        List.of(
            "network",
            "subnet",
            "router",
            "floatingip",
            "security_group",
            "security_group_rule",
            "rbac_policy")) {
      count("network", network, kind, "SELECT project_id FROM " + kind);
    }
    count(
        "network",
        network,
        "port",
        "SELECT project_id FROM port WHERE device_owner <> 'network:dhcp'");
    same("network", network);
  }

  private void count(String service, Map<String, Long> into, String resource, String owners) {
    rows(cloud.database(service), owners, r -> r.text("project_id"))
        .forEach(
            p -> {
              if (p != null && !p.isEmpty()) {
                into.merge(resource + " of " + p, 1L, Long::sum);
              }
            });
  }

  private void same(String service, Map<String, Long> counted) {
    var kept = new TreeMap<String, Long>();
    rows(
        cloud.database(service),
        "SELECT * FROM quota_usage WHERE used <> 0",
        r -> kept.put(r.text("resource") + " of " + r.text("project_id"), r.number("used")));
    counted.values().removeIf(v -> v == 0);
    if (!kept.equals(counted)) {
      wrong.add(service + " has used up " + Json.text(kept) + " but has " + Json.text(counted));
    }
  }
}
