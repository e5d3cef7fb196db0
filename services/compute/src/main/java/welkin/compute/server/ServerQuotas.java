package welkin.compute.server;

import java.util.LinkedHashMap;
import java.util.Map;
import welkin.compute.flavor.Flavor;
import welkin.compute.servergroup.ServerGroupStore;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.store.Quotas;
import welkin.store.Sql;

/** How many servers a project may have, and what each of them. */
final class ServerQuotas {
  private final Quotas quotas;

  ServerQuotas(Quotas quotas) {
    this.quotas = quotas;
  }

  /** Counts the servers; says how many of those wanted may be had. */
  int take(Sql sql, String project, Flavor flavor, CreateRequest wish) {
    metadataFits(sql, project, wish.metadata().size());
    for (int n = wish.maxCount(); ; n--) {
      if (n > wish.minCount() && !fitsQuota(sql, project, flavor, n)) {
        continue;
      }
      quotas.take(sql, project, amounts(n, flavor.vcpus(), flavor.ramMb()));
      return n;
    }
  }

  /** What so many servers count of each resource, in the order in which it is refused. */
  static Map<String, Long> amounts(long servers, int vcpus, int ramMb) {
    var amounts = new LinkedHashMap<String, Long>();
    amounts.put("instances", servers);
    amounts.put("cores", servers * vcpus);
    amounts.put("ram", servers * ramMb);
    return amounts;
  }

  private boolean fitsQuota(Sql sql, String project, Flavor flavor, int n) {
    var limits = quotas.limits(sql, project);
    var used = quotas.usage(sql, project);
    return amounts(n, flavor.vcpus(), flavor.ramMb()).entrySet().stream()
        .allMatch(
            e ->
                limits.get(e.getKey()) < 0
                    || used.get(e.getKey()) + e.getValue() <= limits.get(e.getKey()));
  }

  /** Refuses more metadata than a server may have. */
  void metadataFits(Sql sql, String project, int items) {
    if (items == 0) { // fits every limit
      return;
    }
    quotas.fits(
        sql,
        project,
        "metadata_items",
        any -> 0,
        items,
        "Maximum number of metadata items exceeds " + quotas.limit(sql, project, "metadata_items"));
  }

  /** Refuses what a server group has no room for. */
  void joinable(Sql sql, Caller caller, String groupId, int more) {
    if (groupId == null) {
      return;
    }
    if (!ServerGroupStore.exists(sql, groupId, caller.projectId())) {
      throw Fault.badRequest("Instance group " + groupId + " could not be found.");
    }
    long there = ServerGroupStore.countMembers(sql, groupId);
    quotas.fits(
        sql,
        caller.projectId(),
        "server_group_members",
        any -> there,
        more,
        "Quota exceeded, too many servers in group");
  }
}
