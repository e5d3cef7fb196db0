package welkin.identity.assignment;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.identity.ldap.Directories;
import welkin.identity.project.Project;
import welkin.identity.project.ProjectStore;
import welkin.identity.shared.Backend;
import welkin.identity.shared.ListRequest;
import welkin.store.Sql;

/** {@code GET /v3/role_assignments}. */
public final class AssignmentApi {
  private static final String INHERITED = "scope.OS-INHERIT:inherited_to";
  private final Backend backend;
  private final Directories directories;

  public AssignmentApi(Backend backend, Directories directories) {
    this.backend = backend;
    this.directories = directories;
  }

  public Routes routes() {
    var r = new Routes("/v3");
    r.get("/role_assignments", this::list).policyOnTarget("identity:list_role_assignments");
    return r;
  }

  private static boolean flag(Call call, String name) {
    return call.query().containsKey(name) && ListRequest.truth(call.query(name));
  }

  private Answer list(Call call) {
    boolean subtree = flag(call, "include_subtree");
    var project = call.query("scope.project.id");
    check(call, subtree, project);
    var own = call.caller().domainId();
    var target = new LinkedHashMap<String, Object>();
    if (subtree) {
      backend
          .database()
          .read(sql -> ProjectStore.find(sql, project))
          .ifPresent(
              p -> {
                target.put("target.domain_id", p.owningDomainId());
                target.put("target.project.id", p.id());
                target.put("target.project.domain_id", p.owningDomainId());
              });
    } else if (own != null) {
      target.put("target.domain_id", own);
    }
    var rule =
        subtree ? "identity:list_role_assignments_for_tree" : "identity:list_role_assignments";
    call.enforce(rule, target);
    call.enforcedByFilter();
    if (flag(call, "effective")) {
      directories.freshAssignments();
    }
    boolean names = flag(call, "include_names");
    var rows =
        backend
            .database()
            .read(
                sql -> {
                  var query = query(sql, call, subtree, project);
                  var out = new ArrayList<ObjectNode>();
                  var all = query.run(sql);
                  var known = names ? Names.of(sql, all) : null;
                  var projects = own == null ? Set.<String>of() : projectsOf(sql, own, all);
                  for (var found : all) {
                    if (own == null || isIn(own, projects, found.assignment())) {
                      out.add(show(call, found, known));
                    }
                  }
                  return out;
                });
    return ListRequest.answer(call, "role_assignments", rows);
  }

  private static void check(Call call, boolean subtree, String project) {
    boolean effective = flag(call, "effective");
    if (call.query("user.id") != null && call.query("group.id") != null) {
      throw Fault.badRequest("Specify a user or group, not both");
    }
    if (effective && call.query("group.id") != null) {
      throw Fault.badRequest(
          "Combining effective and group filter will always result in an empty list.");
    }
    if (effective && call.query(INHERITED) != null && call.query("scope.domain.id") != null) {
      throw Fault.badRequest(
          "Combining effective, domain and inherited filters will always result in an empty list.");
    }
    int scopes = 0;
    for (var name : List.of("scope.project.id", "scope.domain.id", "scope.system")) {
      scopes += call.query(name) != null ? 1 : 0;
    }
    if (scopes > 1) {
      throw Fault.badRequest("Specify a domain or project or the system, not several");
    }
    if (subtree && project == null) {
      throw Fault.badRequest(
          "scope.project.id must be specified if include_subtree is also specified");
    }
    var inherited = call.query(INHERITED);
    if (inherited != null && !inherited.equals("projects")) {
      throw Fault.badRequest("Only projects is a value of " + INHERITED);
    }
  }

  private static AssignmentQuery query(Sql sql, Call call, boolean subtree, String project) {
    Set<String> projects = null;
    if (project != null) {
      projects = new LinkedHashSet<>();
      projects.add(project);
      if (subtree) {
        projects.addAll(AssignmentQuery.Tree.of(sql, Set.of(project)).below(project));
      }
    }
    return new AssignmentQuery(
        call.query("user.id"),
        call.query("group.id"),
        projects,
        call.query("scope.domain.id"),
        call.query("scope.system") != null,
        call.query("role.id"),
        call.query(INHERITED) == null ? null : true,
        flag(call, "effective"));
  }

  /** Those of the projects named that are a domain's. */
  private static Set<String> projectsOf(
      Sql sql, String domain, Collection<AssignmentQuery.Found> all) {
    var named = new LinkedHashSet<String>();
    all.forEach(found -> named.add(found.assignment().projectId()));
    named.remove(null);
    return ProjectStore.findAll(sql, named).stream()
        .filter(p -> domain.equals(p.owningDomainId()))
        .map(Project::id)
        .collect(Collectors.toSet());
  }

  private static boolean isIn(String domain, Set<String> projects, Assignment a) {
    return a.domainId() != null ? a.domainId().equals(domain) : projects.contains(a.projectId());
  }

  private static ObjectNode show(Call call, AssignmentQuery.Found found, Names names) {
    var a = found.assignment();
    var out = Json.object();
    var role = out.putObject("role").put("id", a.roleId());
    boolean user = a.userId() != null;
    var actor = out.putObject(user ? "user" : "group").put("id", user ? a.userId() : a.groupId());
    var scope = out.putObject("scope");
    ObjectNode target = null;
    if (a.projectId() != null) {
      target = scope.putObject("project").put("id", a.projectId());
    } else if (a.domainId() != null) {
      target = scope.putObject("domain").put("id", a.domainId());
    } else {
      scope.putObject("system").put("all", true);
    }
    if (names != null) {
      names.role(role, a.roleId());
      if (user) {
        names.user(actor, a.userId());
      } else {
        names.group(actor, a.groupId());
      }
      if (target != null) {
        names.project(target, a.projectId() != null ? a.projectId() : a.domainId());
      }
    }
    if (found.direct().inherited()) {
      scope.put("OS-INHERIT:inherited_to", "projects");
    }
    links(out, call, found);
    return out;
  }

  private static void links(ObjectNode out, Call call, AssignmentQuery.Found found) {
    var links = out.putObject("links");
    var d = found.direct();
    var prior = found.priorRoleId();
    var base = call.base() + "/v3";
    links.put(
        "assignment",
        base
            + (d.inherited() ? "/OS-INHERIT" : "")
            + (d.projectId() != null
                ? "/projects/" + d.projectId()
                : d.domainId() != null ? "/domains/" + d.domainId() : "/system")
            + (d.userId() != null ? "/users/" + d.userId() : "/groups/" + d.groupId())
            + "/roles/"
            + (prior == null ? d.roleId() : prior)
            + (d.inherited() ? "/inherited_to_projects" : ""));
    if (d.groupId() != null && found.assignment().userId() != null) {
      links.put(
          "membership", base + "/groups/" + d.groupId() + "/users/" + found.assignment().userId());
    }
    if (prior != null) {
      links.put(
          "prior_role", base + "/prior_role/" + found.assignment().roleId() + "/implies/" + prior);
    }
  }
}
