package welkin.agents.simulated;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.ComputeReports;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceState;
import welkin.core.Fault;

/** A host's state: its guests and the network devices they have plugged. */
final class SimulatedHost {
  private static final Logger log = LoggerFactory.getLogger(SimulatedHost.class);

  final String name;
  final int number;
  final ConcurrentMap<String, SimulatedGuest> guests = new ConcurrentHashMap<>();
  final Set<String> plugged = ConcurrentHashMap.newKeySet();
  final AtomicLong usedMb = new AtomicLong();
  final AtomicLong usedGb = new AtomicLong();

  /** Whoever is the agent now. */
  volatile ComputeReports reports;

  volatile Runnable wiring = () -> {};

  /**
   * @param order its place among the hosts, for a name that does not end in a number; otherwise its
   *     address would change when the world is read from its file
   */
  SimulatedHost(String name, int order) {
    this.name = name;
    int from = name.length();
    while (from > 0 && name.length() - from < 6 && Character.isDigit(name.charAt(from - 1))) {
      from--;
    }
    this.number = from < name.length() ? Integer.parseInt(name.substring(from)) : order;
  }

  SimulatedGuest guest(String serverId) {
    var g = guests.get(serverId);
    if (g == null) {
      throw Fault.of(
          404, "InstanceNotFound", "Server " + serverId + " is not on host '" + name + "'.");
    }
    return g;
  }

  /** An address of the block that is set aside for such purposes (RFC 2544). */
  String ip() {
    return "198.18." + (number >> 8 & 255) + "." + (number & 255);
  }

  /** Counts what a guest takes (1) or gives back (-1). */
  void use(InstanceSpec spec, int sign) {
    usedMb.addAndGet((long) sign * spec.memoryMb());
    usedGb.addAndGet((long) sign * (spec.rootGb() + spec.ephemeralGb()));
  }

  /** Brings the plugged devices in line with a guest's state. */
  void plugged(SimulatedGuest guest) {
    boolean changed = false;
    synchronized (guest) {
      boolean on = guest.isOn() && guests.get(guest.spec.serverId()) == guest;
      for (var port : guest.nics.keySet()) {
        changed |= on ? plugged.add(port) : plugged.remove(port);
      }
    }
    if (changed) {
      wiring.run();
    }
  }

  void unplug(String portId) {
    if (plugged.remove(portId)) {
      wiring.run();
    }
  }

  void report(InstanceState state) {
    var to = reports;
    if (to != null) {
      try {
        to.changed(name, state);
      } catch (Fault e) {
        log.debug("{} cannot report a change now: {}", name, e.getMessage());
      }
    }
  }
}
