package welkin.identity.role;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import welkin.store.Sql;

/** All roles and what each implies, as they were at one moment. */
public final class RoleGraph {
  private final Map<String, Role> roles = new LinkedHashMap<>();
  private final Map<String, List<String>> implied = new HashMap<>();

  public static RoleGraph load(Sql sql) {
    var graph = new RoleGraph();
    RoleStore.all(sql).forEach(r -> graph.roles.put(r.id(), r));
    RoleStore.implications(sql)
        .forEach(
            i ->
                graph
                    .implied
                    .computeIfAbsent(i.priorId(), p -> new ArrayList<>())
                    .add(i.impliedId()));
    return graph;
  }

  public Role role(String id) {
    return roles.get(id);
  }

  /** These roles and all they imply, each once, given ones first. */
  public Set<String> closure(Collection<String> ids) {
    var out = new LinkedHashSet<>(ids);
    var next = new ArrayDeque<>(ids);
    while (!next.isEmpty()) {
      for (var i : implied.getOrDefault(next.poll(), List.of())) {
        if (out.add(i)) {
          next.add(i);
        }
      }
    }
    return out;
  }

  /**
   * A role and the one that implies it.
   *
   * @param priorId null for the role the walk began with
   */
  public record Step(String roleId, String priorId) {}

  /** The role and all it implies, as often as there are ways of one step to each, itself first. */
  public Set<Step> steps(String id) {
    var out = new LinkedHashSet<Step>();
    var next = new ArrayDeque<Step>();
    next.add(new Step(id, null));
    while (!next.isEmpty()) {
      var step = next.poll();
      if (out.add(step)) {
        implied
            .getOrDefault(step.roleId(), List.of())
            .forEach(i -> next.add(new Step(i, step.roleId())));
      }
    }
    return out;
  }

  /** Every role whose closure has this one: itself and those that imply it. */
  public Set<String> implying(String id) {
    var out = new LinkedHashSet<String>();
    out.add(id);
    for (var role : implied.keySet()) {
      if (closure(List.of(role)).contains(id)) {
        out.add(role);
      }
    }
    return out;
  }

  /** What a token shows: the closure without roles private to a domain. */
  public List<Role> effective(Collection<String> ids) {
    var out = new ArrayList<Role>();
    for (var id : closure(ids)) {
      var r = roles.get(id);
      if (r != null && r.domainId() == null) {
        out.add(r);
      }
    }
    return List.copyOf(out);
  }
}
