package welkin.identity.federation.login;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.identity.assignment.Assignment;
import welkin.identity.assignment.AssignmentStore;
import welkin.identity.federation.mapping.Mapped;
import welkin.identity.federation.provider.IdentityProvider;
import welkin.identity.project.Project;
import welkin.identity.project.ProjectStore;
import welkin.identity.role.Role;
import welkin.identity.role.RoleStore;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.store.Sql;

/** Makes the projects a mapping gives a user, and the user's roles on them. */
final class Provisioning {
  private final Backend backend;

  Provisioning(Backend backend) {
    this.backend = backend;
  }

  /**
   * @param userDomainId a role private to a domain is given only to that domain's users
   * @throws Fault 404 for a role that is not there: nothing is made then
   */
  void provide(
      Sql sql, IdentityProvider provider, String userDomainId, String userId, Mapped mapped) {
    if (mapped.projects().isEmpty() && !mapped.exactProjects()) {
      return;
    }
    var roles = roles(sql, provider, userDomainId, mapped);
    Map<String, Set<String>> wanted = new HashMap<>();
    for (var p : mapped.projects()) {
      var project = project(sql, provider, p);
      var ids = wanted.computeIfAbsent(project, k -> new LinkedHashSet<>());
      p.roles().forEach(r -> ids.add(roles.get(r)));
    }
    boolean changed = false;
    var own =
        AssignmentStore.ofUser(sql, userId).stream()
            .filter(a -> userId.equals(a.userId()) && a.projectId() != null && !a.inherited())
            .toList();
    if (mapped.exactProjects()) {
      for (var a : own) {
        if (!wanted.getOrDefault(a.projectId(), Set.of()).contains(a.roleId())) {
          AssignmentStore.delete(sql, a);
          tell(sql, "deleted", a);
          changed = true;
        }
      }
    }
    for (var p : wanted.entrySet()) {
      for (var role : p.getValue()) {
        var a = new Assignment(userId, null, p.getKey(), null, false, role, false);
        if (!own.contains(a)) {
          AssignmentStore.insert(sql, a);
          tell(sql, "created", a);
          changed = true;
        }
      }
    }
    if (changed) {
      backend.epoch().end(sql);
    }
  }

  private void tell(Sql sql, String verb, Assignment a) {
    backend.tell(sql, "role_assignment", verb, a.projectId(), a.roleId());
  }

  private static Map<String, String> roles(
      Sql sql, IdentityProvider provider, String userDomainId, Mapped mapped) {
    var byName = new HashMap<String, Role>();
    for (var r : RoleStore.all(sql)) {
      if (r.domainId() == null || !byName.containsKey(r.name())) {
        byName.put(r.name(), r);
      }
    }
    var out = new HashMap<String, String>();
    for (var name : mapped.projects().stream().flatMap(p -> p.roles().stream()).toList()) {
      var role = byName.get(name);
      if (role == null) {
        throw Faults.notFound("role", name);
      }
      if (role.domainId() != null && !role.domainId().equals(userDomainId)) {
        throw Fault.forbidden(
            "role: "
                + name
                + " must be within the same domain as the identity provider: "
                + provider.id()
                + ".");
      }
      out.put(name, role.id());
    }
    return out;
  }

  private String project(Sql sql, IdentityProvider provider, Mapped.Project wanted) {
    var domain =
        FederatedLogin.domainId(sql, wanted.domain(), provider.domainId())
            .orElseThrow(() -> Faults.notFound("domain", String.valueOf(wanted.domain())));
    var name = wanted.name().strip();
    if (name.isEmpty() || name.length() > 64) {
      throw Fault.unauthorized("The name of a project must have 1 to 64 characters.");
    }
    return ProjectStore.named(sql, domain, name)
        .map(Project::id)
        .orElseGet(
            () -> {
              var made =
                  new Project(
                      backend.ids().hex(),
                      domain,
                      domain,
                      name,
                      false,
                      true,
                      "",
                      List.of(),
                      Json.object(),
                      Json.object());
              ProjectStore.insert(sql, made);
              backend.tell(sql, "project", "created", made.id(), made.id());
              return made.id();
            });
  }
}
