package welkin.identity.group;

import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.identity.federation.shadow.ExpiringMembershipStore;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.ListRequest;
import welkin.store.ByIds;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/** Groups and who is in them, in SQL. */
public final class GroupStore {
  /** A group that is no more in its domain's directory is kept, and hidden. */
  private static final String SEEN =
      "NOT EXISTS (SELECT 1 FROM id_mapping WHERE public_id = user_group.id AND gone = 1)";

  private GroupStore() {}

  /** Those that there are, in no order. */
  public static List<Group> findAll(Sql sql, Collection<String> ids) {
    return ByIds.list(
        sql, "SELECT * FROM user_group WHERE " + SEEN + " AND id IN ", ids, GroupStore::map);
  }

  public static Optional<Group> find(Sql sql, String id) {
    return sql.one("SELECT * FROM user_group WHERE id = ? AND " + SEEN, GroupStore::map, id);
  }

  public static Optional<Group> named(Sql sql, String domainId, String name) {
    return sql.one(
        "SELECT * FROM user_group WHERE domain_id = ? AND name = ?",
        GroupStore::map,
        domainId,
        name);
  }

  static List<Group> list(Sql sql, ListRequest request) {
    return request.list(
        sql,
        ListQuery.of("SELECT * FROM user_group", "user_group", "id").where(SEEN),
        Map.of(),
        GroupStore::map);
  }

  public static List<Group> ofUser(Sql sql, ListRequest request, String userId) {
    return request.list(
        sql,
        ListQuery.of("SELECT * FROM user_group", "user_group", "id")
            .where(
                "id IN (SELECT group_id FROM membership WHERE user_id = ? UNION ALL "
                    + ExpiringMembershipStore.GROUPS
                    + ")",
                userId,
                userId,
                sql.now()),
        Map.of(),
        GroupStore::map);
  }

  static void insert(Sql sql, Group g) {
    sql.insert(
        "user_group",
        "id",
        g.id(),
        "domain_id",
        g.domainId(),
        "name",
        g.name(),
        "description",
        g.description(),
        "extra",
        g.extra());
  }

  static void update(Sql sql, Group g) {
    sql.update(
        "UPDATE user_group SET name = ?, description = ?, extra = ? WHERE id = ?",
        g.name(),
        g.description(),
        g.extra(),
        g.id());
  }

  static void delete(Sql sql, String id) {
    sql.update("DELETE FROM user_group WHERE id = ?", id);
  }

  static void add(Sql sql, String groupId, String userId) {
    sql.insertIfAbsent("membership", "user_id", userId, "group_id", groupId);
  }

  static boolean remove(Sql sql, String groupId, String userId) {
    return sql.update("DELETE FROM membership WHERE group_id = ? AND user_id = ?", groupId, userId)
        > 0;
  }

  static boolean contains(Sql sql, String groupId, String userId) {
    return sql.exists(
        "SELECT 1 FROM membership WHERE group_id = ? AND user_id = ?", groupId, userId);
  }

  /** Ids of the users in a group. */
  public static List<String> members(Sql sql, String groupId) {
    return sql.list(
        "SELECT user_id FROM membership WHERE group_id = ? ORDER BY user_id",
        r -> r.text("user_id"),
        groupId);
  }

  /** Ids of the users in groups, by group. */
  public static Map<String, List<String>> members(Sql sql, Collection<String> groupIds) {
    return ByIds.byOwner(
        sql,
        "SELECT group_id, user_id FROM membership WHERE group_id IN ",
        groupIds,
        "group_id",
        "user_id",
        r -> r.text("user_id"));
  }

  private static Group map(Row r) throws SQLException {
    return new Group(
        r.text("id"),
        r.text("domain_id"),
        r.text("name"),
        r.text("description"),
        Attributes.object(r.json("extra")));
  }
}
