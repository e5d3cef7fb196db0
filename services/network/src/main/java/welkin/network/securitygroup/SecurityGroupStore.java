package welkin.network.securitygroup;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import welkin.network.resource.Journal;
import welkin.network.resource.Resource;
import welkin.network.resource.ResourceStore;
import welkin.network.resource.ResourceStore.Column;
import welkin.store.ByIds;
import welkin.store.Sql;

/** Groups, rules, and which group is a project's default. */
public final class SecurityGroupStore {
  private static final int AT_ONCE = 500;

  private final ResourceStore groups;
  private final ResourceStore rules;

  public SecurityGroupStore(Journal journal) {
    groups =
        new ResourceStore(
            journal,
            "security_group",
            "security_group",
            "NULL",
            Set.of(),
            Column.text("name"),
            Column.text("description"),
            Column.flag("stateful"));
    rules =
        new ResourceStore(
            journal,
            "security_group_rule",
            "security_group_rule",
            "NULL",
            Set.of("fingerprint"),
            Column.text("security_group_id"),
            Column.text("remote_group_id"),
            Column.text("direction"),
            Column.text("ethertype"),
            Column.text("protocol"),
            Column.number("port_range_min", "port_range_min"),
            Column.number("port_range_max", "port_range_max"),
            Column.text("remote_ip_prefix"),
            Column.text("description"),
            Column.text("fingerprint"));
  }

  public ResourceStore groups() {
    return groups;
  }

  public ResourceStore rules() {
    return rules;
  }

  public List<Resource> rulesOf(Sql sql, Collection<String> groupIds) {
    return rules.whereIn(sql, "security_group_id", groupIds);
  }

  /**
   * A group and what hosts need of it.
   *
   * @param named whether a rule names it
   */
  public record Whole(String id, List<Resource> rules, boolean named) {}

  /** Groups by id with their rules, in no order. */
  public List<Whole> whole(Sql sql, Collection<String> ids) {
    record Row(String doc, String adminDoc, boolean named) {}
    return ByIds.byOwner(
            sql,
            "SELECT g.id, r.doc, r.admin_doc, CASE WHEN EXISTS (SELECT 1 FROM security_group_rule n"
                + " WHERE n.remote_group_id = g.id) THEN 1 ELSE 0 END AS named FROM security_group"
                + " g LEFT JOIN security_group_rule r ON r.security_group_id = g.id WHERE g.id IN ",
            ids,
            "id",
            "r.id",
            r -> new Row(r.text("doc"), r.text("admin_doc"), r.flag("named")))
        .entrySet()
        .stream()
        .map(
            e ->
                new Whole(
                    e.getKey(),
                    e.getValue().stream()
                        .filter(r -> r.doc != null)
                        .map(r -> ResourceStore.parsed(r.doc, r.adminDoc))
                        .toList(),
                    e.getValue().getFirst().named))
        .toList();
  }

  Optional<String> defaultOf(Sql sql, String projectId) {
    return sql.one(
        "SELECT group_id FROM default_group WHERE project_id = ?",
        r -> r.text("group_id"),
        projectId);
  }

  boolean isDefault(Sql sql, String groupId) {
    return sql.exists("SELECT 1 FROM default_group WHERE group_id = ?", groupId);
  }

  void setDefault(Sql sql, String projectId, String groupId) {
    sql.insert("default_group", "project_id", projectId, "group_id", groupId);
  }

  /** Forgets what else was kept about a group that goes. */
  void forget(Sql sql, String groupId) {
    sql.update("DELETE FROM default_group WHERE group_id = ?", groupId);
    sql.update("DELETE FROM rbac_policy WHERE object_id = ?", groupId);
  }

  /** Whether a project may use a group of another. */
  boolean isShared(Sql sql, String groupId, String projectId) {
    return !shared(sql, List.of(groupId), projectId).isEmpty();
  }

  /** Of these groups those that a project may use though they are another's. */
  Set<String> shared(Sql sql, List<String> groupIds, String projectId) {
    var out = new HashSet<String>();
    for (int i = 0; i < groupIds.size(); i += AT_ONCE) {
      var some = groupIds.subList(i, Math.min(groupIds.size(), i + AT_ONCE));
      var args = new ArrayList<Object>(some);
      args.add(projectId);
      out.addAll(
          sql.list(
              "SELECT DISTINCT object_id FROM rbac_policy WHERE object_id IN ("
                  + "?, ".repeat(some.size() - 1)
                  + "?) AND target_tenant IN (?, '*')",
              r -> r.text("object_id"),
              args.toArray()));
    }
    return out;
  }

  /** The rule of a group that says the same. */
  Optional<String> same(Sql sql, String groupId, String fingerprint) {
    return sql.one(
        "SELECT id FROM security_group_rule WHERE security_group_id = ? AND fingerprint = ?",
        r -> r.text("id"),
        groupId,
        fingerprint);
  }

  boolean inUse(Sql sql, String groupId) {
    return sql.exists("SELECT 1 FROM port_group WHERE group_id = ? LIMIT 1", groupId);
  }
}
