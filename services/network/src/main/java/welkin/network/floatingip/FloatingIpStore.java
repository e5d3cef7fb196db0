package welkin.network.floatingip;

import java.util.List;
import java.util.Set;
import welkin.network.host.HostLog;
import welkin.network.resource.Journal;
import welkin.network.resource.Resource;
import welkin.network.resource.ResourceStore;
import welkin.network.resource.ResourceStore.Column;
import welkin.store.Sql;

/** Floating addresses. */
public final class FloatingIpStore {
  private final ResourceStore rows;

  public FloatingIpStore(Journal journal) {
    rows =
        new ResourceStore(
            journal,
            "floatingip",
            "floatingip",
            "NULL",
            Set.of(),
            Column.text("floating_network_id"),
            Column.text("floating_ip_address"),
            Column.text("floating_port_id"),
            Column.text("port_id"),
            Column.text("fixed_ip_address"),
            Column.text("router_id"),
            Column.text("status"),
            Column.text("description"));
  }

  public ResourceStore rows() {
    return rows;
  }

  public List<Resource> ofPort(Sql sql, String portId) {
    return rows.where(sql, "port_id", portId);
  }

  public List<Resource> ofRouter(Sql sql, String routerId) {
    return rows.where(sql, "router_id", routerId);
  }

  /** The floating addresses of a router work while a host plays it. */
  public void serve(Sql sql, String routerId, boolean played) {
    var status = played ? "ACTIVE" : "DOWN";
    for (var f : ofRouter(sql, routerId)) {
      if (!status.equals(f.text("status"))) {
        rows.update(sql, f, f.copy().set("status", status));
      }
    }
  }

  /**
   * Lets go of floating addresses whose port goes, or loses the address.
   *
   * @param fixedIp null for all addresses of the port
   */
  public void loseAddress(Sql sql, HostLog log, String portId, String fixedIp) {
    for (var f : ofPort(sql, portId)) {
      if (fixedIp == null || fixedIp.equals(f.text("fixed_ip_address"))) {
        detach(sql, log, f);
      }
    }
  }

  /** Takes a floating address off its port. */
  Resource detach(Sql sql, HostLog log, Resource floating) {
    var next = floating.copy().set("status", "DOWN");
    next.document().putNull("port_id").putNull("fixed_ip_address").putNull("router_id");
    rows.update(sql, floating, next);
    var router = floating.text("router_id");
    if (router != null) {
      touchRouter(sql, log, router);
    }
    return next;
  }

  static void touchRouter(Sql sql, HostLog log, String routerId) {
    sql.one("SELECT host FROM router WHERE id = ?", r -> String.valueOf(r.text("host")), routerId)
        .filter(h -> !h.equals("null"))
        .ifPresent(h -> log.touch(sql, h, HostLog.ROUTER, routerId));
  }
}
