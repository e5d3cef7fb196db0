package welkin.identity.assignment;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;
import welkin.identity.group.GroupStore;
import welkin.identity.project.ProjectStore;
import welkin.identity.role.RoleStore;
import welkin.identity.user.UserStore;
import welkin.store.Sql;

/** The names of what a list of assignments speaks of, looked up together. */
final class Names {
  /**
   * @param domainId whose name belongs to it, or null
   */
  private record Named(String name, String domainId) {}

  private final Map<String, Named> roles = new HashMap<>();
  private final Map<String, Named> users = new HashMap<>();
  private final Map<String, Named> groups = new HashMap<>();

  /** Domains, too, which have no domain of their own. */
  private final Map<String, Named> projects = new HashMap<>();

  private Names() {}

  static Names of(Sql sql, Collection<AssignmentQuery.Found> list) {
    var out = new Names();
    RoleStore.findAll(sql, ids(list, Assignment::roleId))
        .forEach(r -> out.roles.put(r.id(), new Named(r.name(), r.domainId())));
    UserStore.findAll(sql, ids(list, Assignment::userId))
        .forEach(u -> out.users.put(u.id(), new Named(u.name(), u.domainId())));
    GroupStore.findAll(sql, ids(list, Assignment::groupId))
        .forEach(g -> out.groups.put(g.id(), new Named(g.name(), g.domainId())));
    var targets = ids(list, Assignment::projectId);
    targets.addAll(ids(list, Assignment::domainId));
    out.findProjects(sql, targets);
    var domains = new HashSet<String>();
    for (var named : List.of(out.roles, out.users, out.groups, out.projects)) {
      named.values().stream().map(Named::domainId).filter(Objects::nonNull).forEach(domains::add);
    }
    domains.removeAll(out.projects.keySet());
    out.findProjects(sql, domains);
    return out;
  }

  private static Set<String> ids(
      Collection<AssignmentQuery.Found> list, Function<Assignment, String> id) {
    return list.stream()
        .map(found -> id.apply(found.assignment()))
        .filter(Objects::nonNull)
        .collect(Collectors.toCollection(HashSet::new));
  }

  private void findProjects(Sql sql, Collection<String> ids) {
    ProjectStore.findAll(sql, ids)
        .forEach(
            p ->
                projects.put(
                    p.id(), new Named(p.name(), p.isDomain() ? null : p.owningDomainId())));
  }

  void role(ObjectNode in, String id) {
    put(in, roles.get(id));
  }

  void user(ObjectNode in, String id) {
    put(in, users.get(id));
  }

  void group(ObjectNode in, String id) {
    put(in, groups.get(id));
  }

  /** A domain, too, which has no domain of its own. */
  void project(ObjectNode in, String id) {
    put(in, projects.get(id));
  }

  private void put(ObjectNode in, Named named) {
    if (named == null) {
      return;
    }
    in.put("name", named.name());
    if (named.domainId() != null) {
      project(in.putObject("domain").put("id", named.domainId()), named.domainId());
    }
  }
}
