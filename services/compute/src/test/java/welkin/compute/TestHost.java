package welkin.compute;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import welkin.agents.contracts.HostReport;
import welkin.agents.contracts.ImageTarget;
import welkin.agents.contracts.InstanceAgent;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceState;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.agents.contracts.LiveOptions;
import welkin.agents.contracts.MigrationProgress;
import welkin.agents.contracts.MoveTicket;
import welkin.agents.contracts.NicSpec;
import welkin.core.Fault;

/** A host that is a map of guests; it says when a port is wired, as the network's agent would. */
final class TestHost implements InstanceAgent {
  final String name;
  final Map<String, InstanceSpec> specs = new ConcurrentHashMap<>();
  final Map<String, InstanceState> guests = new ConcurrentHashMap<>();
  final Map<String, Integer> nics = new ConcurrentHashMap<>();
  volatile String refuseSpawn;
  private final BiConsumer<String, String> wired;

  /**
   * @param wired server and port
   */
  TestHost(String name, BiConsumer<String, String> wired) {
    this.name = name;
    this.wired = wired;
  }

  @Override
  public HostReport describe() {
    return new HostReport(
        name,
        "fake",
        1,
        "{\"arch\":\"x86_64\"}",
        8,
        4608,
        0,
        100,
        0,
        "192.0.2.1",
        List.of(),
        "tcg",
        name + "-storage",
        " 00:00:00 up 1 day,  0 users,  load average: 0.00, 0.00, 0.00");
  }

  /** It is up by word, and answers no call: it was cut off just now. */
  volatile boolean silent;

  /** Its guests end as soon as they are made. */
  volatile boolean mortal;

  private InstanceState guest(String id) {
    var guest = guests.get(id);
    if (guest == null) {
      throw Fault.notFound("no guest " + id).named("InstanceNotFound");
    }
    return guest;
  }

  @Override
  public void spawn(InstanceSpec spec) {
    if (refuseSpawn != null) {
      throw Fault.of(507, "DiskFull", refuseSpawn);
    }
    specs.put(spec.serverId(), spec);
    guests.putIfAbsent(
        spec.serverId(), new InstanceState(spec.serverId(), PowerState.PAUSED, null));
    if (mortal) {
      become(spec.serverId(), PowerState.CRASHED, "the hypervisor process died");
      return;
    }
    spec.nics().forEach(n -> wired.accept(spec.serverId(), n.portId()));
  }

  @Override
  public void destroy(String serverId) {
    if (silent) {
      throw Fault.of(504, "GatewayTimeout", "gave no sign for 12 s.");
    }
    specs.remove(serverId);
    guests.remove(serverId);
    nics.remove(serverId);
  }

  @Override
  public void power(String serverId, PowerAction action, int graceSeconds) {
    guest(serverId);
    var state =
        switch (action) {
          case START, RESUME, RESTORE, REBOOT_SOFT, REBOOT_HARD -> PowerState.RUNNING;
          case STOP -> PowerState.SHUTDOWN;
          case PAUSE -> PowerState.PAUSED;
          case SUSPEND -> PowerState.SUSPENDED;
        };
    become(serverId, state, null);
  }

  void become(String serverId, PowerState state, String reason) {
    guests.put(serverId, new InstanceState(serverId, state, reason));
  }

  @Override
  public List<InstanceState> instances() {
    return List.copyOf(guests.values());
  }

  @Override
  public InstanceState instance(String serverId) {
    return guest(serverId);
  }

  @Override
  public String consoleLog(String serverId, Integer lines) {
    guest(serverId);
    return "login: ";
  }

  @Override
  public void attachNic(String serverId, NicSpec nic) {
    guest(serverId);
    nics.merge(serverId, 1, Integer::sum);
  }

  @Override
  public void detachNic(String serverId, String portId) {
    if (guests.containsKey(serverId)) {
      nics.merge(serverId, -1, Integer::sum);
    }
  }

  @Override
  public void snapshot(String serverId, ImageTarget target) {
    guest(serverId);
  }

  @Override
  public void update(InstanceSpec spec) {
    specs.put(spec.serverId(), spec);
  }

  @Override
  public Map<String, Object> diagnostics(String serverId) {
    guest(serverId);
    return new HashMap<>(Map.of("state", "running"));
  }

  // moving is tried with simulated hosts

  private static Fault immovable() {
    return Fault.of(501, "NotImplemented", "This host's guests cannot move.");
  }

  @Override
  public MoveTicket openDisks(String serverId) {
    throw immovable();
  }

  @Override
  public void closeDisks(String serverId) {}

  @Override
  public void adopt(InstanceSpec spec, MoveTicket from) {
    throw immovable();
  }

  @Override
  public MoveTicket prepareIncoming(InstanceSpec spec, MoveTicket from, boolean block) {
    throw immovable();
  }

  @Override
  public void migrateLive(String serverId, MoveTicket to, LiveOptions options) {
    throw immovable();
  }

  @Override
  public MigrationProgress migration(String serverId) {
    throw immovable();
  }

  @Override
  public void networkMoved(String serverId) {
    throw immovable();
  }

  @Override
  public void abortMigration(String serverId) {
    throw immovable();
  }

  @Override
  public void forceComplete(String serverId) {
    throw immovable();
  }

  @Override
  public void completeIncoming(String serverId) {
    throw immovable();
  }
}
