package welkin.store;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import welkin.core.Fault;

/**
 * Limits and usage by project, counted in the transaction of the thing counted, so that they cannot
 * drift. A limit of -1 means unlimited. The limits are rows beside the usage or, with {@link
 * #unified}, Identity's; usage is counted the same way, so an operator may change between them.
 */
public final class Quotas {
  /**
   * The project id whose limits replace the defaults for every project that has none of its own.
   */
  public static final String EVERYONE = "*";

  /** At most so many ids in one statement. */
  private static final int IDS_MAX = 500;

  private final Map<String, Long> defaults;
  private final int status;
  private final Unified unified;

  /**
   * How a service's resources are limited by Identity.
   *
   * @param limits who knows them
   * @param names this service's resources by their registered names
   * @param registeredOnly resources for which a project's own limit does not count
   * @param unregistered limits of resources that are not registered; 0 for those not named here
   */
  public record Unified(
      UnifiedLimits limits,
      Map<String, String> names,
      Collection<String> registeredOnly,
      Map<String, Long> unregistered) {}

  /**
   * @param defaults every resource with its default limit
   * @param status the HTTP status of "over quota" in this service
   */
  public Quotas(Map<String, Long> defaults, int status) {
    this(defaults, status, null);
  }

  private Quotas(Map<String, Long> defaults, int status, Unified unified) {
    this.defaults = defaults;
    this.status = status;
    this.unified = unified;
  }

  /**
   * The same resources with the limits that Identity keeps. Used in transactions of a database that
   * {@linkplain Database#asking asks} when they are not known.
   */
  public Quotas unified(Unified by) {
    return new Quotas(defaults, status, by);
  }

  /** Whether the limits are Identity's, so that there is nothing to set here. */
  public boolean isUnified() {
    return unified != null;
  }

  private boolean unified(String resource) {
    return unified != null && unified.names.containsKey(resource);
  }

  private long registered(UnifiedLimits.Bounds bounds, String resource) {
    var limit = bounds.registered().get(unified.names.get(resource));
    return limit != null ? limit : unified.unregistered.getOrDefault(resource, 0L);
  }

  private long unifiedLimit(UnifiedLimits.Bounds bounds, String resource) {
    var own =
        unified.registeredOnly.contains(resource)
            ? null
            : bounds.own().get(unified.names.get(resource));
    return own != null ? own : registered(bounds, resource);
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
    ask(projectId, all);
    return all;
  }

  /** The limits of projects, by project. */
  public Map<String, Map<String, Long>> limits(Sql sql, Collection<String> projectIds) {
    var everyone = limits(sql, EVERYONE);
    var own =
        ByIds.byOwner(
            sql,
            "SELECT * FROM quota_limit WHERE project_id IN ",
            projectIds,
            "project_id",
            "resource",
            r -> Map.entry(r.text("resource"), r.number("hard_limit")));
    var out = new LinkedHashMap<String, Map<String, Long>>();
    for (var id : projectIds) {
      var all = new LinkedHashMap<>(everyone);
      own.getOrDefault(id, List.of()).forEach(e -> all.put(e.getKey(), e.getValue()));
      ask(id, all);
      out.put(id, all);
    }
    return out;
  }

