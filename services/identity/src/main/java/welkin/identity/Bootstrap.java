package welkin.identity;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.core.Secret;
import welkin.identity.assignment.Assignment;
import welkin.identity.assignment.AssignmentStore;
import welkin.identity.endpoint.Endpoint;
import welkin.identity.endpoint.EndpointStore;
import welkin.identity.project.Project;
import welkin.identity.project.ProjectStore;
import welkin.identity.region.Region;
import welkin.identity.region.RegionStore;
import welkin.identity.role.Role;
import welkin.identity.role.RoleStore;
import welkin.identity.service.ServiceEntry;
import welkin.identity.service.ServiceStore;
import welkin.identity.shared.Backend;
import welkin.identity.user.Passwords;
import welkin.identity.user.User;
import welkin.identity.user.UserStore;
import welkin.peers.Endpoints;
import welkin.store.DatabaseUnavailable;
import welkin.store.Sql;
import welkin.store.StoreException;

/**
 * What a cloud cannot begin without, made on first start and found on every later one: the default
 * domain, the roles, the administrator, the services' own user, and the catalog.
 */
final class Bootstrap {
  static final String DOMAIN = "default";
  static final String SERVICE_USER = "welkin-service";
  static final String SERVICE_PROJECT = "service";
  private static final int ATTEMPTS = 10;
  private static final String REGION = "RegionOne";

  private record Offered(String type, String name, String path, String description) {}

  private static final List<Offered> CATALOG =
      List.of(
          new Offered("identity", "keystone", "/v3", "Identity"),
          new Offered("image", "glance", "/image", "Image"),
          new Offered("placement", "placement", "/placement", "Placement"),
          new Offered("compute", "nova", "/compute/v2.1", "Compute"),
          new Offered("network", "neutron", "/network", "Networking"));

  private final Backend backend;
  private final Passwords passwords;
  private final String adminName;
  private final String adminProject;
  private final Secret servicePassword;

  Bootstrap(
      Backend backend,
      Passwords passwords,
      String adminName,
      String adminProject,
      Secret servicePassword) {
    this.backend = backend;
    this.passwords = passwords;
    this.adminName = adminName;
    this.adminProject = adminProject;
    this.servicePassword = servicePassword;
  }

  /**
   * Makes what is missing.
   *
   * @param password the administrator's, used only when that user is made now
   * @param addresses where each service answers
   * @return whether the administrator was made now, with that password
   */
  boolean run(Secret password, Endpoints addresses) {
    // control hosts that start together make it together: the first to commit made it, the others
    // meet its rows and find them the next time round
    for (int attempt = 1; ; attempt++) {
      try {
        return once(password, addresses);
      } catch (StoreException met) {
        if (met instanceof DatabaseUnavailable || attempt == ATTEMPTS) {
          throw met;
        }
      }
    }
  }

  private boolean once(Secret password, Endpoints addresses) {
    boolean known =
        backend.database().read(sql -> UserStore.named(sql, DOMAIN, adminName).isPresent());
    var hash = known ? null : passwords.hash(password);
    var serviceHash = serviceHash();
    boolean made =
        backend
            .database()
            .tx(
                sql -> {
                  // one at a time, from the first statement on
                  ProjectStore.lock(sql, DOMAIN);
                  boolean first = directory(sql, hash, serviceHash);
                  catalog(sql, addresses);
                  return first;
                });
    backend.epoch().end();
    return made;
  }

  /** The service user's new password, sealed; null when it need not change. */
  private Secret serviceHash() {
    if (servicePassword.reveal().isEmpty()) {
      return null;
    }
    var user = backend.database().read(sql -> UserStore.named(sql, DOMAIN, SERVICE_USER));
    var had = user.map(User::passwordHash).orElse(null);
    return had != null && passwords.check(servicePassword, had)
        ? null
        : passwords.hash(servicePassword);
  }

