package welkin.agents.simulated;

import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import welkin.agents.contracts.ComputeReports;
import welkin.agents.contracts.HostReport;
import welkin.agents.contracts.InstanceAgent;
import welkin.agents.contracts.InstanceState;
import welkin.bus.InProcessBus;
import welkin.testkit.InstanceAgentContract;

/** The contract of instance agents, kept by simulated hosts. */
class SimulatedInstanceAgentTest extends InstanceAgentContract {
  private final List<InstanceState> reported = new CopyOnWriteArrayList<>();
  private final SimulatedWorld world = new SimulatedWorld(InstantSource.system());
  private final InProcessBus bus = new InProcessBus();
  private SimulatedHosts hosts;

  @BeforeEach
  void start() {
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
    hosts = SimulatedHosts.start(bus, world, 1);
  }

  @AfterEach
  void stop() {
    hosts.close();
    bus.close();
  }

  @Override
  protected InstanceAgent agent() {
    return bus.client(InstanceAgent.class, "sim-0001");
  }

  @Override
  protected void restartAgent() {
    hosts.close();
    hosts = SimulatedHosts.start(bus, world, 1);
  }

  @Override
  protected List<InstanceState> reported() {
    return reported;
  }

  @Override
  protected void powerOffFromInside(String serverId) {
    world.powerOff(serverId);
  }

  @Override
  protected void rebootFromInside(String serverId) {
    world.reboot(serverId);
  }

  @Override
  protected void crash(String serverId) {
    world.crash(serverId);
  }

  @Override
  protected String banner() {
    return "guest login:";
  }
}
