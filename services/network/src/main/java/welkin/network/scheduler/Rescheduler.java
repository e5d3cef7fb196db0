package welkin.network.scheduler;

import java.util.List;
import welkin.core.Config;
import welkin.network.dhcp.DhcpServers;
import welkin.network.router.RouterHosts;
import welkin.store.Database;

/** Gives what waits for a host to one, and what a dead host had to a living one. */
public final class Rescheduler {
  private static final Config.Key<Boolean> L3_FAILOVER =
      Config.Key.flag(
          "network.allow_automatic_l3agent_failover",
          true,
          "Whether the routers of a dead L3 agent go to another host.");
  private static final Config.Key<Boolean> DHCP_FAILOVER =
      Config.Key.flag(
          "network.allow_automatic_dhcp_failover",
          true,
          "Whether the DHCP servers of a dead DHCP agent go to another host.");

  private final Database database;
  private final Config config;
  private final DhcpServers dhcp;
  private final RouterHosts routers;

  public Rescheduler(Database database, Config config, DhcpServers dhcp, RouterHosts routers) {
    this.database = database;
    this.config = config;
    this.dhcp = dhcp;
    this.routers = routers;
  }

  public static List<Config.Key<?>> options() {
    return List.of(L3_FAILOVER, DHCP_FAILOVER);
  }

  /** Looks once, each thing in a transaction of its own. */
  public void run() {
    for (var id : database.read(dhcp::waiting)) {
      database.change(sql -> dhcp.settle(sql, id));
    }
    for (var id : database.read(routers::waiting)) {
      database.change(sql -> routers.place(sql, id));
    }
    if (config.get(DHCP_FAILOVER)) {
      database.read(dhcp::stranded).forEach(id -> database.change(sql -> dhcp.rescue(sql, id)));
    }
    if (config.get(L3_FAILOVER)) {
      database
          .read(routers::stranded)
          .forEach(id -> database.change(sql -> routers.rescue(sql, id)));
    }
  }
}
