package welkin.store;

import java.util.LinkedHashMap;
import java.util.Map;
import welkin.core.Fault;

/**
 * Limits and usage by project, counted in the transaction of the thing counted, so that they cannot
 * drift. A limit of -1 means unlimited.
 */
public final class Quotas {
  /**
   * The project id whose limits replace the defaults for every project that has none of its own.
   */
  public static final String EVERYONE = "*";

  private final Map<String, Long> defaults;
  private final int status;

  /**
   * @param defaults every resource with its default limit
   * @param status the HTTP status of "over quota" in this service
   */
  public Quotas(Map<String, Long> defaults, int status) {
    this.defaults = defaults;
    this.status = status;
  }

  public Map<String, Long> defaults() {
    return defaults;
  }

  /** Every resource's limit for a project. */
  public Map<String, Long> limits(Sql sql, String projectId) {
    var all = new LinkedHashMap<>(defaults);
    sql.list(
            "SELECT resource, hard_limit FROM quota_limit WHERE project_id IN (?, ?) ORDER BY"
                + " CASE project_id WHEN ? THEN 0 ELSE 1 END",
            r -> Map.entry(r.text("resource"), r.number("hard_limit")),
            EVERYONE,
            projectId,
            EVERYONE)
        .forEach(e -> all.put(e.getKey(), e.getValue()));
    return all;
  }

  /** Every resource's usage by a project; 0 when nothing is counted. */
  public Map<String, Long> usage(Sql sql, String projectId) {
    var all = new LinkedHashMap<String, Long>();
    defaults.keySet().forEach(k -> all.put(k, 0L));
    sql.list(
            "SELECT resource, used FROM quota_usage WHERE project_id = ?",
            r -> Map.entry(r.text("resource"), r.number("used")),
            projectId)
        .forEach(e -> all.put(e.getKey(), e.getValue()));
    return all;
  }

  public long limit(Sql sql, String projectId, String resource) {
    return sql.one(
            "SELECT hard_limit FROM quota_limit WHERE project_id IN (?, ?) AND resource = ? ORDER"
                + " BY CASE project_id WHEN ? THEN 1 ELSE 0 END",
            r -> r.number("hard_limit"),
            projectId,
            EVERYONE,
            resource,
            EVERYONE)
        .orElseGet(() -> defaults.get(resource));
  }

  public void setLimit(Sql sql, String projectId, String resource, long limit) {
    if (sql.update(
            "UPDATE quota_limit SET hard_limit = ? WHERE project_id = ? AND resource = ?",
            limit,
            projectId,
            resource)
        == 0) {
      sql.insert("quota_limit", "project_id", projectId, "resource", resource, "hard_limit", limit);
    }
  }

  /** Back to the defaults. */
  public void clearLimits(Sql sql, String projectId) {
    sql.update("DELETE FROM quota_limit WHERE project_id = ?", projectId);
  }

  /**
   * Counts {@code amount} more; all or nothing is the caller's transaction.
   *
   * @throws Fault over quota, with {@code resource}, {@code limit}, {@code used} and {@code
   *     requested} as details
   */
  public void take(Sql sql, String projectId, String resource, long amount) {
    if (counted(sql, projectId, resource, amount)) {
      return; // one statement, as nearly always
    }
    sql.insertIfAbsent("quota_usage", "project_id", projectId, "resource", resource, "used", 0L);
    if (!counted(sql, projectId, resource, amount)) {
      throw over(sql, projectId, resource, amount);
    }
  }

  /** False when the limit stands in the way, or when nothing was ever counted here. */
  private boolean counted(Sql sql, String projectId, String resource, long amount) {
    if (amount <= 0) {
      return sql.update(
              "UPDATE quota_usage SET used = used + ? WHERE project_id = ? AND resource = ?",
              amount,
              projectId,
              resource)
          == 1;
    }
    return sql.update(
            "UPDATE quota_usage SET used = used + ? WHERE project_id = ? AND resource = ? AND used"
                + " + ? <= (SELECT CASE WHEN given < 0 THEN "
                + Long.MAX_VALUE
                + " ELSE given END FROM (SELECT COALESCE((SELECT hard_limit FROM quota_limit WHERE"
                + " project_id = ? AND resource = ?), (SELECT hard_limit FROM quota_limit WHERE"
                + " project_id = ? AND resource = ?), ?) AS given) known)",
            amount,
            projectId,
            resource,
            amount,
            projectId,
            resource,
            EVERYONE,
            resource,
            defaults.get(resource))
        == 1;
  }

  private Fault over(Sql sql, String projectId, String resource, long amount) {
    long limit = limit(sql, projectId, resource);
    long used =
        sql.number(
            "SELECT used FROM quota_usage WHERE project_id = ? AND resource = ?",
            projectId,
            resource);
    return Fault.overQuota(
            status,
            "Quota exceeded for "
                + resource
                + ": Requested "
                + amount
                + ", but already used "
                + used
                + " of "
                + limit
                + " "
                + resource)
        .with("resource", resource)
        .with("limit", limit)
        .with("used", used)
        .with("requested", amount);
  }

  /** Counts {@code amount} less. */
  public void give(Sql sql, String projectId, String resource, long amount) {
    sql.update(
        "UPDATE quota_usage SET used = used - ? WHERE project_id = ? AND resource = ?",
        amount,
        projectId,
        resource);
  }
}
