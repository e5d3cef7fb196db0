package welkin.agents.simulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.agents.contracts.ComputeReports;
import welkin.agents.contracts.HostChanges;
import welkin.agents.contracts.HostReport;
import welkin.agents.contracts.InstanceAgent;
import welkin.agents.contracts.InstanceAgent.PowerAction;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceState;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.agents.contracts.NetworkAgent;
import welkin.agents.contracts.NetworkPlugin;
import welkin.agents.contracts.NicSpec;
import welkin.bus.InProcessBus;
import welkin.core.Exec;
import welkin.core.Fault;
import welkin.core.image.ImageInspector;
import welkin.testkit.ManualClock;

class SimulatedHostsTest {
  private final InProcessBus bus = new InProcessBus();
  private final ManualClock clock = new ManualClock(Instant.parse("2026-01-01T00:00:00Z"));
  private final SimulatedWorld world = new SimulatedWorld(clock);
  private final Services services = new Services();
  private SimulatedHosts hosts;

  /** Both services as far as hosts see them. */
  private static final class Services implements ComputeReports, NetworkPlugin {
    final Map<String, HostReport> alive = new ConcurrentHashMap<>();
    final Map<String, List<AgentReport>> agents = new ConcurrentHashMap<>();
    final Map<String, HostChanges.Port> desired = new ConcurrentHashMap<>();
    final Set<String> up = ConcurrentHashMap.newKeySet();
    final List<String> down = new CopyOnWriteArrayList<>();
    final AtomicInteger pulls = new AtomicInteger();
    final Map<String, Long> cursors = new ConcurrentHashMap<>();
    volatile boolean broken;

    @Override
    public void alive(HostReport report) {
      alive.put(report.host(), report);
    }

    @Override
    public void changed(String host, InstanceState state) {}

    @Override
    public HostChanges changes(String host, long since, boolean entries) {
      pulls.incrementAndGet();
      var mine =
          host.equals("sim-0001") ? List.copyOf(desired.values()) : List.<HostChanges.Port>of();
      return HostChanges.everything(since + 1, List.of(), mine, List.of(), List.of());
    }

    @Override
    public void portsUp(String host, List<String> portIds) {
      if (broken) {
        throw Fault.unavailable("not now", 1);
      }
      up.addAll(portIds);
    }

    @Override
    public void portsDown(String host, List<String> portIds) {
      portIds.forEach(up::remove);
      down.addAll(portIds);
    }

    @Override
    public void alive(String host, List<AgentReport> reports, long cursor) {
      agents.put(host, reports);
      cursors.put(host, cursor);
    }

    @Override
    public PortOwner owner(String networkId, String routerId, String address) {
      return null;
    }
  }

  @BeforeEach
  void start() {
    bus.offer(ComputeReports.class, "", services);
    bus.offer(NetworkPlugin.class, "", services);
    hosts = SimulatedHosts.start(bus, world, 3);
  }

