package welkin.identity.user;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import welkin.core.Fault;
import welkin.core.Secret;
import welkin.identity.federation.protocol.ProtocolStore;
import welkin.identity.federation.provider.IdentityProviderStore;
import welkin.identity.federation.shadow.FederatedUser;
import welkin.identity.federation.shadow.FederatedUserStore;
import welkin.identity.ldap.Directories;
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
  private final PasswordLogin login;
  private final Compliance compliance;
  private final Revocations revocations;
  private final Directories directories;

  public Users(
      Backend backend,
      Passwords passwords,
      PasswordLogin login,
      Compliance compliance,
      Revocations revocations,
      Directories directories) {
    this.backend = backend;
    this.passwords = passwords;
    this.login = login;
    this.compliance = compliance;
    this.revocations = revocations;
    this.directories = directories;
  }

  /**
   * @throws Fault 503 when the directory the user is in is away
   */
  public Optional<User> find(String id) {
    directories.freshUser(id);
    return backend.database().read(sql -> UserStore.find(sql, id)).map(login::seen);
  }

  List<User> list(ListRequest request, Map<String, String> known) {
    directories.freshUsers(request.value("domain_id"), request.value("name"), request.goesOn());
    return login.allSeen(backend.database().read(sql -> UserStore.list(sql, request, known)));
  }

  User create(Attributes given, String domainId) {
    directories.mustBeWritable(domainId);
    var user =
        withGiven(
            given.text("password"),
            new User(
                backend.ids().hex(),
                domainId,
                given.text("name").strip(),
                given.flag("enabled", true),
                given.text("default_project_id"),
                null,
                null,
                null,
                given.options(null),
                given.extra(null, KNOWN)));
    return stored(
        user,
        sql -> {
          if (ProjectStore.find(sql, domainId).filter(Project::isDomain).isEmpty()) {
            throw Faults.notFound("domain", domainId);
          }
          mustBeProject(sql, user.defaultProjectId());
          UserStore.insert(sql, user);
          remember(sql, user);
          link(sql, given, user);
          backend.tell(sql, "user", "created", null, user.id());
        });
  }

  User update(String id, Attributes given) {
    directories.mustNotOwn(id);
    var was =
        backend
            .database()
            .read(sql -> UserStore.find(sql, id))
            .orElseThrow(Faults.missing("user", id));
    Fields.same(given, "domain_id", was.domainId());
    var changed =
        new User(
            was.id(),
            was.domainId(),
            given.text("name", was.name()).strip(),
            given.flag("enabled", was.enabled()),
            given.text("default_project_id", was.defaultProjectId()),
            was.passwordHash(),
            was.passwordCreatedAt(),
            was.passwordExpiresAt(),
            given.options(was.options()),
            given.extra(was.extra(), KNOWN));
    var user = given.has("password") ? withGiven(given.text("password"), changed) : changed;
    return stored(
        user,
        sql -> {
          mustBeProject(sql, given.has("default_project_id") ? user.defaultProjectId() : null);
          UserStore.update(sql, user);
          link(sql, given, user);
          if (given.has("password")) {
            remember(sql, user);
          }
          if (given.has("enabled") && user.enabled()) {
            // an administrator's word ends a lock, and a long absence
            LoginRecordStore.put(sql, user.id(), LoginRecord.NONE);
          }
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

  /** Whether and how identity providers know a user. */
  List<FederatedUser> known(String id) {
    return backend.database().read(sql -> FederatedUserStore.ofUser(sql, id));
  }

  /** Replaces how identity providers know a user, when the request says so. */
  private static void link(Sql sql, Attributes given, User user) {
    var providers = given.get("federated");
    if (providers == null || providers.isEmpty()) {
      return;
    }
    FederatedUserStore.deleteOf(sql, user.id());
    for (var provider : providers) {
      var id = provider.get("idp_id").stringValue();
      if (IdentityProviderStore.find(sql, id).isEmpty()) {
        throw Fault.badRequest("Could not find Identity Provider: " + id);
      }
      for (var protocol : provider.get("protocols")) {
        var name = protocol.get("protocol_id").stringValue();
        if (ProtocolStore.find(sql, id, name).isEmpty()) {
          throw Fault.badRequest(
              "Could not find federated protocol " + name + " for Identity Provider: " + id + ".");
        }
        FederatedUserStore.insert(
            sql, new FederatedUser(id, name, protocol.get("unique_id").stringValue(), user.id()));
      }
    }
  }

  /** A user with a password that an administrator set; null takes it away. */
  private User withGiven(String password, User user) {
    if (password == null) {
      return user.withPassword(null, null, null);
    }
    compliance.mustMatch(Secret.of(password));
    var now = backend.clock().instant();
    return user.withPassword(
        passwords.hash(Secret.of(password)), now, compliance.endOfGiven(user, now));
  }

  private void remember(Sql sql, User user) {
    if (user.passwordHash() != null) {
      PasswordHistoryStore.add(
          sql,
          user.id(),
          user.passwordHash(),
          user.passwordCreatedAt(),
          Math.max(1, compliance.history()));
    }
  }

  /** A user's own change of password: the old one, expired or not, is all the proof there is. */
  void changePassword(String id, Secret original, Secret next) {
    directories.freshUserNow(id);
    var user = login.proven(backend.database().read(sql -> UserStore.find(sql, id)), original);
    directories.mustNotOwn(id);
    if (user.option("lock_password")) {
      throw Fault.badRequest(
          "Password change: the option lock_password is set, an administrator can change it.");
    }
    compliance.mustMatch(next);
    mustBeOldEnough(user);
    mustBeNew(user, original, next);
    var hash = passwords.hash(next);
    var now = backend.clock().instant();
    backend
        .database()
        .change(
            sql -> {
              var stored = UserStore.find(sql, id).orElseThrow(Faults.missing("user", id));
              var changed = stored.withPassword(hash, now, compliance.endOfOwn(stored, now));
              UserStore.update(sql, changed);
              remember(sql, changed);
              revocations.user(sql, id);
              backend.tell(sql, "user", "updated", null, id);
            });
  }

  /** One that must be changed at once may be changed at once. */
  private void mustBeOldEnough(User user) {
    var now = backend.clock().instant();
    var end = user.passwordExpiresAt();
    boolean expired = end != null && !now.isBefore(end);
    if (!expired && now.isBefore(user.passwordCreatedAt().plus(compliance.minimumAge()))) {
      throw Fault.badRequest(
          "Cannot change password before minimum age is met: "
              + compliance.minimumAge().toDays()
              + " day(s) after the last change.");
    }
  }

  private void mustBeNew(User user, Secret original, Secret next) {
    if (original.equals(next)) {
      throw Fault.badRequest("The new password is the same as the current one.");
    }
    if (compliance.history() > 0) {
      var before =
          backend
              .database()
              .read(sql -> PasswordHistoryStore.last(sql, user.id(), compliance.history()));
      if (before.stream().anyMatch(hash -> passwords.check(next, hash))) {
        throw Fault.badRequest(
            "The new password cannot be identical to a previous password. The total number which"
                + " includes the new password must be unique is "
                + compliance.history()
                + ".");
      }
    }
  }

  /** Its memberships, assignments and credentials go with it. */
  void delete(User user) {
    directories.mustNotOwn(user.id());
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
