package welkin.identity.applicationcredential;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.core.Secret;
import welkin.identity.applicationcredential.ApplicationCredential.AccessRule;
import welkin.identity.shared.ListRequest;
import welkin.store.ByIds;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/** Application credentials and their access rules in SQL. */
public final class ApplicationCredentialStore {
  private ApplicationCredentialStore() {}

  public static Optional<ApplicationCredential> find(Sql sql, String id) {
    return one(sql, "id = ?", id);
  }

  public static Optional<ApplicationCredential> named(Sql sql, String userId, String name) {
    return one(sql, "user_id = ? AND name = ?", userId, name);
  }

  private static Optional<ApplicationCredential> one(Sql sql, String which, Object... values) {
    return sql.one(
            "SELECT * FROM application_credential WHERE " + which,
            ApplicationCredentialStore::map,
            values)
        .map(c -> filled(sql, List.of(c)).getFirst());
  }

  static List<ApplicationCredential> list(Sql sql, ListRequest request, String userId) {
    var query =
        ListQuery.of("SELECT * FROM application_credential", "application_credential", "id")
            .where("user_id = ?", userId);
    return filled(sql, request.list(sql, query, Map.of(), ApplicationCredentialStore::map));
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

  /** With their roles and access rules. */
  private static List<ApplicationCredential> filled(Sql sql, List<ApplicationCredential> bare) {
    var ids = bare.stream().map(ApplicationCredential::id).toList();
    var roles =
        ByIds.byOwner(
            sql,
            "SELECT * FROM application_credential_role WHERE application_credential_id IN ",
            ids,
            "application_credential_id",
            "role_id",
            r -> r.text("role_id"));
    var rules =
        ByIds.byOwner(
            sql,
            "SELECT access_rule.*, application_credential_id FROM access_rule JOIN"
                + " application_credential_access_rule ON id = access_rule_id WHERE"
                + " application_credential_id IN ",
            ids,
            "application_credential_id",
            "id",
            ApplicationCredentialStore::rule);
    return bare.stream()
        .map(
            c ->
                c.with(
                    roles.getOrDefault(c.id(), List.of()), rules.getOrDefault(c.id(), List.of())))
        .toList();
  }

  private static ApplicationCredential map(Row r) throws SQLException {
    return new ApplicationCredential(
        r.text("id"),
        r.text("user_id"),
        r.text("project_id"),
        r.text("name"),
        r.text("description"),
        Secret.of(r.text("secret_hash")),
        r.time("expires_at"),
        r.flag("unrestricted"),
        List.of(),
        List.of());
  }
}
