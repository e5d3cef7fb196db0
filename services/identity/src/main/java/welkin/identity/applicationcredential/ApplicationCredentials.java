package welkin.identity.applicationcredential;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ArrayNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.core.Secret;
import welkin.identity.applicationcredential.ApplicationCredential.AccessRule;
import welkin.identity.role.Role;
import welkin.identity.role.RoleStore;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Expiry;
import welkin.identity.shared.Faults;
import welkin.identity.shared.ListRequest;
import welkin.identity.token.Token;
import welkin.identity.user.Passwords;
import welkin.store.DuplicateKey;
import welkin.store.Sql;

/** What can be done with application credentials and their access rules. */
public final class ApplicationCredentials {
  private final Backend backend;
  private final Passwords passwords;
  private final int userLimit;

  /**
   * @param userLimit how many a user may have, -1 for any number
   */
  public ApplicationCredentials(Backend backend, Passwords passwords, int userLimit) {
    this.backend = backend;
    this.passwords = passwords;
    this.userLimit = userLimit;
  }

  Optional<ApplicationCredential> find(String id) {
    return backend.database().read(sql -> ApplicationCredentialStore.find(sql, id));
  }

  List<ApplicationCredential> list(ListRequest request, String userId) {
    return backend.database().read(sql -> ApplicationCredentialStore.list(sql, request, userId));
  }

  /** The roles of credentials, by id. */
  Map<String, Role> roles(List<ApplicationCredential> credentials) {
    var ids = credentials.stream().flatMap(c -> c.roleIds().stream()).collect(Collectors.toSet());
    return backend.database().read(sql -> RoleStore.findAll(sql, ids)).stream()
        .collect(Collectors.toMap(Role::id, r -> r));
  }

  /**
   * Makes one with at most the rights of the token it is made with.
   *
   * @param secret what it will log in with; only its hash is kept
   */
  ApplicationCredential create(Attributes given, Token token, Secret secret) {
    var hash = passwords.hash(secret);
    var userId = token.caller().userId();
    try {
      return backend
          .database()
          .tx(
              sql -> {
                if (userLimit >= 0 && ApplicationCredentialStore.count(sql, userId) >= userLimit) {
                  throw Faults.tooMany("application credentials", userLimit);
                }
                var made =
                    new ApplicationCredential(
                        backend.ids().hex(),
                        userId,
                        token.caller().projectId(),
                        given.text("name").strip(),
                        given.text("description"),
                        hash,
                        Expiry.read(given.text("expires_at"), backend.clock()),
                        given.flag("unrestricted", false),
                        roles(sql, given, token),
                        rules(sql, given, userId));
                for (var rule : ApplicationCredentialStore.insert(sql, made)) {
                  backend.tell(sql, "access_rule", "created", null, rule.id());
                }
                backend.tell(sql, "application_credential", "created", made.projectId(), made.id());
                return made;
              });
    } catch (DuplicateKey e) {
      throw Faults.taken("application_credential", "name " + given.text("name"));
    }
  }

  private static List<String> roles(Sql sql, Attributes given, Token token) {
    if (!(given.get("roles") instanceof ArrayNode asked) || asked.isEmpty()) {
      return token.roleIds();
    }
    var out = new ArrayList<String>();
    for (var role : asked) {
      var id = Json.string(role, "id");
      var name = Json.string(role, "name");
      var found =
          id != null
              ? RoleStore.find(sql, id)
              : name == null ? Optional.<Role>empty() : RoleStore.named(sql, null, name);
      if (found.filter(r -> token.roleIds().contains(r.id())).isEmpty()) {
        throw Fault.badRequest(
            "Invalid application credential: Could not find role assignment with role: "
                + (id != null ? id : name)
                + ", user: "
                + token.caller().userId()
                + ", project: "
                + token.caller().projectId()
                + ".");
      }
      out.add(found.get().id());
    }
    return out.stream().distinct().toList();
  }

  /** A rule the user has already is used again. */
  private List<AccessRule> rules(Sql sql, Attributes given, String userId) {
    var out = new ArrayList<AccessRule>();
    if (given.get("access_rules") instanceof ArrayNode asked) {
      var known = ApplicationCredentialStore.rules(sql, userId);
      for (var rule : asked) {
        var id = Json.string(rule, "id");
        if (id != null) {
          out.add(
              known.stream()
                  .filter(k -> k.id().equals(id))
                  .findFirst()
                  .orElseThrow(Faults.missing("access_rule", id)));
          continue;
        }
        for (var field : List.of("service", "method", "path")) {
          if (Json.string(rule, field) == null) {
            throw Fault.badRequest(
                "Invalid input for field 'access_rules': '" + field + "' is a required property");
          }
        }
        var wanted =
            new AccessRule(
                backend.ids().hex(),
                Json.string(rule, "service"),
                Json.string(rule, "method"),
                Json.string(rule, "path"));
        out.add(
            known.stream()
                .filter(
                    k ->
                        k.service().equals(wanted.service())
                            && k.method().equals(wanted.method())
                            && k.path().equals(wanted.path()))
                .findFirst()
                .orElse(wanted));
      }
    }
    return out;
  }

  void delete(ApplicationCredential c) {
    backend
        .database()
        .change(
            sql -> {
              ApplicationCredentialStore.delete(sql, c.userId(), c.id());
              backend.tell(sql, "application_credential", "deleted", c.projectId(), c.id());
              backend.epoch().end(sql);
            });
  }

  List<AccessRule> rules(String userId) {
    return backend.database().read(sql -> ApplicationCredentialStore.rules(sql, userId));
  }

  /**
   * @throws Fault 403 while an application credential has it
   */
  void deleteRule(AccessRule rule) {
    backend
        .database()
        .change(
            sql -> {
              if (ApplicationCredentialStore.ruleInUse(sql, rule.id())) {
                throw Faults.forbidden(
                    "access rule " + rule.id() + " is in use by an application credential");
              }
              ApplicationCredentialStore.deleteRule(sql, rule.id());
              backend.tell(sql, "access_rule", "deleted", null, rule.id());
            });
  }
}
