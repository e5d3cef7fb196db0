package welkin.compute.server;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiConsumer;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import welkin.core.Json;
import welkin.store.ByIds;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/** SQL of servers. */
public final class ServerStore {
  /** What lists read: everything but the large columns. */
  static final String COLUMNS =
      "id, project_id, user_id, name, hostname, description, vm_state, task_state, power_state,"
          + " progress, locked_by, locked_reason, host, node, zone, pinned_zone, image_id, flavor,"
          + " key_name, config_drive, reservation_id, launch_index, root_device, access_ip_v4,"
          + " access_ip_v6, disk_config, metadata, tags, security_groups, nics, fault, created_at,"
          + " updated_at, launched_at, terminated_at, deleted";

  private static final ObjectReader NICS = Json.MAPPER.readerFor(new TypeReference<List<Nic>>() {});
  private static final TypeReference<List<Server.Group>> GROUPS = new TypeReference<>() {};

  private static final Parsed<FlavorCopy> FLAVORS =
      new Parsed<>(text -> Json.read(text, FlavorCopy.class));
  private static final Parsed<List<Server.Group>> GROUP_LISTS =
      new Parsed<>(text -> Json.MAPPER.readValue(text, GROUPS));
  private static final Parsed<Boot> BOOTS = new Parsed<>(text -> Json.read(text, Boot.class));

  private ServerStore() {}

  static Server map(Row r) throws java.sql.SQLException {
    return map(r, null, null);
  }

  static Server mapWithUserData(Row r) throws java.sql.SQLException {
    return map(r, r.text("user_data"), null);
  }

  /**
   * Begins a list; with the large column of user data only when it is shown.
   *
   * @see #mapWithUserData
   */
  static ListQuery list(boolean userData) {
    return ListQuery.of(
        "SELECT " + COLUMNS + (userData ? ", user_data" : "") + " FROM server", "server", "id");
  }

  private static Server whole(Row r) throws java.sql.SQLException {
    return map(r, r.text("user_data"), BOOTS.of(r.text("boot")));
  }

  private static Server map(Row r, String userData, Boot boot) throws java.sql.SQLException {
    return new Server(
        r.text("id"),
        r.text("project_id"),
        r.text("user_id"),
        r.text("name"),
        r.text("hostname"),
        r.text("description"),
        r.text("vm_state"),
        r.text("task_state"),
        r.integer("power_state"),
        r.integer("progress"),
        r.text("locked_by"),
        r.text("locked_reason"),
        r.text("host"),
        r.text("node"),
        r.text("zone"),
        r.text("pinned_zone"),
        r.text("image_id"),
        FLAVORS.of(r.text("flavor")),
        r.text("key_name"),
        r.flag("config_drive"),
        r.text("reservation_id"),
        r.integer("launch_index"),
        r.text("root_device"),
        r.text("access_ip_v4"),
        r.text("access_ip_v6"),
        r.text("disk_config"),
        texts(r.text("metadata")),
        list(r.text("tags")),
        GROUP_LISTS.of(r.text("security_groups")),
        nics(r.text("nics")),
        userData,
        r.json("fault"),
        r.time("created_at"),
        r.time("updated_at"),
        r.time("launched_at"),
        r.time("terminated_at"),
        r.flag("deleted"),
        boot);
  }

  private static List<Nic> nics(String text) {
    return text.equals("[]") ? List.of() : NICS.readValue(text);
  }

  private static Map<String, String> texts(String text) {
    return text.equals("{}") ? Map.of() : Json.stringMap(text);
  }

  private static List<String> list(String text) {
    return text.equals("[]") ? List.of() : Json.stringList(text);
  }

  /** A server that is not deleted, with its boot request. */
  public static Optional<Server> find(Sql sql, String id) {
    // a condition on it would tempt PostgreSQL to go through all that are not deleted
    return findEver(sql, id).filter(s -> !s.deleted());
  }

  /** A server, even a deleted one. */
  public static Optional<Server> findEver(Sql sql, String id) {
    return sql.one(
        "SELECT " + COLUMNS + ", user_data, boot FROM server WHERE id = ?", ServerStore::whole, id);
  }

  /** Where a server is and what is plugged into it. */
  record Site(String id, String host, List<Nic> nics) {}

  /** Of these servers those that are not deleted. */
  static List<Site> sites(Sql sql, List<String> ids) {
    // not by deleted: see find
    return ByIds.list(
            sql,
            "SELECT id, host, nics, deleted FROM server WHERE id IN ",
            ids,
            r ->
                r.flag("deleted")
                    ? null
                    : new Site(r.text("id"), r.text("host"), nics(r.text("nics"))))
        .stream()
        .filter(Objects::nonNull)
        .toList();
  }

  /** The servers a host should have. */
  public static List<Server> onHost(Sql sql, String host) {
    return sql.list(
        "SELECT " + COLUMNS + " FROM server WHERE deleted = 0 AND host = ?",
        ServerStore::map,
        host);
  }

  /** What a server takes of its host. */
  public record Footprint(String id, String name, String host, FlavorCopy flavor, boolean busy) {}

