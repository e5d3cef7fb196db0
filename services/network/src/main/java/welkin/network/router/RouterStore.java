package welkin.network.router;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import welkin.network.resource.Journal;
import welkin.network.resource.Resource;
import welkin.network.resource.ResourceStore;
import welkin.network.resource.ResourceStore.Column;
import welkin.store.ByIds;
import welkin.store.Sql;
import welkin.store.Times;

/** Routers, their legs and their hosts. */
public final class RouterStore {
  /**
   * A router's port.
   *
   * @param gateway whether it is the leg in the external network
   */
  public record Leg(String portId, String routerId, String networkId, boolean gateway) {}

  private final ResourceStore rows;

  public RouterStore(Journal journal) {
    rows =
        new ResourceStore(
            journal,
            "router",
            "router",
            "NULL",
            Set.of("distributed", "ha"),
            Column.text("name"),
            Column.text("description"),
            Column.text("status"),
            Column.flag("admin_state_up"));
  }

  public ResourceStore rows() {
    return rows;
  }

  public Optional<Resource> find(Sql sql, String id) {
    return rows.find(sql, id);
  }

  private static final String LEG =
      "SELECT port_id, router_id, network_id, gateway FROM router_leg";

  private static Leg leg(welkin.store.Row r) throws java.sql.SQLException {
    return new Leg(r.text("port_id"), r.text("router_id"), r.text("network_id"), r.flag("gateway"));
  }

  public List<Leg> legs(Sql sql, String routerId) {
    return sql.list(LEG + " WHERE router_id = ? ORDER BY port_id", RouterStore::leg, routerId);
  }

  /** Legs in a network. */
  public List<Leg> legsIn(Sql sql, String networkId) {
    return sql.list(LEG + " WHERE network_id = ? ORDER BY port_id", RouterStore::leg, networkId);
  }

  void addLeg(Sql sql, Leg leg) {
    sql.insert(
        "router_leg",
        "port_id",
        leg.portId,
        "router_id",
        leg.routerId,
        "network_id",
        leg.networkId,
        "gateway",
        leg.gateway);
  }

  void dropLeg(Sql sql, String portId) {
    sql.update("DELETE FROM router_leg WHERE port_id = ?", portId);
  }

  /** The host that plays a router; empty when none does. */
  public Optional<String> host(Sql sql, String routerId) {
    return sql.one(
            "SELECT host FROM router WHERE id = ?",
            r -> Optional.ofNullable(r.text("host")),
            routerId)
        .flatMap(h -> h);
  }

  /** Of these routers the ones with a host. */
  Set<String> hosted(Sql sql, List<String> ids) {
    return Set.copyOf(
        ByIds.list(
            sql,
            "SELECT id FROM router WHERE host IS NOT NULL AND id IN ",
            ids,
            r -> r.text("id")));
  }

  void setHost(Sql sql, String routerId, String host) {
    sql.update("UPDATE router SET host = ? WHERE id = ?", host, routerId);
  }

  /**
   * The host that makes a router ready to play it next.
   *
   * @param since when it was asked to, in microseconds by the database's clock
   */
  public record Next(String host, long since) {}

  /** Empty while no other host is to have a router. */
  public Optional<Next> next(Sql sql, String routerId) {
    return sql.one(
        "SELECT next_host, next_since FROM router WHERE id = ? AND next_host IS NOT NULL",
        r -> new Next(r.text("next_host"), r.number("next_since")),
        routerId);
  }

  /**
   * @param host null for none
   */
  void setNext(Sql sql, String routerId, String host) {
    sql.update(
        "UPDATE router SET next_host = ?, next_since = ? WHERE id = ?",
        host,
        Times.micros(sql.now()),
        routerId);
  }

  /** Routers that are made ready at a host. */
  public List<String> preparedAt(Sql sql, String host) {
    return sql.list(
        "SELECT id FROM router WHERE next_host = ? ORDER BY id", r -> r.text("id"), host);
  }

  /** Routers that are made ready anywhere. */
  List<String> prepared(Sql sql) {
    return sql.list("SELECT id FROM router WHERE next_host IS NOT NULL", r -> r.text("id"));
  }

  /** Hosts that play a router. */
  List<String> hosts(Sql sql) {
    return sql.list("SELECT DISTINCT host FROM router WHERE host IS NOT NULL", r -> r.text("host"));
  }

  public List<String> onHost(Sql sql, String host) {
    return sql.list("SELECT id FROM router WHERE host = ? ORDER BY id", r -> r.text("id"), host);
  }

  /** Routers that no host plays. */
  List<String> waiting(Sql sql) {
    return sql.list("SELECT id FROM router WHERE host IS NULL", r -> r.text("id"));
  }

  Map<String, Long> load(Sql sql) {
    var out = new java.util.HashMap<String, Long>();
    sql.list(
            "SELECT host, COUNT(*) AS n FROM router WHERE host IS NOT NULL GROUP BY host",
            r -> Map.entry(r.text("host"), r.number("n")))
        .forEach(e -> out.put(e.getKey(), e.getValue()));
    return out;
  }
}
