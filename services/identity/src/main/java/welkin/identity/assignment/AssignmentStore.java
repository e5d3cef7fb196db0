package welkin.identity.assignment;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import welkin.identity.federation.shadow.ExpiringMembershipStore;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/** Role assignments in SQL. They go with their actor, target or role: the schema cascades. */
public final class AssignmentStore {
  /** A user's own and those of the user's groups, also of those left at a certain time. */
  private static final String OF_USER =
      "(user_id = ? OR group_id IN (SELECT group_id FROM membership WHERE user_id = ? UNION ALL"
          + " "
          + ExpiringMembershipStore.GROUPS
          + "))";

  /** More targets than this are not told to the database but looked at here. */
  private static final int IDS_MAX = 500;

  /** Roles that give something: a domain's own gives nothing but what it implies. */
  private static final String GIVING =
      "giving (id) AS (SELECT id FROM role WHERE domain_id IS NULL UNION SELECT prior_role_id FROM"
          + " implied_role JOIN giving ON implied_role_id = giving.id)";

  private static final String GIVES =
      "EXISTS (SELECT 1 FROM giving WHERE giving.id = assignment.role_id) AND ";

  private AssignmentStore() {}

  /** {@link #OF_USER}, and those of further groups. */
  private static String ofUserAnd(Collection<String> groups) {
    return groups.isEmpty()
        ? OF_USER
        : OF_USER.substring(0, OF_USER.length() - 1)
            + " OR group_id IN ("
            + "?, ".repeat(groups.size() - 1)
            + "?))";
  }

  private static Object[] arguments(
      Sql sql, Object first, String userId, Collection<String> groups, int times) {
    var out = new ArrayList<Object>();
    if (first != null) {
      out.add(first);
    }
    for (int i = 0; i < times; i++) {
      out.addAll(List.of(userId, userId, userId, sql.now()));
      out.addAll(groups);
    }
    return out.toArray();
  }

  static boolean exists(Sql sql, Assignment a) {
    return sql.exists("SELECT 1 FROM assignment WHERE assignment_key = ?", a.key());
  }

  public static void insert(Sql sql, Assignment a) {
    sql.insertIfAbsent(
        "assignment",
        "assignment_key",
        a.key(),
        "user_id",
        a.userId(),
        "group_id",
        a.groupId(),
        "project_id",
        a.projectId(),
        "domain_id",
        a.domainId(),
        "system_scope",
        a.system(),
        "role_id",
        a.roleId(),
        "inherited",
        a.inherited());
  }

  public static boolean delete(Sql sql, Assignment a) {
    return sql.update("DELETE FROM assignment WHERE assignment_key = ?", a.key()) > 0;
  }

  /** Everything a user has, through groups too. */
  public static List<Assignment> ofUser(Sql sql, String userId) {
    return ofUser(sql, userId, List.of());
  }

  /** And through further groups, which a federated user's provider named. */
  public static List<Assignment> ofUser(Sql sql, String userId, Collection<String> groups) {
    return sql.list(
        "SELECT * FROM assignment WHERE " + ofUserAnd(groups),
        AssignmentStore::map,
        arguments(sql, null, userId, groups, 1));
  }

  /** Ids of the roles a user has on a project, its own and inherited ones. */
  public static List<String> onProject(
      Sql sql, String userId, Collection<String> groups, String projectId) {
    return sql.list(
        "WITH RECURSIVE above (id, parent_id, depth) AS (SELECT id, parent_id, 0 FROM project WHERE"
            + " id = ? UNION ALL SELECT p.id, p.parent_id, depth + 1 FROM project p JOIN above a ON"
            + " p.id = a.parent_id) SELECT DISTINCT role_id FROM assignment JOIN above ON"
            + " (assignment.project_id = above.id OR assignment.domain_id = above.id) WHERE"
            + " (inherited = 0 AND depth = 0 AND project_id IS NOT NULL OR inherited = 1 AND depth"
            + " > 0) AND "
            + ofUserAnd(groups),
        r -> r.text("role_id"),
        arguments(sql, projectId, userId, groups, 1));
  }

