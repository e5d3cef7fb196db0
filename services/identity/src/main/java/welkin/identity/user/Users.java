package welkin.identity.user;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import welkin.core.Fault;
import welkin.core.Secret;
import welkin.identity.project.Project;
import welkin.identity.project.ProjectStore;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.shared.Fields;
import welkin.identity.shared.ListRequest;
import welkin.identity.token.Revocations;
import welkin.store.DuplicateKey;
import welkin.store.Sql;

/** What can be done with users. */
public final class Users {
  private static final Set<String> KNOWN =
      Set.of(
          "name",
          "domain_id",
          "enabled",
          "default_project_id",
          "password",
          "original_password",
          "password_expires_at",
          "options",
          "federated",
          "tenantId");

  private final Backend backend;
  private final Passwords passwords;
  private final Revocations revocations;

  public Users(Backend backend, Passwords passwords, Revocations revocations) {
    this.backend = backend;
    this.passwords = passwords;
    this.revocations = revocations;
  }

  public Optional<User> find(String id) {
    return backend.database().read(sql -> UserStore.find(sql, id));
  }

  List<User> list(ListRequest request) {
    return backend.database().read(sql -> UserStore.list(sql, request));
  }

  List<User> inGroup(ListRequest request, String groupId) {
    return backend.database().read(sql -> UserStore.inGroup(sql, request, groupId));
  }

  User create(Attributes given, String domainId) {
    var password = given.text("password");
    var hash = password == null ? null : passwords.hash(Secret.of(password));
    var user =
        new User(
            backend.ids().hex(),
            domainId,
            given.text("name").strip(),
            given.flag("enabled", true),
            given.text("default_project_id"),
            hash,
            hash == null ? null : backend.clock().instant(),
            null,
            given.options(null),
            given.extra(null, KNOWN));
    return stored(
        user,
        sql -> {
          if (ProjectStore.find(sql, domainId).filter(Project::isDomain).isEmpty()) {
            throw Faults.notFound("domain", domainId);
          }
          mustBeProject(sql, user.defaultProjectId());
          UserStore.insert(sql, user);
          backend.tell(sql, "user", "created", null, user.id());
        });
  }

  User update(User was, Attributes given) {
    Fields.same(given, "domain_id", was.domainId());
    var password = given.text("password");
    var hash =
        !given.has("password")
            ? was.passwordHash()
            : password == null ? null : passwords.hash(Secret.of(password));
    var user =
        new User(
            was.id(),
            was.domainId(),
            given.text("name", was.name()).strip(),
            given.flag("enabled", was.enabled()),
            given.text("default_project_id", was.defaultProjectId()),
            hash,
            given.has("password")
                ? hash == null ? null : backend.clock().instant()
                : was.passwordCreatedAt(),
            given.has("password") ? null : was.passwordExpiresAt(),
            given.options(was.options()),
            given.extra(was.extra(), KNOWN));
    return stored(
        user,
        sql -> {
          mustBeProject(sql, given.has("default_project_id") ? user.defaultProjectId() : null);
          UserStore.update(sql, user);
          boolean disabled = was.enabled() && !user.enabled();
          if (disabled || given.has("password")) {
            revocations.user(sql, user.id());
          }
          backend.tell(sql, "user", "updated", null, user.id());
          if (disabled) {
            backend.tell(sql, "user", "disabled", null, user.id());
          }
          backend.epoch().end(sql);
        });
  }

  /** A user's own change of password: the old one is all the proof there is. */
  void changePassword(String id, Secret original, Secret next) {
    var user = find(id).orElse(null);
    boolean right = passwords.check(original, user == null ? null : user.passwordHash());
    if (!right || !user.enabled()) {
      throw Faults.unauthorized();
    }
    if (original.equals(next)) {
      throw Fault.badRequest("The new password is the same as the current one.");
    }
    var hash = passwords.hash(next);
    backend
        .database()
        .change(
            sql -> {
              var now = UserStore.find(sql, id).orElseThrow(Faults.missing("user", id));
              UserStore.update(
                  sql,
                  new User(
                      id,
                      now.domainId(),
                      now.name(),
                      now.enabled(),
                      now.defaultProjectId(),
                      hash,
                      backend.clock().instant(),
                      null,
                      now.options(),
                      now.extra()));
              revocations.user(sql, id);
              backend.tell(sql, "user", "updated", null, id);
            });
  }

  /** Its memberships, assignments and credentials go with it. */
  void delete(User user) {
    backend
        .database()
        .change(
            sql -> {
              UserStore.delete(sql, user.id());
              revocations.user(sql, user.id());
              backend.tell(sql, "user", "deleted", null, user.id());
              backend.epoch().end(sql);
            });
  }

  private User stored(User user, welkin.store.Database.Action action) {
    try {
      backend.database().change(action);
      return user;
    } catch (DuplicateKey e) {
      throw Faults.taken("user", "name " + user.name() + " at domain ID " + user.domainId());
    }
  }

  private static void mustBeProject(Sql sql, String id) {
    if (id != null && ProjectStore.find(sql, id).filter(Project::isDomain).isPresent()) {
      throw Fault.badRequest("Default project ID cannot be a domain ID: " + id);
    }
  }
}