  /** Writes Identity's limits over our own, where it keeps them. */
  private void ask(String projectId, Map<String, Long> all) {
    if (unified != null) {
      var bounds = unified.limits.known(projectId);
      unified.names.keySet().forEach(r -> all.put(r, unifiedLimit(bounds, r)));
    }
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
    if (unified(resource)) {
      return unifiedLimit(unified.limits.known(projectId), resource);
    }
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

  /** Projects that have limits of their own, by id. */
  public List<String> limited(Sql sql) {
    return sql.list(
        "SELECT DISTINCT project_id FROM quota_limit ORDER BY project_id",
        r -> r.text("project_id"));
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
    take(sql, projectId, Map.of(resource, amount));
  }

  /**
   * Counts more of several resources.
   *
   * @param amounts by resource
   * @throws Fault for the first one over quota
   */
  public void take(Sql sql, String projectId, Map<String, Long> amounts) {
    var ours = new LinkedHashMap<String, Long>();
    amounts.forEach(
        (resource, amount) -> {
          if (amount > 0 && unified(resource)) {
            fits(sql, projectId, resource, of -> used(sql, resource, of), amount, null);
            sql.sendIfAbsent(
                "quota_usage", "project_id", projectId, "resource", resource, "used", 0L);
            give(sql, projectId, resource, -amount);
          } else {
            ours.put(resource, amount);
          }
        });
    if (ours.isEmpty() || together(sql, projectId, ours)) {
      return;
    }
    var counts =
        sql.updateAll(
            ours.entrySet().stream()
                .map(e -> counting(projectId, e.getKey(), e.getValue()))
                .toList());
    int at = 0;
    for (var e : ours.entrySet()) {
      if (counts[at++] == 0) { // the limit stands in the way, or nothing was ever counted here
        sql.insertIfAbsent(
            "quota_usage", "project_id", projectId, "resource", e.getKey(), "used", 0L);
        if (sql.updateAll(List.of(counting(projectId, e.getKey(), e.getValue())))[0] == 0) {
          throw over(sql, projectId, e.getKey(), e.getValue());
        }
      }
    }
  }

  /**
   * Checks what is not counted here: what one request or one owner may have.
   *
   * @param used how much these projects have; asked for one project or, in a hierarchy, for all
   *     that share a limit
   * @param message what is said when the limit is not Identity's; it words its own refusals
   * @throws Fault over quota
   */
  public void fits(
      Sql sql,
      String projectId,
      String resource,
      ToLongFunction<Collection<String>> used,
      long more,
      String message) {
    if (!unified(resource)) {
      long limit = limit(sql, projectId, resource);
      if (limit >= 0 && used.applyAsLong(List.of(projectId)) + more > limit) {
        throw Fault.overQuota(status, message);
      }
      return;
    }
    var bounds = unified.limits.known(projectId);
    boolean anyone = unified.registeredOnly.contains(resource);
    long limit = unifiedLimit(bounds, resource);
    if (limit >= 0) {
      over(
          anyone ? "None" : projectId, resource, limit, used.applyAsLong(List.of(projectId)), more);
    }
    if (anyone || bounds.root() == null) {
      return;
    }
    var shared = bounds.shared().get(unified.names.get(resource));
    long above = shared != null ? shared : registered(bounds, resource);
    if (above >= 0) {
      var all = new LinkedHashSet<>(bounds.tree());
      all.add(projectId);
      over(bounds.root(), resource, above, used.applyAsLong(all), more);
    }
  }

  private void over(String whose, String resource, long limit, long used, long more) {
    if (used + more > limit) {
      throw Fault.overQuota(
              status,
              "Project "
                  + whose
                  + " is over a limit for [Resource "
                  + unified.names.get(resource)
                  + " is over limit of "
                  + limit
                  + " due to current usage "
                  + used
                  + " and delta "
                  + more
                  + "]")
          .with("resource", resource)
          .with("limit", limit)
          .with("used", used)
          .with("requested", more);
    }
  }

  /** How much of a resource projects use together. */
  public long used(Sql sql, String resource, Collection<String> projects) {
    long sum = 0;
    var ids = new ArrayList<>(projects);
    for (int from = 0; from < ids.size(); from += IDS_MAX) {
      var some = ids.subList(from, Math.min(ids.size(), from + IDS_MAX));
      var args = new ArrayList<Object>(some);
      args.addFirst(resource);
      sum +=
          sql.number(
              "SELECT COALESCE(SUM(used), 0) FROM quota_usage WHERE resource = ? AND project_id IN"
                  + " ("
                  + "?, ".repeat(some.size() - 1)
                  + "?)",
              args.toArray());
    }
    return sum;
  }

  /**
   * Counts several resources in one statement: all of them, or none when one has not the room.
   *
   * @return whether they were counted; when not, it remains to be seen which one stands in the way
   */
  private boolean together(Sql sql, String projectId, Map<String, Long> amounts) {
    if (amounts.size() < 2 || amounts.values().stream().anyMatch(a -> a <= 0)) {
      return false;
    }
    var names = amounts.keySet();
    var most = new LinkedHashMap<String, Long>();
    names.forEach(r -> most.put(r, defaults.get(r)));
    var args = new ArrayList<Object>();
    args.addAll(flat(amounts));
    args.add(projectId);
    args.addAll(names);
    args.add(names.size());
    args.addAll(flat(most));
    args.add(EVERYONE);
    args.add(projectId);
    args.addAll(names);
    args.addAll(flat(amounts));
    return sql.update(
            "UPDATE quota_usage SET used = used + CASE resource"
                + cases(names)
                + " END WHERE project_id = ? AND resource IN "
                + marks(names)
                + " AND ? = (SELECT COUNT(*) FROM (SELECT u.resource, u.used,"
                + " COALESCE(own.hard_limit, every.hard_limit, CASE u.resource"
                + cases(names)
                + " END) AS most FROM quota_usage u LEFT JOIN quota_limit own ON own.project_id ="
                + " u.project_id AND own.resource = u.resource LEFT JOIN quota_limit every ON"
                + " every.project_id = ? AND every.resource = u.resource WHERE u.project_id = ? AND"
                + " u.resource IN "
                + marks(names)
                + ") known WHERE most < 0 OR used + CASE resource"
                + cases(names)
                + " END <= most)",
            args.toArray())
        > 0;
  }

  private static String cases(Collection<String> names) {
    return " WHEN ? THEN ?".repeat(names.size());
  }

  private static String marks(Collection<String> names) {
    return "(" + "?, ".repeat(names.size() - 1) + "?)";
  }

  private static List<Object> flat(Map<String, Long> values) {
    var out = new ArrayList<Object>();
    values.forEach(
        (name, value) -> {
          out.add(name);
          out.add(value);
        });
    return out;
  }

  private Sql.Change counting(String projectId, String resource, long amount) {
    if (amount <= 0) {
      return new Sql.Change(
          "UPDATE quota_usage SET used = used + ? WHERE project_id = ? AND resource = ?",
          amount,
          projectId,
          resource);
    }
    return new Sql.Change(
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
        defaults.get(resource));
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
    sql.send(
        "UPDATE quota_usage SET used = used - ? WHERE project_id = ? AND resource = ?",
        amount,
        projectId,
        resource);
  }

  /**
   * Counts less of several resources.
   *
   * @param amounts by resource
   */
  public void give(Sql sql, String projectId, Map<String, Long> amounts) {
    var args = flat(amounts);
    args.add(projectId);
    args.addAll(amounts.keySet());
    sql.send(
        "UPDATE quota_usage SET used = used - CASE resource"
            + cases(amounts.keySet())
            + " END WHERE project_id = ? AND resource IN "
            + marks(amounts.keySet()),
        args.toArray());
  }
}
