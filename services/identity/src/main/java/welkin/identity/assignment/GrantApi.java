package welkin.identity.assignment;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Route;
import welkin.http.Routes;
import welkin.identity.group.GroupStore;
import welkin.identity.project.Project;
import welkin.identity.project.ProjectStore;
import welkin.identity.role.Role;
import welkin.identity.role.RoleStore;
import welkin.identity.role.RoleWire;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.shared.ListRequest;
import welkin.identity.user.UserStore;
import welkin.store.Sql;

/**
 * Roles of users and groups on projects, domains and the system: {@code
 * /v3/{target}/{id}/{actors}/{id}/roles}, also below {@code OS-INHERIT}.
 */
public final class GrantApi {
  private final Backend backend;
  private final Assignments assignments;

  public GrantApi(Backend backend) {
    this.backend = backend;
    this.assignments = new Assignments(backend);
  }

  /** What a call is about, all looked up; a missing part is null until the caller was checked. */
  private record Looked(
      Assignment assignment, Role role, Fault missing, Map<String, Object> target) {}

  public Routes routes() {
    var r = new Routes("/v3");
    for (var target : new String[] {"/projects/{project_id}", "/domains/{domain_id}"}) {
      for (var actor : new String[] {"/users/{user_id}", "/groups/{group_id}"}) {
        rows(r, target + actor + "/roles", "", "grant", "grants", false);
        rows(
            r,
            "/OS-INHERIT" + target + actor + "/roles",
            "/inherited_to_projects",
            "grant",
            "grants",
            true);
      }
    }
    rows(
        r,
        "/system/users/{user_id}/roles",
        "",
        "system_grant_for_user",
        "system_grants_for_user",
        false);
    rows(
        r,
        "/system/groups/{group_id}/roles",
        "",
        "system_grant_for_group",
        "system_grants_for_group",
        false);
    return r;
  }

  private void rows(
      Routes r, String path, String suffix, String one, String many, boolean inherited) {
    Route.Handler check = call -> check(call, inherited);
    r.get(path + suffix, call -> list(call, inherited)).policyOnTarget("identity:list_" + many);
    r.get(path + "/{role_id}" + suffix, check).policyOnTarget("identity:check_" + one).success(204);
    r.put(path + "/{role_id}" + suffix, call -> grant(call, inherited))
        .policyOnTarget("identity:create_" + one)
        .success(204);
    r.delete(path + "/{role_id}" + suffix, call -> revoke(call, inherited))
        .policyOnTarget("identity:revoke_" + one)
        .success(204);
  }

  private Assignment enforced(Call call, boolean inherited) {
    var looked = backend.database().read(sql -> look(sql, call, inherited));
    call.enforce(looked.target);
    if (looked.missing != null) {
      throw looked.missing;
    }
    return looked.assignment;
  }

  private static Looked look(Sql sql, Call call, boolean inherited) {
    var target = new LinkedHashMap<String, Object>();
    Fault missing = null;
    var roleId = call.path("role_id");
    var role = roleId == null ? null : RoleStore.find(sql, roleId).orElse(null);
    if (role != null) {
      target.put("target.role.name", role.name());
      target.put("target.role.domain_id", role.domainId());
    } else if (roleId != null) {
      missing = Faults.notFound("role", roleId);
    }
    var userId = call.path("user_id");
    if (userId != null) {
      var user = UserStore.find(sql, userId).orElse(null);
      if (user == null) {
        missing = Faults.notFound("user", userId);
      } else {
        target.put("target.user.id", userId);
        target.put("target.user.domain_id", user.domainId());
      }
    }
    var groupId = call.path("group_id");
    if (groupId != null) {
      var group = GroupStore.find(sql, groupId).orElse(null);
      if (group == null) {
        missing = Faults.notFound("group", groupId);
      } else {
        target.put("target.group.domain_id", group.domainId());
      }
    }
    var projectId = call.path("project_id");
    if (projectId != null) {
      var project = ProjectStore.find(sql, projectId).orElse(null);
      if (project == null) {
        missing = Faults.notFound("project", projectId);
      } else {
        target.put("target.project.id", projectId);
        target.put("target.project.domain_id", project.owningDomainId());
      }
    }
    var domainId = call.path("domain_id");
    if (domainId != null) {
      if (ProjectStore.find(sql, domainId).filter(Project::isDomain).isEmpty()) {
        missing = Faults.notFound("domain", domainId);
      } else {
        target.put("target.domain.id", domainId);
      }
    }
    boolean gives = call.route().method().equals("PUT");
    if (gives && role != null && role.domainId() != null && missing == null) {
      missing = elsewhere(sql, role, projectId, domainId);
    }
    return new Looked(
        new Assignment(
            userId,
            groupId,
            projectId,
            domainId,
            projectId == null && domainId == null,
            roleId,
            inherited),
        role,
        missing,
        target);
  }

  /** A role private to a domain may be given there only. */
  private static Fault elsewhere(Sql sql, Role role, String projectId, String domainId) {
    var where =
        projectId == null
            ? domainId
            : ProjectStore.find(sql, projectId).map(Project::owningDomainId).orElse(null);
    return role.domainId().equals(where)
        ? null
        : Faults.forbidden("a role of one domain cannot be given in another, or on the system");
  }

  private Answer list(Call call, boolean inherited) {
    var wanted = enforced(call, inherited);
    var out = new java.util.ArrayList<ObjectNode>();
    var ids = assignments.like(wanted).stream().map(Assignment::roleId).toList();
    var roles = new HashMap<String, Role>();
    backend
        .database()
        .read(sql -> RoleStore.findAll(sql, ids))
        .forEach(role -> roles.put(role.id(), role));
    for (var id : ids) {
      if (roles.containsKey(id)) {
        out.add(RoleWire.show(call, roles.get(id)));
      }
    }
    return ListRequest.answer(call, "roles", out);
  }

  private Answer check(Call call, boolean inherited) {
    assignments.mustExist(enforced(call, inherited));
    return Answer.none();
  }

  private Answer grant(Call call, boolean inherited) {
    assignments.grant(enforced(call, inherited));
    return Answer.none();
  }

  private Answer revoke(Call call, boolean inherited) {
    assignments.revoke(enforced(call, inherited));
    return Answer.none();
  }
}
