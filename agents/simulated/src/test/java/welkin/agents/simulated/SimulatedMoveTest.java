package welkin.agents.simulated;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import welkin.agents.contracts.ComputeReports;
import welkin.agents.contracts.HostReport;
import welkin.agents.contracts.InstanceAgent;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceState;
import welkin.bus.InProcessBus;
import welkin.testkit.InstanceMoveContract;

/** Moves between simulated hosts, on a world that is kept in a file. */
class SimulatedMoveTest extends InstanceMoveContract {
  private final List<InstanceState> reported = new CopyOnWriteArrayList<>();
  private final InProcessBus bus = new InProcessBus();
  private java.nio.file.Path file;
  private SimulatedWorld world;
  private SimulatedHosts hosts;

  @BeforeEach
  void listen() throws Exception {
    file = java.nio.file.Files.createTempFile("world", ".log");
    bus.offer(
        ComputeReports.class,
        "",
        new ComputeReports() {
          @Override
          public void alive(HostReport report) {}

          @Override
          public void changed(String host, InstanceState state) {
            reported.add(state);
          }
        });
  }

  @AfterEach
  void stop() throws Exception {
    hosts.close();
    bus.close();
    java.nio.file.Files.delete(file);
  }

  @Override
  protected void hosts(boolean sharedStorage) {
    world = SimulatedWorld.kept(file, InstantSource.system());
    world.shareStorage(sharedStorage);
    hosts = SimulatedHosts.start(bus, world, 2);
  }

  @Override
  protected InstanceAgent agent() {
    return bus.client(InstanceAgent.class, "sim-0001");
  }

  @Override
  protected InstanceAgent other() {
    return bus.client(InstanceAgent.class, "sim-0002");
  }

  @Override
  protected void restartAgents() {
    hosts.close();
    var shared = world.sharedStorage();
    var time = world.migrationTime();
    world = SimulatedWorld.kept(file, InstantSource.system());
    world.shareStorage(shared);
    world.migrationsTake(time);
    hosts = SimulatedHosts.start(bus, world, 2);
  }

  @Override
  protected void loseHost() {
    world.hostDown("sim-0001");
    world.crashHost("sim-0001");
  }

  @Override
  protected void returnHost() {
    world.hostUp("sim-0001");
  }

  @Override
  protected List<InstanceState> reported() {
    return reported;
  }

  @Override
  protected InstanceSpec busySpec() {
    world.migrationsTake(Duration.ofHours(1));
    return spec();
  }

  @Override
  protected String banner() {
    return "guest login:";
  }
}