  private boolean directory(Sql sql, Secret hash, Secret serviceHash) {
    if (ProjectStore.find(sql, DOMAIN).isEmpty()) {
      ProjectStore.insert(
          sql,
          new Project(
              DOMAIN,
              null,
              null,
              "Default",
              true,
              true,
              "The default domain",
              List.of(),
              Json.object(),
              Json.object()));
      backend.tell(sql, "domain", "created", null, DOMAIN);
    }
    var roles = roles(sql);
    var adminHome = project(sql, adminProject, "The administrators' project");
    var serviceHome = project(sql, SERVICE_PROJECT, "The services' own project");
    var admin = UserStore.named(sql, DOMAIN, adminName).orElse(null);
    boolean first = admin == null;
    if (first) {
      admin = user(sql, adminName, hash, adminHome);
    }
    var service = UserStore.named(sql, DOMAIN, SERVICE_USER).orElse(null);
    if (service == null) {
      service = user(sql, SERVICE_USER, serviceHash, serviceHome);
    } else if (serviceHash != null) {
      UserStore.setPassword(sql, service.id(), serviceHash, backend.clock().instant());
    }
    var adminRole = roles.get("admin");
    if (first) { // an operator who takes these away later means it
      AssignmentStore.insert(
          sql, new Assignment(admin.id(), null, adminHome, null, false, adminRole, false));
      AssignmentStore.insert(
          sql, new Assignment(admin.id(), null, null, DOMAIN, false, adminRole, false));
      AssignmentStore.insert(
          sql, new Assignment(admin.id(), null, null, null, true, adminRole, false));
    }
    AssignmentStore.insert(
        sql, new Assignment(service.id(), null, serviceHome, null, false, adminRole, false));
    AssignmentStore.insert(
        sql,
        new Assignment(service.id(), null, serviceHome, null, false, roles.get("service"), false));
    return first;
  }

  private Map<String, String> roles(Sql sql) {
    var ids = new LinkedHashMap<String, String>();
    boolean first = RoleStore.named(sql, null, "admin").isEmpty();
    for (var name : List.of("admin", "manager", "member", "reader", "service")) {
      var role = RoleStore.named(sql, null, name).orElse(null);
      if (role == null) {
        ObjectNode options = Json.object();
        options.put("immutable", true);
        role = new Role(backend.ids().hex(), null, name, null, options, Json.object());
        RoleStore.insert(sql, role);
        backend.tell(sql, "role", "created", null, role.id());
      }
      ids.put(name, role.id());
    }
    if (first) {
      RoleStore.imply(sql, ids.get("admin"), ids.get("manager"));
      RoleStore.imply(sql, ids.get("manager"), ids.get("member"));
      RoleStore.imply(sql, ids.get("member"), ids.get("reader"));
    }
    return ids;
  }

  private String project(Sql sql, String name, String description) {
    var found = ProjectStore.named(sql, DOMAIN, name);
    if (found.isPresent()) {
      return found.get().id();
    }
    var made =
        new Project(
            backend.ids().hex(),
            DOMAIN,
            DOMAIN,
            name,
            false,
            true,
            description,
            List.of(),
            Json.object(),
            Json.object());
    ProjectStore.insert(sql, made);
    backend.tell(sql, "project", "created", made.id(), made.id());
    return made.id();
  }

  private User user(Sql sql, String name, Secret hash, String project) {
    var made =
        new User(
            backend.ids().hex(),
            DOMAIN,
            name,
            true,
            project,
            hash,
            hash == null ? null : backend.clock().instant(),
            null,
            Json.object(),
            Json.object());
    UserStore.insert(sql, made);
    backend.tell(sql, "user", "created", null, made.id());
    return made;
  }

  private void catalog(Sql sql, Endpoints addresses) {
    if (RegionStore.find(sql, REGION).isEmpty()) {
      RegionStore.insert(sql, new Region(REGION, "", null, Json.object()));
      backend.tell(sql, "region", "created", null, REGION);
    }
    var known = ServiceStore.all(sql);
    for (var offered : CATALOG) {
      if (known.stream().noneMatch(s -> s.type().equals(offered.type))) {
        var extra = Json.object().put("name", offered.name).put("description", offered.description);
        var service = new ServiceEntry(backend.ids().hex(), offered.type, true, extra);
        ServiceStore.insert(sql, service);
        backend.tell(sql, "service", "created", null, service.id());
        for (var face : List.of("public", "internal", "admin")) {
          var id = backend.ids().hex();
          EndpointStore.insert(
              sql,
              new Endpoint(
                  id,
                  face,
                  REGION,
                  service.id(),
                  addresses.url(offered.path),
                  true,
                  Json.object()));
          EndpointStore.made(sql, id, offered.path);
          backend.tell(sql, "endpoint", "created", null, id);
        }
      }
      EndpointStore.move(sql, offered.path, addresses.url(offered.path));
    }
  }
}
