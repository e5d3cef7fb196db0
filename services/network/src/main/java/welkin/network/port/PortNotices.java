package welkin.network.port;

import java.util.List;
import welkin.network.host.ComputeNotifier;
import welkin.network.host.HostLog;
import welkin.network.resource.Resource;
import welkin.store.Sql;

/** Who hears of a port's change: the hosts that must look again, and Compute. */
public final class PortNotices {
  private final HostLog log;
  private final ComputeNotifier compute;

  public PortNotices(HostLog log, ComputeNotifier compute) {
    this.log = log;
    this.compute = compute;
  }

  void made(Sql sql, Resource port) {
    log.port(sql, null, port);
  }

  void changed(Sql sql, Resource before, Resource after) {
    log.port(sql, before, after);
    if (!before.document().path("fixed_ips").equals(after.document().path("fixed_ips"))
        || !before.texts("security_groups").equals(after.texts("security_groups"))) {
      compute.changed(sql, after);
    }
  }

  /** A port is made ready at one more host. */
  void ready(Sql sql, Resource port, String host) {
    log.ready(sql, port, host);
  }

  /** A port is at another host from now on, where it was made ready. */
  void moved(Sql sql, Resource port, String from, String to) {
    log.moved(sql, port, from, to);
  }

  /** A port is not wanted any more at a host where it was ready. */
  void left(Sql sql, Resource port, String host) {
    log.left(sql, port, host);
  }

  void removed(Sql sql, Resource port) {
    log.port(sql, port, null);
    compute.deleted(sql, port);
  }

  void plugged(Sql sql, List<Resource> ports) {
    compute.plugged(sql, ports);
  }

  void unplugged(Sql sql, List<Resource> ports) {
    compute.unplugged(sql, ports);
  }
}
