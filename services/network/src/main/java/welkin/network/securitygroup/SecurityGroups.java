package welkin.network.securitygroup;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Call;
import welkin.network.host.HostLog;
import welkin.network.quota.Limits;
import welkin.network.resource.Access;
import welkin.network.resource.Attributes;
import welkin.network.resource.Faults;
import welkin.network.resource.Noun;
import welkin.network.resource.Resource;
import welkin.network.resource.ResourceStore;
import welkin.network.resource.TagStore;
import welkin.network.resource.Tags;
import welkin.network.resource.Values;
import welkin.store.Database;
import welkin.store.ListQuery;
import welkin.store.Sql;

/** The verbs of security groups. Every project has one named default from its first use on. */
public final class SecurityGroups implements Noun {
  private static final String DEFAULT = "default";

  private final SecurityGroupStore store;
  private final HostLog log;
  private final Limits limits;
  private final Access access;
  private final Attributes attributes =
      new Attributes("security_group", "security_groups")
          .both("name", Values.string(255), StringNode.valueOf(""))
          .flag("stateful", true)
          .post("tenant_id", Values.string(255), null)
          .both("description", Values.stringOrEmpty(255), StringNode.valueOf(""))
          .shown("shared")
          .shown("security_group_rules")
          .post("tags", Tags.reader(), Json.array())
          .standard();

  public SecurityGroups(SecurityGroupStore store, HostLog log, Limits limits, Access access) {
    this.store = store;
    this.log = log;
    this.limits = limits;
    this.access = access;
  }

  @Override
  public Attributes attributes() {
    return attributes;
  }

  @Override
  public ResourceStore store() {
    return store.groups();
  }

  @Override
  public String faultName() {
    return "SecurityGroup";
  }

  @Override
  public Fault notFound(String id) {
    return Fault.of(404, "SecurityGroupNotFound", "Security group " + id + " does not exist");
  }

  @Override
  public void visible(ListQuery query, String projectId) {
    query.where(
        "project_id = ? OR id IN (SELECT object_id FROM rbac_policy WHERE object_type ="
            + " 'security_group' AND target_tenant IN (?, '*'))",
        projectId,
        projectId);
  }

  @Override
  public boolean filter(ListQuery query, Caller caller, String key, List<String> values) {
    if (!key.equals("shared")) {
      return false;
    }
    boolean wanted = values.getFirst().equalsIgnoreCase("true") || values.getFirst().equals("1");
    query.where(
        "id "
            + (wanted ? "" : "NOT ")
            + "IN (SELECT object_id FROM rbac_policy WHERE object_type = 'security_group'"
            + " AND target_tenant IN (?, '*'))",
        caller.projectId());
    return true;
  }

  @Override
  public List<Resource> complete(Sql sql, Caller caller, List<Resource> page) {
    return complete(sql, caller, page, Set.of());
  }

  @Override
  public List<Resource> complete(Sql sql, Caller caller, List<Resource> page, Set<String> fields) {
    var ids = page.stream().map(Resource::id).toList();
    if (fields.isEmpty() || fields.contains("security_group_rules")) {
      var byGroup = new HashMap<String, List<Resource>>();
      for (var r : store.rulesOf(sql, ids)) {
        byGroup.computeIfAbsent(r.text("security_group_id"), k -> new ArrayList<>()).add(r);
      }
      for (var g : page) {
        var list = g.document().putArray("security_group_rules");
        for (var r : byGroup.getOrDefault(g.id(), List.of())) {
          list.add(SecurityGroupRules.shown(r));
        }
      }
    }
    if (fields.isEmpty() || fields.contains("shared")) {
      var shared = store.shared(sql, ids, caller.projectId());
      page.forEach(g -> g.set("shared", shared.contains(g.id())));
    }
    return page;
  }

  /** Rules may ask for what a list does not show. */
  @Override
  public void targets(
      Sql sql, Caller caller, List<Resource> page, List<Map<String, Object>> targets) {
    var shared = new AtomicReference<Set<String>>();
    Supplier<Set<String>> known =
        () -> {
          if (shared.get() == null) {
            var ids = page.stream().map(Resource::id).toList();
            shared.set(store.shared(sql, ids, caller.projectId()));
          }
          return shared.get();
        };
    for (int i = 0; i < page.size(); i++) {
      var id = page.get(i).id();
      targets.get(i).putIfAbsent("shared", (Supplier<?>) () -> known.get().contains(id));
    }
  }

