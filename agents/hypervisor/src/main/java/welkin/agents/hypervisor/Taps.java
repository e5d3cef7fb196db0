package welkin.agents.hypervisor;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.NicSpec;
import welkin.core.Exec;
import welkin.core.Fault;
import welkin.core.Json;

/**
 * The host's ends of guests' network devices. They are made here in the root namespace, owned by
 * the user QEMU runs as, and left down: the network agent moves each into its own namespace and
 * wires it there; until then the host itself must not hear the guest.
 */
final class Taps {
  private static final Logger log = LoggerFactory.getLogger(Taps.class);
  private static final List<String> COUNTERS = List.of("bytes", "packets", "errors", "dropped");

  private final int uid;
  private final String namespace;

  Taps(int uid, String namespace) {
    this.uid = uid;
    this.namespace = namespace;
  }

  /** Makes the device of a port, or takes the one that is there. */
  void ensure(NicSpec nic) {
    var name = nic.deviceName();
    var made =
        Exec.run("ip", "tuntap", "add", "dev", name, "mode", "tap", "user", Integer.toString(uid));
    if (!made.ok() && !here(name)) {
      throw Fault.of(
          500, "TapFailed", "cannot make network device " + name + ": " + made.err().strip());
    }
    if (nic.mtu() > 0) {
      Exec.must("ip", "link", "set", "dev", name, "mtu", Integer.toString(nic.mtu()));
    }
  }

  /** Removes the device if it is still where it was made; elsewhere it is the network agent's. */
  void remove(NicSpec nic) {
    var name = nic.deviceName();
    if (here(name)) {
      var r = Exec.run("ip", "link", "del", "dev", name);
      if (!r.ok() && here(name)) {
        log.warn("network device {} stays: {}", name, r.err().strip());
      }
    }
  }

  /** Whether a tap device of that name is in the root namespace. */
  boolean here(String name) {
    return Files.exists(Path.of("/sys/class/net", name, "tun_flags"));
  }

  /**
   * A device's counters as the guest sees them (what the host receives, the guest has sent), under
   * upstream's names; empty when the device is not to be found.
   */
  Map<String, Object> counters(NicSpec nic) {
    var r =
        Exec.run(
            Duration.ofSeconds(5),
            null,
            here(nic.deviceName())
                ? List.of("ip", "-s", "-j", "link", "show", "dev", nic.deviceName())
                : List.of(
                    "ip", "-n", namespace, "-s", "-j", "link", "show", "dev", nic.deviceName()));
    var counters = new LinkedHashMap<String, Object>();
    if (r.ok()) {
      var stats = Json.parse(r.out()).path(0).path("stats64");
      for (var side : List.of("rx", "tx")) {
        var host = stats.path(side.equals("rx") ? "tx" : "rx");
        for (var counter : COUNTERS) {
          var name =
              switch (counter) {
                case "bytes" -> side;
                case "dropped" -> side + "_drop";
                default -> side + "_" + counter;
              };
          counters.put(nic.deviceName() + "_" + name, host.path(counter).asLong(0));
        }
      }
    }
    return counters;
  }
}