  @AfterEach
  void stop() {
    hosts.close();
    bus.close();
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
      java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
    }
  }

  private InstanceAgent agent(String host) {
    return bus.client(InstanceAgent.class, host);
  }

  private static NicSpec nic() {
    return new NicSpec(UUID.randomUUID().toString(), "net", "fa:16:3e:00:00:01", 1450);
  }

  private static InstanceSpec spec(NicSpec... nics) {
    return new InstanceSpec(
        UUID.randomUUID().toString(),
        "vm",
        "vm",
        "p",
        1,
        512,
        1,
        0,
        0,
        null,
        List.of(nics),
        null,
        Map.of(),
        Map.of());
  }

  private void desire(NicSpec nic) {
    services.desired.put(
        nic.portId(),
        new HostChanges.Port(
            nic.portId(), "net", "s", nic.mac(), true, true, List.of(), List.of(), List.of()));
    bus.client(NetworkAgent.class, "sim-0001").poke();
  }

  @Test
  void hostsGiveSignsOfLife() {
    await(() -> services.alive.size() == 3 && services.agents.size() == 3);
    var r = services.alive.get("sim-0002");
    assertThat(r.hypervisorType()).isEqualTo("fake");
    assertThat(List.of((long) r.vcpus(), r.memoryMb(), r.diskGb()))
        .containsExactly(1000L, 800_000L, 600_000L);
    assertThat(services.agents.get("sim-0002"))
        .extracting(NetworkPlugin.AgentReport::binary)
        .containsExactly(
            "neutron-linuxbridge-agent",
            "neutron-l3-agent",
            "neutron-dhcp-agent",
            "neutron-metadata-agent",
            "neutron-metering-agent");
    services.alive.clear();
    world.hostDown("sim-0002");
    hosts.beatAll();
    await(() -> services.alive.size() == 2);
    assertThat(services.alive).doesNotContainKey("sim-0002");
    assertThatThrownBy(() -> agent("sim-0002").instances())
        .isInstanceOfSatisfying(Fault.class, f -> assertThat(f.status()).isEqualTo(503));
    world.heal();
    assertThat(agent("sim-0002").instances()).isEmpty();
  }

  @Test
  void portsAreUpWhenDesiredAndPlugged() {
    var nic = nic();
    desire(nic);
    var spec = spec(nic);
    agent("sim-0001").spawn(spec);
    await(() -> services.up.contains(nic.portId()));
    agent("sim-0001").power(spec.serverId(), PowerAction.STOP, 0);
    await(() -> !services.up.contains(nic.portId()));
    agent("sim-0001").power(spec.serverId(), PowerAction.START, 0);
    await(() -> services.up.contains(nic.portId()));
    var second = nic();
    agent("sim-0001").attachNic(spec.serverId(), second);
    desire(second);
    await(() -> services.up.contains(second.portId()));
    agent("sim-0001").detachNic(spec.serverId(), second.portId());
    await(() -> !services.up.contains(second.portId()));
    agent("sim-0001").destroy(spec.serverId());
    await(() -> services.up.isEmpty());
  }

  @Test
  void portsThatGoWithTheirGuestAreNotReportedDown() {
    var goes = nic();
    var stays = nic();
    desire(goes);
    desire(stays);
    var spec = spec(goes, stays);
    agent("sim-0001").spawn(spec);
    await(() -> services.up.containsAll(List.of(goes.portId(), stays.portId())));
    agent("sim-0001").destroy(spec.serverId());
    services.desired.remove(goes.portId());
    bus.client(NetworkAgent.class, "sim-0001").poke();
    await(() -> !services.up.contains(stays.portId()));
    assertThat(services.down).containsExactly(stays.portId());
  }

  @Test
  void whatCouldNotBeToldIsToldLater() {
    services.broken = true;
    var nic = nic();
    desire(nic);
    agent("sim-0001").spawn(spec(nic));
    services.broken = false;
    hosts.beatAll();
    await(() -> services.up.contains(nic.portId()));
  }

  @Test
  void aNewControlPlaneFindsTheWorldAsItWas() {
    var nic = nic();
    desire(nic);
    var spec = spec(nic);
    agent("sim-0001").spawn(spec);
    await(() -> services.up.contains(nic.portId()));
    hosts.close();
    services.up.clear();
    assertThat(world.guests()).isEqualTo(1);
    hosts = SimulatedHosts.start(bus, world, 3);
    await(() -> services.up.contains(nic.portId()));
    assertThat(agent("sim-0001").instance(spec.serverId()).power()).isEqualTo(PowerState.PAUSED);
  }

  @Test
  void anIdleHostSaysHowFarItIsAndDoesNotAsk() {
    await(
        () -> {
          hosts.beatAll();
          return services.cursors.size() == 3 && !services.cursors.containsValue(0L);
        });
    int before = services.pulls.get();
    for (int i = 0; i < 50; i++) {
      services.cursors.clear();
      hosts.beatAll();
      await(() -> services.cursors.size() == 3);
    }
    assertThat(services.pulls.get() - before).as("what was under way").isLessThan(10);
    world.hostDown("sim-0002");
    bus.client(NetworkAgent.class, "sim-0002").poke();
    long cursor = services.cursors.get("sim-0002");
    await(
        () -> {
          world.heal();
          hosts.beatAll();
          return services.cursors.get("sim-0002") > cursor;
        });
  }

  @Test
  void pokesAreCoalesced() {
    await(() -> services.pulls.get() >= 3);
    int before = services.pulls.get();
    var poke = bus.client(NetworkAgent.class, "sim-0002");
    for (int i = 0; i < 10_000; i++) {
      poke.poke();
    }
    await(() -> services.pulls.get() > before);
    assertThat(services.pulls.get() - before).isLessThan(10_000);
  }

  @Test
  void faultsAreSwitches() {
    world.failNext("spawn");
    var spec = spec();
    assertThatThrownBy(() -> agent("sim-0001").spawn(spec)).isInstanceOf(Fault.class);
    assertThat(world.guests()).isZero();
    world.loseNextAnswer("spawn");
    assertThatThrownBy(() -> agent("sim-0001").spawn(spec)).isInstanceOf(Fault.class);
    assertThat(world.hostOf(spec.serverId())).isEqualTo("sim-0001");
    agent("sim-0001").spawn(spec);
    world.failNextOn("sim-0002", "spawn", Fault.of(507, "DiskFull", "full"));
    agent("sim-0001").spawn(spec());
    assertThatThrownBy(() -> agent("sim-0002").spawn(spec())).hasMessage("full");
    agent("sim-0002").spawn(spec());
    assertThatThrownBy(() -> world.failNext("spwan")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void delaysFollowTheWorldsClock() throws Exception {
    world.delay("spawn", Duration.ofHours(1));
    var spec = spec();
    var spawning = Thread.startVirtualThread(() -> agent("sim-0001").spawn(spec));
    spawning.join(Duration.ofMillis(50));
    assertThat(world.guests()).isZero();
    clock.advance(Duration.ofHours(2));
    assertThat(spawning.join(Duration.ofSeconds(10))).isTrue();
    assertThat(world.guests()).isEqualTo(1);
  }

  @Test
  void usedResourcesAreCounted() {
    var spec = spec();
    agent("sim-0001").spawn(spec);
    assertThat(agent("sim-0001").describe().memoryUsedMb()).isEqualTo(512);
    agent("sim-0001").destroy(spec.serverId());
    agent("sim-0001").destroy(spec.serverId());
    assertThat(agent("sim-0001").describe().memoryUsedMb()).isZero();
  }

  @Test
  void aBootCostsMicroseconds() {
    var big = new SimulatedWorld(InstantSource.system());
    try (var many = SimulatedHosts.start(new InProcessBus(), big, 2000, "big-")) {
      var agents = new ArrayList<InstanceAgent>();
      many.names().forEach(n -> agents.add(new SimulatedInstanceAgent(big, n)));
      int boots = 50_000;
      long start = System.nanoTime();
      for (int i = 0; i < boots; i++) {
        var spec = spec();
        var agent = agents.get(i % agents.size());
        agent.spawn(spec);
        agent.power(spec.serverId(), PowerAction.RESUME, 0);
      }
      long each = (System.nanoTime() - start) / boots;
      assertThat(big.guests()).isEqualTo(boots);
      assertThat(each).as("nanoseconds a boot").isLessThan(100_000);
    }
  }

  @Test
  void emptyDisksAreSound() {
    for (long gib : new long[] {1, 8, 9, 500}) {
      var inspector = new ImageInspector();
      var disk = EmptyDisk.qcow2(gib << 30);
      inspector.feed(disk, 0, disk.length);
      assertThat(inspector.finish().reason()).isNull();
      assertThat(inspector.finish().virtualSizeBytes()).isEqualTo(gib << 30);
    }
  }

  @Test
  @Tag("real")
  void emptyDisksAreSoundForQemu(@TempDir java.nio.file.Path dir) throws Exception {
    for (long gib : new long[] {1, 8, 9, 500}) {
      var file = java.nio.file.Files.write(dir.resolve("d"), EmptyDisk.qcow2(gib << 30));
      Exec.must("qemu-img", "check", "-f", "qcow2", file.toString());
    }
  }
}
