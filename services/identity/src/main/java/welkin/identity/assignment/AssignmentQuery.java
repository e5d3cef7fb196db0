package welkin.identity.assignment;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import welkin.identity.group.GroupStore;
import welkin.identity.project.Project;
import welkin.identity.project.ProjectStore;
import welkin.identity.role.RoleGraph;
import welkin.store.Sql;

/**
 * What {@code GET /v3/role_assignments} asks for.
 *
 * @param projects the project or, with its subtree, all projects wanted; null for any
 * @param inherited only those that are (true) or are not (false) inherited; null for both
 * @param effective what users really have: groups, inheritance and implications worked out
 */
record AssignmentQuery(
    String userId,
    String groupId,
    Set<String> projects,
    String domainId,
    boolean system,
    String roleId,
    Boolean inherited,
    boolean effective) {

  /**
   * An assignment as it is listed; one that comes in several ways is listed for each, as keystone
   * does.
   *
   * @param direct the stored assignment it comes from
   * @param priorRoleId the role that implies its role at once, or null
   */
  record Found(Assignment assignment, Assignment direct, String priorRoleId) {}

  List<Found> run(Sql sql) {
    var out = new ArrayList<Found>();
    if (!effective) {
      for (var a :
          AssignmentStore.matching(
              sql, userId, groupId, targets(), roleId == null ? null : List.of(roleId))) {
        if (wanted(a) && (inherited == null || inherited == a.inherited())) {
          out.add(new Found(a, a, null));
        }
      }
      return out;
    }
    var roles = RoleGraph.load(sql);
    var seen = new LinkedHashSet<Found>();
    var stored =
        userId != null
            ? AssignmentStore.ofUser(sql, userId)
            : AssignmentStore.matching(
                sql,
                null,
                null,
                targetsAndAbove(sql),
                roleId == null ? null : roles.implying(roleId));
    var meant =
        stored.stream().filter(a -> inherited == null || inherited == a.inherited()).toList();
    var tree = Tree.of(sql, inheritedFrom(meant));
    var members = GroupStore.members(sql, groups(meant));
    for (var direct : meant) {
      for (var a : onTargets(direct, tree)) {
        if (!wanted(a)) {
          continue;
        }
        for (var user : users(a, members)) {
          for (var step : roles.steps(a.roleId())) {
            var role = step.roleId();
            var one =
                new Assignment(user, null, a.projectId(), a.domainId(), a.system(), role, false);
            var r = roles.role(role);
            if (r != null && r.domainId() == null && (roleId == null || roleId.equals(role))) {
              seen.add(new Found(one, direct, step.priorId()));
            }
          }
        }
      }
    }
    return List.copyOf(seen);
  }

  /** The projects or the domain asked for; null for any. */
  private Collection<String> targets() {
    return projects != null ? projects : domainId != null ? List.of(domainId) : null;
  }

  /** And those from which they inherit. */
  private Collection<String> targetsAndAbove(Sql sql) {
    if (projects == null) {
      return targets();
    }
    var out = new LinkedHashSet<>(projects);
    Collection<String> level = projects;
    while (!level.isEmpty()) {
      level =
          ProjectStore.findAll(sql, level).stream()
              .map(Project::parentId)
              .filter(parent -> parent != null && out.add(parent))
              .toList();
    }
    return out;
  }

  private boolean wanted(Assignment a) {
    return (projects == null || a.projectId() != null && projects.contains(a.projectId()))
        && (domainId == null || domainId.equals(a.domainId()))
        && (!system || a.system());
  }

  private List<String> users(Assignment a, Map<String, List<String>> members) {
    if (a.userId() != null) {
      return List.of(a.userId());
    }
    var of = members.getOrDefault(a.groupId(), List.of());
    return userId == null ? of : of.stream().filter(userId::equals).toList();
  }

  private static Set<String> groups(Collection<Assignment> all) {
    var out = new LinkedHashSet<String>();
    all.forEach(a -> out.add(a.groupId()));
    out.remove(null);
    return out;
  }

  /** Projects and domains from which something is inherited. */
  private static Set<String> inheritedFrom(Collection<Assignment> all) {
    var out = new LinkedHashSet<String>();
    for (var a : all) {
      if (a.inherited()) {
        out.add(target(a));
      }
    }
    return out;
  }

  private static String target(Assignment a) {
    return Objects.requireNonNullElse(a.projectId(), a.domainId());
  }

  /** A plain assignment is itself; an inherited one is one on each project below its target. */
  private static List<Assignment> onTargets(Assignment a, Tree tree) {
    if (!a.inherited()) {
      return List.of(a);
    }
    var out = new ArrayList<Assignment>();
    for (var p : tree.below(target(a))) {
      out.add(new Assignment(a.userId(), a.groupId(), p, null, false, a.roleId(), false));
    }
    return out;
  }

  /**
   * Projects below others.
   *
   * @param children by the id of their parent
   */
  record Tree(Map<String, List<Project>> children) {

    /** What is below these, looked up level by level. */
    static Tree of(Sql sql, Set<String> ids) {
      var children = new HashMap<String, List<Project>>();
      Collection<String> level = ids;
      while (!level.isEmpty()) {
        level.forEach(id -> children.put(id, new ArrayList<>()));
        var found = ProjectStore.childrenOf(sql, level);
        found.forEach(p -> children.get(p.parentId()).add(p));
        level = found.stream().map(Project::id).filter(id -> !children.containsKey(id)).toList();
      }
      return new Tree(children);
    }

    /** Each followed by what is below it. */
    List<String> below(String id) {
      var out = new ArrayList<String>();
      for (var child : children.getOrDefault(id, List.of())) {
        out.add(child.id());
        out.addAll(below(child.id()));
      }
      return out;
    }
  }
}
