package welkin.identity.applicationcredential;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.core.Secret;
import welkin.identity.applicationcredential.ApplicationCredential.AccessRule;
import welkin.identity.shared.ListRequest;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/** Application credentials and their access rules in SQL. */
public final class ApplicationCredentialStore {
  private ApplicationCredentialStore() {}

  public static Optional<ApplicationCredential> find(Sql sql, String id) {
    return sql.one("SELECT * FROM application_credential WHERE id = ?", r -> map(sql, r), id);
  }

  public static Optional<ApplicationCredential> named(Sql sql, String userId, String name) {
    return sql.one(
        "SELECT * FROM application_credential WHERE user_id = ? AND name = ?",
        r -> map(sql, r),
        userId,
        name);
  }

  static List<ApplicationCredential> list(Sql sql, ListRequest request, String userId) {
    return request.list(
        sql,
        ListQuery.of("SELECT * FROM application_credential", "application_credential", "id")
            .where("user_id = ?", userId),
        Map.of(),
        r -> map(sql, r));
  }

  /** How many a user has. */
  static long count(Sql sql, String userId) {
    return sql.one(
            "SELECT COUNT(*) AS n FROM application_credential WHERE user_id = ?",
            r -> r.number("n"),
            userId)
        .orElseThrow();
  }

  /** Gives the access rules that are new. */
  static List<AccessRule> insert(Sql sql, ApplicationCredential c) {
    sql.insert(
        "application_credential",
        "id",
        c.id(),
        "user_id",
        c.userId(),
        "project_id",
        c.projectId(),
        "name",
        c.name(),
        "description",
        c.description(),
        "secret_hash",
        c.secretHash().reveal(),
        "expires_at",
        c.expiresAt(),
        "unrestricted",
        c.unrestricted());
    for (var role : c.roleIds()) {
      sql.insert(
          "application_credential_role", "application_credential_id", c.id(), "role_id", role);
    }
    var fresh = new ArrayList<AccessRule>();
    for (var rule : c.accessRules()) {
      int made =
          sql.insertIfAbsent(
              "access_rule",
              "id",
              rule.id(),
              "user_id",
              c.userId(),
              "service",
              rule.service(),
              "path",
              rule.path(),
              "method",
              rule.method());
      if (made > 0) {
        fresh.add(rule);
      }
      sql.insert(
          "application_credential_access_rule",
          "application_credential_id",
          c.id(),
          "access_rule_id",
          rule.id());
    }
    return fresh;
  }

  static boolean delete(Sql sql, String userId, String id) {
    return sql.update("DELETE FROM application_credential WHERE id = ? AND user_id = ?", id, userId)
        > 0;
  }

  /** Those of a user on a project, after the user lost a role there. */
  public static void deleteOn(Sql sql, String userId, String projectId) {
    sql.update(
        "DELETE FROM application_credential WHERE user_id = ? AND project_id = ?",
        userId,
        projectId);
  }

  static List<AccessRule> rules(Sql sql, String userId) {
    return sql.list(
        "SELECT * FROM access_rule WHERE user_id = ? ORDER BY id",
        ApplicationCredentialStore::rule,
        userId);
  }

  static boolean ruleInUse(Sql sql, String ruleId) {
    return sql.exists(
        "SELECT 1 FROM application_credential_access_rule WHERE access_rule_id = ?", ruleId);
  }

  static void deleteRule(Sql sql, String ruleId) {
    sql.update("DELETE FROM access_rule WHERE id = ?", ruleId);
  }

  private static AccessRule rule(Row r) throws SQLException {
    return new AccessRule(r.text("id"), r.text("service"), r.text("method"), r.text("path"));
  }

  private static ApplicationCredential map(Sql sql, Row r) throws SQLException {
    var id = r.text("id");
    return new ApplicationCredential(
        id,
        r.text("user_id"),
        r.text("project_id"),
        r.text("name"),
        r.text("description"),
        Secret.of(r.text("secret_hash")),
        r.time("expires_at"),
        r.flag("unrestricted"),
        sql.list(
            "SELECT role_id FROM application_credential_role WHERE application_credential_id = ?"
                + " ORDER BY role_id",
            x -> x.text("role_id"),
            id),
        sql.list(
            "SELECT access_rule.* FROM access_rule JOIN application_credential_access_rule ON id ="
                + " access_rule_id WHERE application_credential_id = ? ORDER BY id",
            ApplicationCredentialStore::rule,
            id));
  }
}
