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
    var tree = new Tree(sql);
    var stored =
        userId != null
            ? AssignmentStore.ofUser(sql, userId)
            : AssignmentStore.matching(
                sql,
                null,
                null,
                targetsAndAbove(sql),
                roleId == null ? null : roles.implying(roleId));
    for (var direct : stored) {
      if (inherited != null && inherited != direct.inherited()) {
        continue;
      }
      for (var a : onTargets(direct, tree)) {
        if (!wanted(a)) {
          continue;
        }
        for (var user : users(sql, a)) {
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
    for (var id : projects) {
      var at = ProjectStore.find(sql, id).map(Project::parentId).orElse(null);
      while (at != null && out.add(at)) {
        at = ProjectStore.find(sql, at).map(Project::parentId).orElse(null);
      }
    }
    return out;
  }

  private boolean wanted(Assignment a) {
    return (projects == null || a.projectId() != null && projects.contains(a.projectId()))
        && (domainId == null || domainId.equals(a.domainId()))
        && (!system || a.system());
  }

  private List<String> users(Sql sql, Assignment a) {
    if (a.userId() != null) {
      return List.of(a.userId());
    }
    var members = GroupStore.members(sql, a.groupId());
    return userId == null ? members : members.stream().filter(userId::equals).toList();
  }

  /** A plain assignment is itself; an inherited one is one on each project below its target. */
  private static List<Assignment> onTargets(Assignment a, Tree tree) {
    if (!a.inherited()) {
      return List.of(a);
    }
    var out = new ArrayList<Assignment>();
    for (var p : tree.below(Objects.requireNonNullElse(a.projectId(), a.domainId()))) {
      out.add(new Assignment(a.userId(), a.groupId(), p, null, false, a.roleId(), false));
    }
    return out;
  }

  /** Projects below others, each looked up once. */
  static final class Tree {
    private final Sql sql;
    private final Map<String, List<String>> known = new HashMap<>();

    Tree(Sql sql) {
      this.sql = sql;
    }

    List<String> below(String id) {
      var found = known.get(id);
      if (found == null) {
        found = new ArrayList<>();
        for (Project child : ProjectStore.children(sql, id)) {
          found.add(child.id());
          found.addAll(below(child.id()));
        }
        known.put(id, found);
      }
      return found;
    }
  }
}
