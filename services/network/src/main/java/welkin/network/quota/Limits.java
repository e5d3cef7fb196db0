package welkin.network.quota;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import welkin.core.Config;
import welkin.core.Fault;
import welkin.network.resource.Faults;
import welkin.store.Quotas;
import welkin.store.Sql;
import welkin.store.UnifiedLimits;

/** Quotas with this service's words; options are upstream's. */
public final class Limits {
  private static final Map<String, Integer> DEFAULTS = new LinkedHashMap<>();

  static {
    DEFAULTS.put("network", 100);
    DEFAULTS.put("subnet", 100);
    DEFAULTS.put("subnetpool", -1);
    DEFAULTS.put("port", 500);
    DEFAULTS.put("router", 10);
    DEFAULTS.put("floatingip", 50);
    DEFAULTS.put("security_group", 10);
    DEFAULTS.put("security_group_rule", 100);
    DEFAULTS.put("rbac_policy", 10);
  }

  /** Where limits are kept; upstream has no unified ones for this service. */
  public static final Config.Key<String> DRIVER =
      Config.Key.text(
          "quotas.driver",
          "local",
          "Where limits are kept: local (quotas) or unified (Identity's limits).");

  private final Quotas quotas;

  /**
   * @param unified Identity's limits by these resources' names, or null; what is not registered has
   *     its option's limit
   */
  public Limits(Config config, UnifiedLimits unified) {
    var defaults = new LinkedHashMap<String, Long>();
    DEFAULTS.forEach((k, v) -> defaults.put(k, (long) config.get(key(k))));
    var own = new Quotas(defaults, 409);
    var names = new LinkedHashMap<String, String>();
    defaults.keySet().forEach(k -> names.put(k, k));
    quotas =
        unified == null
            ? own
            : own.unified(new Quotas.Unified(unified, names, List.of(), defaults));
  }

  private static Config.Key<Integer> key(String resource) {
    return Config.Key.number(
        "quotas.quota_" + resource,
        DEFAULTS.get(resource),
        "How many of these a project may have; -1 for no limit.");
  }

  public static List<Config.Key<?>> options() {
    var out = new ArrayList<Config.Key<?>>();
    out.add(DRIVER);
    DEFAULTS.keySet().forEach(k -> out.add(key(k)));
    return out;
  }

  Quotas quotas() {
    return quotas;
  }

  /** Counts more, or refuses. */
  public void take(Sql sql, String projectId, String resource, int amount) {
    try {
      quotas.take(sql, projectId, resource, amount);
    } catch (Fault f) {
      throw f.code().equals("OverQuota")
          ? Faults.conflict("OverQuota", "Quota exceeded for resources: ['" + resource + "'].")
          : f;
    }
  }

  /** Counts more whatever the limit: what the service itself makes for a project. */
  public void count(Sql sql, String projectId, String resource, int amount) {
    quotas.take(sql, projectId, resource, 0);
    quotas.give(sql, projectId, resource, -amount);
  }

  public void give(Sql sql, String projectId, String resource, int amount) {
    quotas.give(sql, projectId, resource, amount);
  }
}
