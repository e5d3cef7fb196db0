package welkin.network;

import java.util.List;
import welkin.agents.contracts.NetworkPlugin;
import welkin.bus.Bus;
import welkin.core.Config;
import welkin.network.agent.Agents;
import welkin.network.host.ComputeNotifier;
import welkin.network.host.HostPlugin;
import welkin.network.host.HostPokes;
import welkin.network.host.Upkeep;
import welkin.network.port.PortBindings;
import welkin.network.resource.Journal;
import welkin.network.router.RouterHosts;
import welkin.network.scheduler.Rescheduler;
import welkin.peers.Platform;
import welkin.workflow.Turns;

/** The hosts, their agents, and who tells whom: agent, host, scheduler. */
final class HostPart implements AutoCloseable {
  private static final Config.Key<Integer> AGENT_DOWN_TIME =
      Config.Key.number(
          "network.agent_down_time",
          75,
          "Seconds of silence after which an agent is taken for dead.");

  private final Platform platform;
  private final Backend backend;
  private final Agents agents;
  private final ComputeNotifier compute;
  private final HostPokes pokes;
  private boolean started;
  private Bus.Registration offer;

  HostPart(Platform platform, Backend backend, Journal journal) {
    var database = backend.database();
    this.platform = platform;
    this.backend = backend;
    agents = new Agents(database, journal, platform.config().get(AGENT_DOWN_TIME));
    compute = new ComputeNotifier(database, platform.ids(), platform.peers());
    pokes = new HostPokes(database, platform.bus(), backend.log());
  }

  static List<Config.Key<?>> options() {
    return List.of(AGENT_DOWN_TIME);
  }

  Agents agents() {
    return agents;
  }

  ComputeNotifier compute() {
    return compute;
  }

  /**
   * @param worker whether this process hears the hosts and repairs; every process that changes
   *     something tells them of it
   */
  void start(boolean worker, PortBindings bindings, RouterHosts routers, Rescheduler rescheduler) {
    started = true;
    pokes.start();
    compute.start();
    if (!worker) {
      agents.follow(() -> false);
      return;
    }
    var database = backend.database();
    var turns = new Turns(database, platform.ids());
    var upkeep = new Upkeep(database, pokes, compute, agents, turns, rescheduler::run);
    var bus = platform.bus();
    var plugin =
        new HostPlugin(
            database, backend.stores(), backend.log(), agents, bindings, routers, pokes, upkeep);
    offer = bus.offer(NetworkPlugin.class, "", plugin);
    agents.follow(() -> bus.trouble() == null);
    upkeep.start();
    plugin.start();
  }

  @Override
  public void close() {
    if (started) {
      if (offer != null) {
        offer.close();
      }
      pokes.close();
      agents.close();
      compute.close();
    }
  }
}
