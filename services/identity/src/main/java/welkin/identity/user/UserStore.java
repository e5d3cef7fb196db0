package welkin.identity.user;

import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Secret;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.ListRequest;
import welkin.store.ByIds;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/** Users in SQL. */
public final class UserStore {
  /** A user who is no more in its domain's directory is kept, and hidden. */
  private static final String SEEN =
      "NOT EXISTS (SELECT 1 FROM id_mapping WHERE public_id = users.id AND gone = 1)";

  private UserStore() {}

  /** Those that there are, in no order. */
  public static List<User> findAll(Sql sql, Collection<String> ids) {
    return ByIds.list(
        sql, "SELECT * FROM users WHERE " + SEEN + " AND id IN ", ids, UserStore::map);
  }

  public static Optional<User> find(Sql sql, String id) {
    return sql.one("SELECT * FROM users WHERE id = ? AND " + SEEN, UserStore::map, id);
  }

  public static Optional<User> named(Sql sql, String domainId, String name) {
    return sql.one(
        "SELECT * FROM users WHERE domain_id = ? AND name = ? AND shadow = '' AND " + SEEN,
        UserStore::map,
        domainId,
        name);
  }

  /**
   * @param known {@code idp_id}, {@code protocol_id} and {@code unique_id} by which identity
   *     providers know the users asked for; empty for all
   */
  static List<User> list(Sql sql, ListRequest request, Map<String, String> known) {
    var query = ListQuery.of("SELECT * FROM users", "users", "id").where(SEEN);
    known.forEach(
        (attribute, value) ->
            query.where(
                "EXISTS (SELECT 1 FROM federated_user f WHERE f.user_id = users.id AND f."
                    + attribute
                    + " = ?)",
                value));
    return request.list(sql, query, Map.of(), UserStore::map);
  }

  public static List<User> inGroup(Sql sql, ListRequest request, String groupId) {
    return request.list(
        sql,
        ListQuery.of("SELECT * FROM users", "users", "id")
            .where("id IN (SELECT user_id FROM membership WHERE group_id = ?)", groupId),
        Map.of(),
        UserStore::map);
  }

  public static void insert(Sql sql, User u) {
    insert(sql, u, "");
  }

  /** One known from an identity provider, whose name need not be unique. */
  public static void insertShadow(Sql sql, User u) {
    insert(sql, u, u.id());
  }

  /** Names a user known from an identity provider as the provider does now. */
  public static void renameShadow(Sql sql, String id, String name, ObjectNode extra) {
    sql.update(
        "UPDATE users SET name = ?, extra = ? WHERE id = ? AND shadow <> ''", name, extra, id);
  }

  /** Deletes a user known from identity providers that no one knows any more. */
  public static boolean deleteForgotten(Sql sql, String id) {
    return sql.update(
            "DELETE FROM users WHERE id = ? AND shadow <> '' AND NOT EXISTS (SELECT 1 FROM"
                + " federated_user WHERE user_id = ?)",
            id,
            id)
        > 0;
  }

  private static void insert(Sql sql, User u, String shadow) {
    sql.insert(
        "users",
        "id",
        u.id(),
        "domain_id",
        u.domainId(),
        "name",
        u.name(),
        "enabled",
        u.enabled(),
        "default_project_id",
        u.defaultProjectId(),
        "password_hash",
        u.passwordHash() == null ? null : u.passwordHash().reveal(),
        "password_created_at",
        u.passwordCreatedAt(),
        "password_expires_at",
        u.passwordExpiresAt(),
        "extra",
        u.extra(),
        "options",
        u.options(),
        "shadow",
        shadow);
  }

  static void update(Sql sql, User u) {
    sql.update(
        "UPDATE users SET name = ?, enabled = ?, default_project_id = ?, password_hash = ?,"
            + " password_created_at = ?, password_expires_at = ?, extra = ?, options = ? WHERE id"
            + " = ?",
        u.name(),
        u.enabled(),
        u.defaultProjectId(),
        u.passwordHash() == null ? null : u.passwordHash().reveal(),
        u.passwordCreatedAt(),
        u.passwordExpiresAt(),
        u.extra(),
        u.options(),
        u.id());
  }

  /** Gives a user a password that does not expire. */
  public static void setPassword(Sql sql, String id, Secret hash, Instant now) {
    sql.update(
        "UPDATE users SET password_hash = ?, password_created_at = ?, password_expires_at = NULL"
            + " WHERE id = ?",
        hash.reveal(),
        now,
        id);
  }

  static void delete(Sql sql, String id) {
    sql.update("DELETE FROM users WHERE id = ?", id);
  }

  /** Forgets a project that is about to go as anyone's default. */
  public static void forgetDefaultProject(Sql sql, String projectId) {
    sql.update(
        "UPDATE users SET default_project_id = NULL WHERE default_project_id = ?", projectId);
  }

  private static User map(Row r) throws SQLException {
    var hash = r.text("password_hash");
    return new User(
        r.text("id"),
        r.text("domain_id"),
        r.text("name"),
        r.flag("enabled"),
        r.text("default_project_id"),
        hash == null ? null : Secret.of(hash),
        r.time("password_created_at"),
        r.time("password_expires_at"),
        Attributes.object(r.json("options")),
        Attributes.object(r.json("extra")));
  }
}
