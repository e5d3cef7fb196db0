package welkin.agents.simulated;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceState;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.agents.contracts.NicSpec;

/** A guest; guarded by itself. */
final class SimulatedGuest {
  final Instant made;
  InstanceSpec spec;
  final Map<String, NicSpec> nics = new LinkedHashMap<>();
  PowerState power = PowerState.PAUSED;
  String reason;
  int boots;

  /** Written under the lock of {@link SimulatedMoves} only. */
  volatile SimulatedMoves.Moving moving = SimulatedMoves.Moving.NOT;

  SimulatedGuest(InstanceSpec spec, Instant made) {
    this.spec = spec;
    this.made = made;
    if (spec.nics() != null) {
      spec.nics().forEach(n -> nics.put(n.portId(), n));
    }
  }

  /** Whether it has a process, and so network devices. */
  boolean isOn() {
    return power == PowerState.RUNNING || power == PowerState.PAUSED;
  }

  InstanceState state() {
    return new InstanceState(spec.serverId(), power, reason);
  }

  /** What a small cloud image prints, once a boot; the last line has no end, it is a prompt. */
  String console() {
    if (boots == 0) {
      return "";
    }
    var name = spec.hostname() == null ? "localhost" : spec.hostname();
    int shown = Math.min(boots, 64);
    var b = new StringBuilder(900 * shown);
    for (int i = 0; i < shown; i++) {
      b.append(i == 0 ? "" : "\n")
          .append(
              """
              SeaBIOS (version simulated)
              Booting from Hard Disk...
              [    0.000000] Linux version 6.1.0-welkin (simulated) #1 SMP
              [    0.000000] Command line: root=LABEL=rootfs console=tty1 console=ttyS0
              """)
          .append("[    0.004211] smpboot: Allowing ")
          .append(spec.vcpus())
          .append(" CPUs\n[    0.021873] Memory: ")
          .append(spec.memoryMb() * 1024L)
          .append(
              """
              K available
              [    0.413906] virtio_blk virtio1: [vda] mounted root file system
              """);
      int n = 0;
      for (var nic : nics.values()) {
        b.append(
            "[    0.9%05d] virtio_net: eth%d: %s mtu %d%n".formatted(n, n, nic.mac(), nic.mtu()));
        n++;
      }
      b.append(
              """
              === system information ===
              Platform: simulated
              === cloud-init: datasource found, user data applied ===

              """)
          .append(name)
          .append(" login: ");
    }
    return b.toString();
  }
}