  /**
   * A list makes sure that the caller's project has its default group; one of other projects would
   * not show it.
   */
  @Override
  public void prepare(Database database, Call list) {
    var projectId = list.caller().projectId();
    var of = new ArrayList<>(list.queryAll("project_id"));
    of.addAll(list.queryAll("tenant_id"));
    if (projectId != null
        && (of.isEmpty() || of.contains(projectId))
        && database.read(sql -> store.defaultOf(sql, projectId)).isEmpty()) {
      database.change(sql -> defaultGroup(sql, projectId));
    }
  }

  /** The id of a project's default group, made when it has none. */
  public String defaultGroup(Sql sql, String projectId) {
    return store
        .defaultOf(sql, projectId)
        .orElseGet(
            () -> {
              var values =
                  attributes.create(
                      Json.object()
                          .put("name", DEFAULT)
                          .put("description", "Default security group"));
              values.put("project_id", projectId).put("tenant_id", projectId);
              var group = insert(sql, new Resource(values));
              store.setDefault(sql, projectId, group.id());
              limits.count(sql, projectId, "security_group", 1);
              for (var version : List.of("IPv4", "IPv6")) {
                SecurityGroupRules.standard(sql, store, group, "ingress", version, group.id());
              }
              limits.count(sql, projectId, "security_group_rule", 4);
              return group.id();
            });
  }

  /** Keeps a group with the two rules that let everything out. */
  private Resource insert(Sql sql, Resource group) {
    var kept = store.groups().insert(sql, group);
    for (var version : List.of("IPv4", "IPv6")) {
      SecurityGroupRules.standard(sql, store, kept, "egress", version, null);
    }
    return kept;
  }

  @Override
  public Resource create(Sql sql, Caller caller, ObjectNode values) {
    var project = Json.string(values, "project_id");
    if (DEFAULT.equals(Json.string(values, "name"))) {
      throw Faults.conflict(
          "SecurityGroupDefaultAlreadyExists", "Default security group already exists.");
    }
    defaultGroup(sql, project);
    limits.take(sql, project, "security_group", 1);
    limits.count(sql, project, "security_group_rule", 2);
    var group = insert(sql, new Resource(values));
    TagStore.keep(sql, group);
    return group;
  }

  @Override
  public Resource update(Sql sql, Caller caller, Resource current, ObjectNode changes) {
    if (store.isDefault(sql, current.id())
        && changes.has("name")
        && !DEFAULT.equals(Json.string(changes, "name"))) {
      throw Faults.conflict(
          "SecurityGroupCannotUpdateDefault", "Updating default security group not allowed.");
    }
    if (changes.has("stateful")
        && !changes.get("stateful").equals(current.document().get("stateful"))
        && store.inUse(sql, current.id())) {
      throw inUse(current.id());
    }
    return store.groups().update(sql, current, current.copy().merge(changes));
  }

  @Override
  public void delete(Sql sql, Caller caller, Resource group) {
    boolean isDefault = store.isDefault(sql, group.id());
    if (isDefault && !access.isAdmin(caller)) {
      throw Faults.conflict(
          "SecurityGroupCannotRemoveDefault",
          "Insufficient rights for removing default security group.");
    }
    if (store.inUse(sql, group.id())) {
      throw inUse(group.id());
    }
    int own = 0;
    for (var r : store.rulesOf(sql, List.of(group.id()))) {
      store.rules().delete(sql, r);
      own++;
    }
    limits.give(sql, group.projectId(), "security_group_rule", own);
    for (var r : store.rules().where(sql, "remote_group_id", group.id())) {
      store.rules().delete(sql, r);
      limits.give(sql, r.projectId(), "security_group_rule", 1);
      log.touchGroup(sql, r.text("security_group_id"));
    }
    store.forget(sql, group.id());
    store.groups().delete(sql, group);
    limits.give(sql, group.projectId(), "security_group", 1);
  }

  private static Fault inUse(String id) {
    return Faults.conflict("SecurityGroupInUse", "Security Group " + id + " in use.");
  }

  /**
   * Refuses groups that do not exist, or that a port's owner may not use.
   *
   * @param caller null for the service itself
   */
  public void check(Sql sql, List<String> ids, String projectId, Caller caller) {
    Map<String, Resource> found = new HashMap<>();
    store.groups().findAll(sql, ids).forEach(g -> found.put(g.id(), g));
    for (var id : ids) {
      var g = found.get(id);
      if (g == null
          || !projectId.equals(g.projectId())
              && (caller == null || !access.isAdmin(caller))
              && !store.isShared(sql, id, projectId)) {
        throw notFound(id);
      }
    }
  }
}
