package welkin.compute.quota;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import welkin.http.Version;
import welkin.store.Quotas;
import welkin.store.UnifiedLimits;

/** What Compute counts, with upstream's default limits, and which of it a microversion shows. */
public final class ComputeQuotas {
  /** Legacy network resources: without limit here, the Network service counts them. */
  private static final Set<String> NETWORK =
      Set.of("fixed_ips", "floating_ips", "security_groups", "security_group_rules");

  private static final Set<String> FILES =
      Set.of("injected_files", "injected_file_content_bytes", "injected_file_path_bytes");

  /** Per request or per owner: limited, but not counted by project. */
  private static final Set<String> COUNTED = Set.of("instances", "cores", "ram", "server_groups");

  /** Under which names these are registered in Identity, as upstream calls them. */
  private static final Map<String, String> REGISTERED =
      Map.of(
          "instances", "servers",
          "cores", "class:VCPU",
          "ram", "class:MEMORY_MB",
          "metadata_items", "server_metadata_items",
          "injected_files", "server_injected_files",
          "injected_file_content_bytes", "server_injected_file_content_bytes",
          "injected_file_path_bytes", "server_injected_file_path_bytes",
          "key_pairs", "server_key_pairs",
          "server_groups", "server_groups",
          "server_group_members", "server_group_members");

  private ComputeQuotas() {}

  /**
   * With the limits that Identity keeps. As upstream does by default, {@code servers} must be
   * registered, and amounts of resource classes that are not registered are not limited; what is
   * counted by request or owner obeys the registered limit alone.
   */
  public static Quotas unified(UnifiedLimits limits) {
    var registeredOnly = new LinkedHashSet<>(REGISTERED.keySet());
    registeredOnly.removeAll(Set.of("instances", "cores", "ram"));
    return quotas()
        .unified(
            new Quotas.Unified(
                limits, REGISTERED, registeredOnly, Map.of("cores", -1L, "ram", -1L)));
  }

  public static Quotas quotas() {
    var d = new LinkedHashMap<String, Long>();
    d.put("instances", 10L);
    d.put("cores", 20L);
    d.put("ram", 51200L);
    d.put("fixed_ips", -1L);
    d.put("floating_ips", -1L);
    d.put("security_groups", -1L);
    d.put("security_group_rules", -1L);
    d.put("metadata_items", 128L);
    d.put("injected_files", 5L);
    d.put("injected_file_content_bytes", 10240L);
    d.put("injected_file_path_bytes", 255L);
    d.put("key_pairs", 100L);
    d.put("server_groups", 10L);
    d.put("server_group_members", 10L);
    return new Quotas(d, 403);
  }

  static boolean counted(String resource) {
    return COUNTED.contains(resource);
  }

  /** The resources a quota set shows. */
  static Set<String> shown(Map<String, Long> all, Version version) {
    var names = new LinkedHashSet<>(all.keySet());
    if (version.atLeast(2, 36)) {
      names.removeAll(NETWORK);
    }
    if (version.atLeast(2, 57)) {
      names.removeAll(FILES);
    }
    return names;
  }

  /** The resources a quota class set shows: server groups only since 2.50. */
  static Set<String> shownInClass(Map<String, Long> all, Version version) {
    var names = new LinkedHashSet<>(all.keySet());
    if (version.atLeast(2, 50)) {
      names.removeAll(NETWORK);
    } else {
      names.remove("server_groups");
      names.remove("server_group_members");
    }
    if (version.atLeast(2, 57)) {
      names.removeAll(FILES);
    }
    return names;
  }
}
