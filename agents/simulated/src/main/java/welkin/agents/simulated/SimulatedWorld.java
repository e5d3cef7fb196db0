package welkin.agents.simulated;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import welkin.agents.contracts.InstanceState;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.core.Fault;

/**
 * Everything simulated hosts are and have, and the switches that make them misbehave. It outlives
 * the agents: a test may end agents and control plane and start them anew on the same world, as
 * guests outlive a crashed agent.
 */
public final class SimulatedWorld {
  private final InstantSource clock;
  private final ConcurrentMap<String, SimulatedHost> hosts = new ConcurrentHashMap<>();
  private final Switches switches;
  private final SimulatedMoves moves = new SimulatedMoves(this);
  private final Instant began;
  private volatile boolean sharedStorage;
  private volatile Duration migrationTime = Duration.ZERO;
  private WorldJournal journal;

  /**
   * @param clock what delays and boot times are measured by
   */
  public SimulatedWorld(InstantSource clock) {
    this.clock = clock;
    this.began = clock.instant();
    this.switches = new Switches(clock);
  }

  /** A world that is kept in a file and outlives the process. */
  public static SimulatedWorld kept(Path file, InstantSource clock) {
    var world = new SimulatedWorld(clock);
    world.journal = new WorldJournal(file, world);
    return world;
  }

  /** A guest changed: its state is kept, where this world is. */
  void changed(SimulatedHost host, String serverId) {
    if (journal != null) {
      journal.keep(host, serverId);
    }
  }

  InstantSource clock() {
    return clock;
  }

  Switches switches() {
    return switches;
  }

  Instant began() {
    return began;
  }

  SimulatedMoves moves() {
    return moves;
  }

  /**
   * Whether all hosts keep their guests' disks on one storage, so that a guest can be taken over
   * from a dead host; at first each has its own.
   */
  public void shareStorage(boolean shared) {
    sharedStorage = shared;
  }

  boolean sharedStorage() {
    return sharedStorage;
  }

  /** The id of the storage a host keeps disks on. */
  String storageId(SimulatedHost host) {
    var name = sharedStorage ? "shared storage" : "storage of " + host.name;
    return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).toString();
  }

  /** How long live migrations take from now on, by the world's clock; at first no time at all. */
  public void migrationsTake(Duration time) {
    migrationTime = time;
  }

  Duration migrationTime() {
    return migrationTime;
  }

  /** The host of this name, made when it is first spoken of. */
  SimulatedHost host(String name) {
    return hosts.computeIfAbsent(name, n -> new SimulatedHost(n, hosts.size() + 1));
  }

  /** The names of all hosts. */
  public Collection<String> hosts() {
    return List.copyOf(hosts.keySet());
  }

  /** How many guests there are on all hosts, running or not. */
  public int guests() {
    return hosts.values().stream().mapToInt(h -> h.guests.size()).sum();
  }

  /** The host a guest is on, or null. */
  public String hostOf(String serverId) {
    String any = null;
    for (var h : hosts.values()) {
      var g = h.guests.get(serverId);
      if (g != null && SimulatedMoves.belongs(g)) {
        return h.name;
      }
      any = g == null ? any : h.name;
    }
    return any;
  }

  // ---- switches ----

  /**
   * The next call of an operation (a method of {@code InstanceAgent}: spawn, power ...) fails with
   * 500 and has no effect.
   */
  public void failNext(String operation) {
    failNext(operation, Switches.standard(operation));
  }

  public void failNext(String operation, Fault fault) {
    switches.failNext(operation, null, fault, false);
  }

  /** The next call of an operation on one host fails. */
  public void failNextOn(String host, String operation, Fault fault) {
    switches.failNext(operation, host, fault, false);
  }

  /** The next call of an operation does its work, and then its answer gets lost. */
  public void loseNextAnswer(String operation) {
    switches.failNext(
        operation,
        null,
        Fault.unavailable("Simulated fault: the answer of " + operation + " got lost.", 1),
        true);
  }

  /** Every call of an operation fails until {@link #heal}. */
  public void failAlways(String operation, Fault fault) {
    switches.failAlways(operation, fault);
  }

  /** Every call of an operation takes this long, by the world's clock. */
  public void delay(String operation, Duration by) {
    switches.delay(operation, by);
  }

  /** The host answers nothing and gives no signs of life; its guests run on. */
  public void hostDown(String host) {
    switches.host(host, false);
  }

  public void hostUp(String host) {
    switches.host(host, true);
  }

  /** All switches off. */
  public void heal() {
    switches.heal();
  }

  // ---- what guests do by themselves ----

  /** A running guest shuts itself down. */
  public void powerOff(String serverId) {
    happens(serverId, PowerState.SHUTDOWN, "the guest shut itself down");
  }

  /** A running guest reboots itself. */
  public void reboot(String serverId) {
    happens(serverId, PowerState.RUNNING, "the guest rebooted itself");
  }

  /** A guest's process dies. */
  public void crash(String serverId) {
    happens(serverId, PowerState.CRASHED, "the hypervisor process died");
  }

  /** A host loses power: all its guests are off when it comes back. */
  public void crashHost(String name) {
    host(name).guests.keySet().forEach(this::crash);
  }

  private void happens(String serverId, PowerState power, String reason) {
    var name = hostOf(serverId);
    if (name == null) {
      throw Fault.of(404, "InstanceNotFound", "There is no server " + serverId + ".");
    }
    var host = host(name);
    var guest = host.guest(serverId);
    InstanceState state;
    synchronized (guest) {
      if (!guest.isOn()) {
        return;
      }
      guest.power = power;
      guest.reason = reason;
      if (power == PowerState.RUNNING) {
        guest.boots++;
      }
      state = guest.state();
    }
    changed(host, serverId);
    host.plugged(guest);
    host.report(state);
  }
}
