package welkin.network.port;

import java.util.List;
import java.util.Optional;
import welkin.store.Row;
import welkin.store.Sql;

/** SQL of the inactive bindings; the active one is in its port's row. */
final class BindingStore {
  private BindingStore() {}

  private static PortBinding map(Row r) throws java.sql.SQLException {
    return new PortBinding(
        r.text("port_id"),
        r.text("host"),
        r.text("vif_type"),
        r.json("vif_details"),
        r.text("vnic_type"),
        r.json("profile"),
        r.flag("plugged"));
  }

  static List<PortBinding> of(Sql sql, String portId) {
    return sql.list(
        "SELECT * FROM port_binding WHERE port_id = ? ORDER BY host", BindingStore::map, portId);
  }

  static Optional<PortBinding> find(Sql sql, String portId, String host) {
    return sql.one(
        "SELECT * FROM port_binding WHERE port_id = ? AND host = ?",
        BindingStore::map,
        portId,
        host);
  }

  static void insert(Sql sql, PortBinding b) {
    sql.insert(
        "port_binding",
        "port_id",
        b.portId(),
        "host",
        b.host(),
        "vif_type",
        b.vifType(),
        "vif_details",
        b.vifDetails(),
        "vnic_type",
        b.vnicType(),
        "profile",
        b.profile(),
        "plugged",
        b.plugged());
  }

  static void update(Sql sql, PortBinding b) {
    sql.update(
        "UPDATE port_binding SET vif_type = ?, vif_details = ?, vnic_type = ?, profile = ? WHERE"
            + " port_id = ? AND host = ?",
        b.vifType(),
        b.vifDetails(),
        b.vnicType(),
        b.profile(),
        b.portId(),
        b.host());
  }

  /** Says whether a host has wired the device; false when there is no such binding. */
  static boolean plugged(Sql sql, String portId, String host, boolean plugged) {
    return sql.update(
            "UPDATE port_binding SET plugged = ? WHERE port_id = ? AND host = ?",
            plugged,
            portId,
            host)
        > 0;
  }

  static void delete(Sql sql, String portId, String host) {
    sql.update("DELETE FROM port_binding WHERE port_id = ? AND host = ?", portId, host);
  }

  static void deleteAll(Sql sql, String portId) {
    sql.send("DELETE FROM port_binding WHERE port_id = ?", portId);
  }
}