  /**
   * What each server takes of its host.
   *
   * @param host null for every host
   */
  public static List<Footprint> footprints(Sql sql, String host) {
    return sql.list(
        "SELECT id, name, host, flavor, task_state FROM server WHERE deleted = 0 AND host IS NOT"
            + " NULL AND (? IS NULL OR host = ?)",
        r ->
            new Footprint(
                r.text("id"),
                r.text("name"),
                r.text("host"),
                FLAVORS.of(r.text("flavor")),
                r.text("task_state") != null),
        host,
        host);
  }

  /** How many servers are on each host, as name and count. */
  public static List<Map.Entry<String, Long>> countByHost(Sql sql, boolean busyOnly) {
    return sql.list(
        "SELECT host, COUNT(*) AS n FROM server WHERE deleted = 0 AND host IS NOT NULL"
            + (busyOnly ? " AND task_state IS NOT NULL" : "")
            + " GROUP BY host",
        r -> Map.entry(r.text("host"), r.number("n")));
  }

  static void insert(Sql sql, Server s) {
    sql.sendInsert(
        "server",
        "id",
        s.id(),
        "project_id",
        s.projectId(),
        "user_id",
        s.userId(),
        "name",
        s.name(),
        "hostname",
        s.hostname(),
        "description",
        s.description(),
        "vm_state",
        s.vmState(),
        "task_state",
        s.taskState(),
        "power_state",
        s.powerState(),
        "progress",
        s.progress(),
        "pinned_zone",
        s.pinnedZone(),
        "image_id",
        s.imageId(),
        "flavor_id",
        s.flavor().id(),
        "flavor",
        s.flavor(),
        "key_name",
        s.keyName(),
        "config_drive",
        s.configDrive(),
        "reservation_id",
        s.reservationId(),
        "launch_index",
        s.launchIndex(),
        "root_device",
        s.rootDevice(),
        "access_ip_v4",
        s.accessIpV4(),
        "access_ip_v6",
        s.accessIpV6(),
        "disk_config",
        s.diskConfig(),
        "metadata",
        s.metadata(),
        "tags",
        s.tags(),
        "security_groups",
        s.securityGroups(),
        "nics",
        s.nics(),
        "user_data",
        s.userData(),
        "boot",
        s.boot(),
        "created_at",
        s.createdAt(),
        "updated_at",
        s.updatedAt(),
        "deleted",
        false);
  }

  /** Sets columns of a server, {@code column, value, ...}, and when it was changed. */
  public static void set(Sql sql, String id, Instant now, Object... pairs) {
    var text = new StringBuilder("UPDATE server SET updated_at = ?");
    var args = new ArrayList<>();
    args.add(now);
    for (int i = 0; i < pairs.length; i += 2) {
      text.append(", ").append(pairs[i]).append(" = ?");
      args.add(pairs[i + 1]);
    }
    args.add(id);
    sql.send(text.append(" WHERE id = ?").toString(), args.toArray());
  }

  /**
   * Sets the task state of a server, unless it has changed since it was read.
   *
   * @return whether it was set
   */
  static boolean setTask(Sql sql, Server seen, Instant now, String task) {
    return sql.update(
            "UPDATE server SET updated_at = ?, task_state = ? WHERE id = ? AND updated_at = ?",
            now,
            task,
            seen.id(),
            seen.updatedAt())
        == 1;
  }

  /** Puts a server on a host, or on none, before it is there; not a change its owner sees. */
  static void reserve(Sql sql, String id, String host) {
    sql.update("UPDATE server SET host = ? WHERE id = ?", host, id);
  }

  /**
   * Removes servers deleted before a time with all that is kept of them.
   *
   * @param also what else is kept of a server, by its id
   */
  static int purge(Sql sql, Instant before, int most, BiConsumer<Sql, String> also) {
    var ids =
        sql.list(
            "SELECT id FROM server WHERE deleted <> 0 AND COALESCE(terminated_at, updated_at) < ?"
                + " LIMIT ?",
            r -> r.text("id"),
            before,
            most);
    for (var id : ids) {
      for (var table :
          List.of(
              "instance_action_event",
              "instance_action",
              "server_migration",
              "server_group_member")) {
        sql.update("DELETE FROM " + table + " WHERE server_id = ?", id);
      }
      also.accept(sql, id);
      sql.update("DELETE FROM server WHERE id = ?", id);
    }
    return ids.size();
  }

  /** The names of all hosts, longest first. */
  static List<String> hostNames(Sql sql) {
    return sql.list(
        "SELECT host FROM service WHERE program = 'nova-compute' ORDER BY LENGTH(host) DESC, host",
        r -> r.text("host"));
  }

  /** Why hosts were rejected, as it was stored last. */
  static JsonNode why(Sql sql, String id) {
    return sql.one("SELECT why FROM server WHERE id = ?", r -> r.json("why"), id).orElse(null);
  }

  /** Rows in a transitional state, for the reconciler. */
  public static List<Server> inTransit(Sql sql) {
    return sql.list(
        "SELECT "
            + COLUMNS
            + " FROM server WHERE deleted = 0 AND (task_state IS NOT NULL OR vm_state ="
            + " 'building')",
        ServerStore::map);
  }
}
