package welkin.compute.server;

import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;

/** Diagnostics as they are the same for every hypervisor since 2.48, from its own counters. */
final class Diagnostics {
  private Diagnostics() {}

  static ObjectNode of(Server server, String hypervisor, Map<String, Object> counters) {
    var out =
        Json.object()
            .put("state", state(server.powerState()))
            .put("driver", "libvirt")
            .put("hypervisor", hypervisor.toLowerCase(java.util.Locale.ROOT))
            .put("hypervisor_os", "linux")
            .putNull("uptime")
            .put("config_drive", server.configDrive());
    cpus(out, server, counters);
    disks(out, counters);
    nics(out, server, counters);
    out.putObject("memory_details")
        .put("maximum", server.flavor().ramMb())
        .put("used", number(counters, "memory-rss", "memory") / 1024);
    return out;
  }

  private static String state(int power) {
    return switch (power) {
      case 1 -> "running";
      case 3 -> "paused";
      case 4 -> "shutdown";
      case 6 -> "crashed";
      case 7 -> "suspended";
      default -> "pending";
    };
  }

  private static long number(Map<String, Object> counters, String... names) {
    for (var name : names) {
      if (counters.get(name) instanceof Number n) {
        return n.longValue();
      }
    }
    return 0;
  }

  private static void cpus(ObjectNode out, Server server, Map<String, Object> counters) {
    out.put("num_cpus", server.flavor().vcpus());
    var array = out.putArray("cpu_details");
    for (int i = 0; i < server.flavor().vcpus(); i++) {
      array.add(
          Json.object()
              .put("id", i)
              .put("time", number(counters, "cpu" + i + "_time"))
              .putNull("utilisation"));
    }
  }

  /** Disks by the prefix of their counters, {@code vda_read} and the like. */
  private static void disks(ObjectNode out, Map<String, Object> counters) {
    var names = new TreeMap<String, Boolean>();
    for (var key : counters.keySet()) {
      if (key.endsWith("_read_req")) {
        names.put(key.substring(0, key.length() - "_read_req".length()), true);
      }
    }
    out.put("num_disks", names.size());
    var array = out.putArray("disk_details");
    for (var disk : names.keySet()) {
      array.add(
          Json.object()
              .put("read_bytes", number(counters, disk + "_read"))
              .put("read_requests", number(counters, disk + "_read_req"))
              .put("write_bytes", number(counters, disk + "_write"))
              .put("write_requests", number(counters, disk + "_write_req"))
              .put("errors_count", number(counters, disk + "_errors")));
    }
  }

  private static void nics(ObjectNode out, Server server, Map<String, Object> counters) {
    out.put("num_nics", server.nics().size());
    var array = out.putArray("nic_details");
    for (var nic : server.nics()) {
      var device = GuestSpecs.nic(nic).deviceName();
      var one = Json.object().put("mac_address", nic.mac());
      for (var way : new String[] {"rx", "tx"}) {
        one.put(way + "_octets", number(counters, device + "_" + way))
            .put(way + "_packets", number(counters, device + "_" + way + "_packets"))
            .put(way + "_errors", number(counters, device + "_" + way + "_errors"))
            .put(way + "_drop", number(counters, device + "_" + way + "_drop"))
            .putNull(way + "_rate");
      }
      array.add(one);
    }
  }
}
