package welkin.identity.ldap;

import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;
import welkin.identity.shared.Attributes;
import welkin.store.Row;
import welkin.store.Sql;

/** Ids of directory entries, and the rows of users and groups that mirror them, in SQL. */
final class MirrorStore {
  private MirrorStore() {}

  /** What the rows say of an entry. */
  record Known(Mapping mapping, Shown shown) {}

  /**
   * What Identity keeps of an entry.
   *
   * @param enabled groups always are
   * @param project a user's default project, or null
   * @param description a group's; null for users, who have it in {@code extra}
   */
  record Shown(
      String localId,
      String name,
      boolean enabled,
      String project,
      String description,
      ObjectNode extra) {}

  static Optional<Mapping> find(Sql sql, String publicId) {
    return sql.one("SELECT * FROM id_mapping WHERE public_id = ?", MirrorStore::mapping, publicId);
  }

  private static String from(Kind kind) {
    return "SELECT t.*, m.public_id, m.domain_id AS mapped_domain, m.entity_type, m.local_id,"
        + " m.gone FROM id_mapping m JOIN "
        + kind.table
        + " t ON t.id = m.public_id WHERE m.domain_id = ? AND m.entity_type = ?";
  }

  static List<Known> all(Sql sql, String domainId, Kind kind) {
    return sql.list(from(kind), r -> known(r, kind), domainId, kind.type);
  }

  static Optional<Known> one(Sql sql, String domainId, Kind kind, String localId) {
    return sql.one(
        from(kind) + " AND m.local_id = ?", r -> known(r, kind), domainId, kind.type, localId);
  }

  static Optional<Known> named(Sql sql, String domainId, Kind kind, String name) {
    return sql.one(from(kind) + " AND t.name = ?", r -> known(r, kind), domainId, kind.type, name);
  }

  /** Id of whoever has a name, mirrored or not. */
  static Optional<String> holder(Sql sql, String domainId, Kind kind, String name) {
    return sql.one(
        "SELECT id FROM " + kind.table + " WHERE domain_id = ? AND name = ?",
        r -> r.text("id"),
        domainId,
        name);
  }

  static void insert(Sql sql, Mapping m, Shown s) {
    if (m.kind() == Kind.USER) {
      sql.insert(
          "users",
          "id",
          m.publicId(),
          "domain_id",
          m.domainId(),
          "name",
          s.name(),
          "enabled",
          s.enabled(),
          "default_project_id",
          s.project(),
          "extra",
          s.extra(),
          "options",
          "{}");
    } else {
      sql.insert(
          "user_group",
          "id",
          m.publicId(),
          "domain_id",
          m.domainId(),
          "name",
          s.name(),
          "description",
          s.description(),
          "extra",
          s.extra());
    }
    sql.insert(
        "id_mapping",
        "public_id",
        m.publicId(),
        "domain_id",
        m.domainId(),
        "entity_type",
        m.kind().type,
        "local_id",
        m.localId(),
        "gone",
        false);
  }

  static void update(Sql sql, Mapping m, Shown s) {
    if (m.kind() == Kind.USER) {
      sql.update(
          "UPDATE users SET name = ?, enabled = ?, default_project_id = ?, extra = ? WHERE id = ?",
          s.name(),
          s.enabled(),
          s.project(),
          s.extra(),
          m.publicId());
    } else {
      sql.update(
          "UPDATE user_group SET name = ?, description = ?, extra = ? WHERE id = ?",
          s.name(),
          s.description(),
          s.extra(),
          m.publicId());
    }
    sql.update("UPDATE id_mapping SET gone = 0 WHERE public_id = ?", m.publicId());
  }

  /** Frees a name that another entry has now. */
  static void unname(Sql sql, Kind kind, String publicId) {
    sql.update("UPDATE " + kind.table + " SET name = id WHERE id = ?", publicId);
  }

  /** It is seen no more and may nothing; what was given to it is kept for when it comes back. */
  static void leave(Sql sql, Kind kind, String publicId) {
    unname(sql, kind, publicId);
    if (kind == Kind.USER) {
      sql.update("UPDATE users SET enabled = 0 WHERE id = ?", publicId);
    }
    sql.update(
        "DELETE FROM membership WHERE " + (kind == Kind.USER ? "user_id" : "group_id") + " = ?",
        publicId);
    sql.update("UPDATE id_mapping SET gone = 1 WHERE public_id = ?", publicId);
  }

  /** Domains with entries that are not gone. */
  static List<String> domains(Sql sql) {
    return sql.list(
        "SELECT DISTINCT domain_id FROM id_mapping WHERE gone = 0", r -> r.text("domain_id"));
  }

  /** Mirrored groups a user is in. */
  static List<String> groupsOf(Sql sql, String userId) {
    return sql.list(
        "SELECT group_id FROM membership JOIN id_mapping ON public_id = group_id WHERE user_id = ?",
        r -> r.text("group_id"),
        userId);
  }

  /** Mirrored users in a group. */
  static List<String> membersOf(Sql sql, String groupId) {
    return sql.list(
        "SELECT user_id FROM membership JOIN id_mapping ON public_id = user_id WHERE group_id = ?",
        r -> r.text("user_id"),
        groupId);
  }

  static void join(Sql sql, Collection<String> userIds, Collection<String> groupIds) {
    for (var user : userIds) {
      for (var group : groupIds) {
        sql.insertIfAbsent("membership", "user_id", user, "group_id", group);
      }
    }
  }

  static void part(Sql sql, Collection<String> userIds, Collection<String> groupIds) {
    for (var user : userIds) {
      for (var group : groupIds) {
        sql.update("DELETE FROM membership WHERE user_id = ? AND group_id = ?", user, group);
      }
    }
  }

  /** Ids of mirrored groups that were given any role. */
  static List<String> assignedGroups(Sql sql) {
    return sql.list(
        "SELECT DISTINCT group_id FROM assignment JOIN id_mapping ON public_id = group_id",
        r -> r.text("group_id"));
  }

  private static Mapping mapping(Row r) throws SQLException {
    return new Mapping(
        r.text("public_id"),
        r.text("domain_id"),
        r.text("entity_type").equals(Kind.USER.type) ? Kind.USER : Kind.GROUP,
        r.text("local_id"),
        r.flag("gone"));
  }

  private static Known known(Row r, Kind kind) throws SQLException {
    boolean user = kind == Kind.USER;
    return new Known(
        new Mapping(
            r.text("public_id"), r.text("mapped_domain"), kind, r.text("local_id"), r.flag("gone")),
        new Shown(
            r.text("local_id"),
            r.text("name"),
            !user || r.flag("enabled"),
            user ? r.text("default_project_id") : null,
            user ? null : r.text("description"),
            Attributes.object(r.json("extra"))));
  }
}