  public static List<String> onDomain(
      Sql sql, String userId, Collection<String> groups, String domainId) {
    return sql.list(
        "SELECT DISTINCT role_id FROM assignment WHERE domain_id = ? AND inherited = 0 AND "
            + ofUserAnd(groups),
        r -> r.text("role_id"),
        arguments(sql, domainId, userId, groups, 1));
  }

  public static List<String> onSystem(Sql sql, String userId, Collection<String> groups) {
    return sql.list(
        "SELECT DISTINCT role_id FROM assignment WHERE system_scope = 1 AND " + ofUserAnd(groups),
        r -> r.text("role_id"),
        arguments(sql, null, userId, groups, 1));
  }

  /** Ids of the projects a user may scope to, those with inherited roles included. */
  public static List<String> projectsOf(Sql sql, String userId) {
    return projectsOf(sql, userId, List.of());
  }

  /** And those through further groups. */
  public static List<String> projectsOf(Sql sql, String userId, Collection<String> groups) {
    return sql.list(
        "WITH RECURSIVE "
            + GIVING
            + ", below (id) AS (SELECT p.id FROM project p JOIN assignment ON p.parent_id ="
            + " COALESCE(assignment.project_id, assignment.domain_id) WHERE inherited = 1 AND "
            + GIVES
            + ofUserAnd(groups)
            + " UNION SELECT p.id FROM project p JOIN below ON p.parent_id = below.id) SELECT id"
            + " FROM below UNION SELECT project_id AS id FROM assignment WHERE project_id IS NOT"
            + " NULL AND inherited = 0 AND "
            + GIVES
            + ofUserAnd(groups),
        r -> r.text("id"),
        arguments(sql, null, userId, groups, 2));
  }

  /** Assignments of one actor on one target, whatever the role. */
  static List<Assignment> like(Sql sql, Assignment wanted) {
    return sql.list(
        "SELECT * FROM assignment WHERE "
            + (wanted.userId() != null ? "user_id" : "group_id")
            + " = ? AND COALESCE(project_id, domain_id, '') = ? AND (? = 0 OR system_scope = 1) AND"
            + " inherited = ? ORDER BY role_id",
        AssignmentStore::map,
        wanted.userId() != null ? wanted.userId() : wanted.groupId(),
        wanted.projectId() != null
            ? wanted.projectId()
            : wanted.domainId() != null ? wanted.domainId() : "",
        wanted.system(),
        wanted.inherited());
  }

  /**
   * Narrowed by whatever is not null; the rest is the caller's.
   *
   * @param targets projects and domains, of which it is on one
   * @param roleIds of which it gives one
   */
  static List<Assignment> matching(
      Sql sql,
      String userId,
      String groupId,
      Collection<String> targets,
      Collection<String> roleIds) {
    var query = ListQuery.of("SELECT * FROM assignment", "assignment", "assignment_key");
    query.whereIfGiven("user_id", userId).whereIfGiven("group_id", groupId);
    if (targets != null && targets.size() <= IDS_MAX) {
      var marks = "?, ".repeat(targets.size() - 1) + "?";
      var both = new ArrayList<Object>(targets);
      both.addAll(targets);
      // two lookups: with OR SQLite prefers to read the whole table in the order asked for
      query.where(
          "assignment_key IN (SELECT assignment_key FROM assignment WHERE project_id IN ("
              + marks
              + ") UNION SELECT assignment_key FROM assignment WHERE domain_id IN ("
              + marks
              + "))",
          both.toArray());
    }
    if (roleIds != null) {
      query.whereIn("role_id", roleIds);
    }
    return query.list(sql, AssignmentStore::map);
  }

  private static Assignment map(Row r) throws SQLException {
    return new Assignment(
        r.text("user_id"),
        r.text("group_id"),
        r.text("project_id"),
        r.text("domain_id"),
        r.flag("system_scope"),
        r.text("role_id"),
        r.flag("inherited"));
  }
}
