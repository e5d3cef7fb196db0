package welkin.identity.role;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import welkin.core.Fault;
import welkin.identity.project.Project;
import welkin.identity.project.ProjectStore;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.shared.Fields;
import welkin.identity.shared.ListRequest;
import welkin.store.Database;
import welkin.store.DuplicateKey;

/** What can be done with roles. */
final class Roles {
  private static final Set<String> KNOWN = Set.of("name", "domain_id", "description", "options");
  private final Backend backend;

  Roles(Backend backend) {
    this.backend = backend;
  }

  Optional<Role> find(String id) {
    return backend.database().read(sql -> RoleStore.find(sql, id));
  }

  List<Role> list(ListRequest request) {
    return backend.database().read(sql -> RoleStore.list(sql, request));
  }

  RoleGraph graph() {
    return backend.database().read(RoleGraph::load);
  }

  List<RoleStore.Implication> implications() {
    return backend.database().read(RoleStore::implications);
  }

  Role create(Attributes given) {
    var domainId = given.text("domain_id");
    var role =
        new Role(
            backend.ids().hex(),
            domainId,
            given.text("name").strip(),
            given.text("description"),
            given.options(null),
            given.extra(null, KNOWN));
    return stored(
        role,
        sql -> {
          if (domainId != null
              && ProjectStore.find(sql, domainId).filter(Project::isDomain).isEmpty()) {
            throw Faults.notFound("domain", domainId);
          }
          RoleStore.insert(sql, role);
          backend.tell(sql, "role", "created", null, role.id());
        });
  }

  Role update(Role was, Attributes given) {
    if (was.isImmutable() && !given.lifts("immutable")) {
      throw immutable("update", was);
    }
    Fields.same(given, "domain_id", was.domainId());
    var role =
        new Role(
            was.id(),
            was.domainId(),
            given.text("name", was.name()).strip(),
            given.text("description", was.description()),
            given.options(was.options()),
            given.extra(was.extra(), KNOWN));
    return stored(
        role,
        sql -> {
          RoleStore.update(sql, role);
          backend.tell(sql, "role", "updated", null, role.id());
          backend.epoch().end(sql);
        });
  }

  /** Its assignments and implications go with it. */
  void delete(Role role) {
    if (role.isImmutable()) {
      throw immutable("delete", role);
    }
    backend
        .database()
        .change(
            sql -> {
              RoleStore.delete(sql, role.id());
              backend.tell(sql, "role", "deleted", null, role.id());
              backend.epoch().end(sql);
            });
  }

  /**
   * Who has {@code prior} has {@code implied} too.
   *
   * @throws Fault 403 when that would go in a circle
   */
  void imply(Role prior, Role implied) {
    if (implied.domainId() != null && prior.domainId() == null) {
      throw Faults.forbidden("implying a domain's own role from a global one");
    }
    if (implied.name().equals("admin")) {
      throw Faults.forbidden(
          "Role admin cannot be implied: it is named in prohibited_implied_role");
    }
    if (graph().closure(List.of(implied.id())).contains(prior.id())) {
      throw Faults.forbidden("The implied role would go in a circle");
    }
    backend
        .database()
        .change(
            sql -> {
              RoleStore.imply(sql, prior.id(), implied.id());
              backend.epoch().end(sql);
            });
  }

  void unimply(Role prior, Role implied) {
    boolean was =
        backend
            .database()
            .tx(
                sql -> {
                  backend.epoch().end(sql);
                  return RoleStore.unimply(sql, prior.id(), implied.id());
                });
    if (!was) {
      throw notImplied(prior, implied);
    }
  }

  static Fault notImplied(Role prior, Role implied) {
    return Fault.notFound(prior.id() + " does not imply " + implied.id());
  }

  private static Fault immutable(String verb, Role r) {
    return Fault.forbidden(
        "Cannot "
            + verb
            + " resource "
            + r.id()
            + ": it is immutable. Set the immutable option to false first.");
  }

  private Role stored(Role role, Database.Action action) {
    try {
      backend.database().change(action);
      return role;
    } catch (DuplicateKey e) {
      throw Faults.taken("role", "name " + role.name());
    }
  }
}
