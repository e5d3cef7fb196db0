package welkin.compute.migration;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.compute.server.FlavorCopy;
import welkin.core.Fault;
import welkin.http.Paging;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/** SQL of migrations. */
public final class MigrationStore {
  private static final String OPEN =
      "('" + String.join("', '", Migration.OPEN) + "')"; // our own words

  private MigrationStore() {}

  private static Migration map(Row r) throws java.sql.SQLException {
    return new Migration(
        r.number("id"),
        r.text("uuid"),
        r.text("server_id"),
        r.text("project_id"),
        r.text("user_id"),
        Migration.Type.of(r.text("type")),
        r.text("status"),
        r.text("source_host"),
        r.text("source_zone"),
        r.text("dest_host"),
        r.text("dest_ip"),
        r.json("old_flavor", FlavorCopy.class),
        r.json("new_flavor", FlavorCopy.class),
        r.text("old_state"),
        r.json("terms", Migration.Terms.class),
        r.json("progress"),
        r.flag("tidy"),
        r.time("created_at"),
        r.time("updated_at"));
  }

  /** Stores a new one; its id is made by the database. */
  public static Migration insert(Sql sql, Migration m) {
    sql.insert(
        "server_migration",
        "uuid",
        m.uuid(),
        "server_id",
        m.serverId(),
        "project_id",
        m.projectId(),
        "user_id",
        m.userId(),
        "type",
        m.type().word(),
        "status",
        m.status(),
        "source_host",
        m.sourceHost(),
        "source_zone",
        m.sourceZone(),
        "old_flavor",
        m.oldFlavor(),
        "new_flavor",
        m.newFlavor(),
        "old_state",
        m.oldState(),
        "terms",
        m.terms(),
        "tidy",
        true,
        "created_at",
        m.createdAt(),
        "updated_at",
        m.updatedAt());
    return sql.one("SELECT * FROM server_migration WHERE uuid = ?", MigrationStore::map, m.uuid())
        .orElseThrow();
  }

  public static Optional<Migration> find(Sql sql, long id) {
    return sql.one("SELECT * FROM server_migration WHERE id = ?", MigrationStore::map, id);
  }

  /** Sets columns, {@code column, value, ...}. */
  public static void set(Sql sql, long id, Instant now, Object... pairs) {
    var text = new StringBuilder("UPDATE server_migration SET updated_at = ?");
    var args = new ArrayList<>();
    args.add(now);
    for (int i = 0; i < pairs.length; i += 2) {
      text.append(", ").append(pairs[i]).append(" = ?");
      args.add(pairs[i + 1]);
    }
    args.add(id);
    sql.update(text.append(" WHERE id = ?").toString(), args.toArray());
  }

  /** Keeps room at a destination, or at none any more; not a change of the move itself. */
  public static void reserve(Sql sql, long id, String host) {
    sql.update("UPDATE server_migration SET dest_host = ? WHERE id = ?", host, id);
  }

  /** A server's moves that are not over, newest first. */
  public static List<Migration> open(Sql sql, String serverId) {
    return sql.list(
        "SELECT * FROM server_migration WHERE server_id = ? AND status IN "
            + OPEN
            + " ORDER BY id DESC",
        MigrationStore::map,
        serverId);
  }

  /** Every move that is not over. */
  public static List<Migration> open(Sql sql) {
    return sql.list(
        "SELECT * FROM server_migration WHERE status IN " + OPEN + " ORDER BY id",
        MigrationStore::map);
  }

  /** A server's newest move in a status. */
  public static Optional<Migration> inStatus(Sql sql, String serverId, String status) {
    return sql.one(
        "SELECT * FROM server_migration WHERE server_id = ? AND status = ? ORDER BY id DESC LIMIT"
            + " 1",
        MigrationStore::map,
        serverId,
        status);
  }

  /** Moves that left something at their source. */
  public static List<Migration> untidy(Sql sql) {
    return sql.list(
        "SELECT * FROM server_migration WHERE tidy = 0 ORDER BY id", MigrationStore::map);
  }

  /** Resized servers that were not confirmed by then. */
  public static List<Migration> unconfirmed(Sql sql, Instant before) {
    return sql.list(
        "SELECT * FROM server_migration WHERE status = 'finished' AND updated_at <= ? ORDER BY id",
        MigrationStore::map,
        before);
  }

  /** Servers that were evacuated from a host which still has them. */
  public static List<Migration> evacuatedFrom(Sql sql, String host) {
    return sql.list(
        "SELECT * FROM server_migration WHERE status = 'done' AND type = 'evacuation' AND"
            + " source_host = ? ORDER BY id",
        MigrationStore::map,
        host);
  }

  /** Whether a host keeps something of a server for a move that is not over. */
  public static boolean keeps(Sql sql, String serverId, String host) {
    return sql.exists(
        "SELECT 1 FROM server_migration WHERE server_id = ? AND (source_host = ? OR dest_host = ?)"
            + " AND status IN "
            + OPEN,
        serverId,
        host,
        host);
  }

  /** Where members of a server group are going to. */
  public static List<String> destinations(Sql sql, String groupId, String exceptServer) {
    return sql.list(
        "SELECT g.dest_host FROM server_migration g JOIN server_group_member m ON m.server_id ="
            + " g.server_id JOIN server s ON s.id = g.server_id WHERE m.group_id = ? AND"
            + " g.server_id <> ? AND g.dest_host IS NOT NULL AND g.dest_host <> s.host AND"
            + " g.status <> 'finished' AND g.status IN "
            + OPEN,
        r -> r.text("dest_host"),
        groupId,
        exceptServer);
  }

  /**
   * What a list asks for; null stands for everything.
   *
   * @param since changed at or after
   * @param before changed at or before
   */
  record Wanted(
      String serverId,
      String host,
      String source,
      String status,
      String type,
      String projectId,
      String userId,
      Instant since,
      Instant before) {}

  static List<Migration> list(Sql sql, Wanted w, Paging page) {
    var query = ListQuery.of("SELECT * FROM server_migration", "server_migration", "id");
    query.whereIfGiven("server_id", w.serverId());
    if (w.host() != null) {
      query.where("source_host = ? OR dest_host = ?", w.host(), w.host());
    }
    query
        .whereIfGiven("source_host", w.source())
        .whereIfGiven("status", w.status())
        .whereIfGiven("type", w.type())
        .whereIfGiven("project_id", w.projectId())
        .whereIfGiven("user_id", w.userId());
    if (w.since() != null) {
      query.where("updated_at >= ?", w.since());
    }
    if (w.before() != null) {
      query.where("updated_at <= ?", w.before());
    }
    if (page.marker() != null) {
      var marker =
          sql.one(
                  "SELECT * FROM server_migration WHERE uuid = ?",
                  MigrationStore::map,
                  page.marker())
              .orElseThrow(
                  () -> Fault.badRequest("Marker " + page.marker() + " could not be found."));
      query.where("id < ?", marker.id());
    }
    return query
        .sort(List.of(new ListQuery.Sort("id", false)), Map.of("id", "id"))
        .limit(page.limit())
        .list(sql, MigrationStore::map);
  }
}
