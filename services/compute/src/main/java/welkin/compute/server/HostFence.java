package welkin.compute.server;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.InstanceAgent.PowerAction;
import welkin.compute.migration.Migration;
import welkin.compute.migration.MigrationStore;
import welkin.core.Fault;

/**
 * Stands before a host that comes back: what was evacuated from it is destroyed there before the
 * host counts as up, so that no server ever runs twice.
 */
public final class HostFence {
  private static final Logger log = LoggerFactory.getLogger(HostFence.class);
  private final Means means;

  public HostFence(Means means) {
    this.means = means;
  }

  /**
   * @return whether nothing is left on the host of what was evacuated from it
   */
  public boolean clear(String host) {
    boolean clear = true;
    for (var m : means.database().read(sql -> MigrationStore.evacuatedFrom(sql, host))) {
      clear &= clear(host, m);
    }
    return clear;
  }

  private boolean clear(String host, Migration m) {
    try {
      var server = means.database().read(sql -> ServerStore.find(sql, m.serverId())).orElse(null);
      if (server == null || !host.equals(server.host())) {
        var agent = means.hosts().agent(host);
        if (server != null && !server.host().equals(host) && !means.hosts().up(server.host())) {
          stop(agent, m); // its new host is away as well: what is here may be all there is
          return true;
        }
        agent.destroy(m.serverId());
        log.info("destroyed server {} on {}, from where it was evacuated", m.serverId(), host);
      }
      means
          .database()
          .change(
              sql -> means.setMigration(sql, m.id(), "status", Migration.COMPLETED, "tidy", true));
      return true;
    } catch (Fault f) {
      log.warn("server {} is still on {}: {}", m.serverId(), host, f.getMessage());
      return false;
    }
  }

  private static void stop(welkin.agents.contracts.InstanceAgent agent, Migration m) {
    try {
      agent.power(m.serverId(), PowerAction.STOP, 0);
    } catch (Fault f) {
      if (f.status() != 404 && f.status() != 409) {
        throw f;
      }
    }
  }
}
