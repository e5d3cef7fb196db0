package welkin.identity.trust;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.identity.assignment.AssignmentStore;
import welkin.identity.project.ProjectStore;
import welkin.identity.role.Role;
import welkin.identity.role.RoleGraph;
import welkin.identity.role.RoleStore;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Expiry;
import welkin.identity.shared.Faults;
import welkin.identity.user.UserStore;
import welkin.store.Sql;

/** What can be done with trusts. */
public final class Trusts {
  private final Backend backend;
  private final int maxRedelegations;

  /**
   * @param maxRedelegations how often a trust may be passed on at most
   */
  public Trusts(Backend backend, int maxRedelegations) {
    this.backend = backend;
    this.maxRedelegations = maxRedelegations;
  }

  /** A trust that can still be used; one that cannot is as good as gone. */
  Optional<Trust> find(String id) {
    return backend
        .database()
        .read(sql -> TrustStore.find(sql, id))
        .filter(t -> t.isUsable(backend.clock().instant()));
  }

  List<Trust> list(String trustorId, String trusteeId) {
    return backend.database().read(sql -> TrustStore.list(sql, trustorId, trusteeId)).stream()
        .filter(t -> t.isUsable(backend.clock().instant()))
        .toList();
  }

  /**
   * Makes one.
   *
   * @param from the trust that its maker's token came from, or null
   * @param atMost the roles of that token, when it was made by delegation; else null
   */
  Trust create(Attributes given, Trust from, List<String> atMost) {
    boolean passable =
        given.flag("allow_redelegation", false) && !Integer.valueOf(0).equals(count(given));
    var uses = given.number("remaining_uses");
    var wanted =
        new Trust(
            backend.ids().hex(),
            given.text("trustor_user_id"),
            given.text("trustee_user_id"),
            given.text("project_id"),
            given.flag("impersonation", false),
            expiry(given, from),
            uses,
            from == null ? null : from.id(),
            redelegations(given, from, passable, uses),
            List.of());
    return backend
        .database()
        .tx(
            sql -> {
              for (var t = from; t != null; t = parent(sql, t)) {
                mayPassOn(t, wanted);
              }
              UserStore.find(sql, wanted.trusteeId())
                  .orElseThrow(Faults.missing("user", wanted.trusteeId()));
              if (wanted.projectId() == null) {
                throw Fault.forbidden("At least one role should be specified.");
              }
              ProjectStore.find(sql, wanted.projectId())
                  .orElseThrow(Faults.missing("project", wanted.projectId()));
              var made = wanted.with(roles(sql, given, wanted, from, atMost));
              TrustStore.insert(sql, made);
              backend.tell(sql, "OS-TRUST:trust", "created", made.projectId(), made.id());
              return made;
            });
  }

  /** With every trust that was made from it: their tokens are good for nothing at once. */
  void delete(Trust trust) {
    backend
        .database()
        .change(
            sql -> {
              TrustStore.delete(sql, trust.id());
              backend.tell(sql, "OS-TRUST:trust", "deleted", trust.projectId(), trust.id());
              backend.epoch().end(sql);
            });
  }

  List<Role> roles(Trust trust) {
    return backend
        .database()
        .read(
            sql ->
                trust.roleIds().stream().flatMap(id -> RoleStore.find(sql, id).stream()).toList());
  }

  private static Integer count(Attributes given) {
    return given.number("redelegation_count");
  }

  private Instant expiry(Attributes given, Trust from) {
    var asked = Expiry.read(given.text("expires_at"), backend.clock());
    return asked == null && from != null ? from.expiresAt() : asked;
  }

  private int redelegations(Attributes given, Trust from, boolean passable, Integer uses) {
    if (!passable) {
      if (uses != null && uses <= 0) {
        throw Fault.badRequest("remaining_uses must be a positive integer or null.");
      }
      return 0;
    }
    var asked = count(given);
    if (asked != null && asked > maxRedelegations) {
      throw Fault.forbidden(
          "Requested redelegation depth of "
              + asked
              + " is greater than allowed "
              + maxRedelegations);
    }
    if (uses != null) {
      throw Fault.badRequest("remaining_uses must not be set if redelegation is allowed");
    }
    if (from == null) {
      return asked == null ? maxRedelegations : asked;
    }
    int left = from.redelegationCount() - 1;
    if (asked != null && asked != left) {
      throw Fault.forbidden(
          "Modifying \"redelegation_count\" upon redelegation is forbidden. Omitting this"
              + " parameter is advised.");
    }
    return left;
  }

  private static Trust parent(Sql sql, Trust t) {
    return t.redelegatedTrustId() == null
        ? null
        : TrustStore.find(sql, t.redelegatedTrustId()).orElse(null);
  }

  /** Nothing may be passed on that is more than what was got. */
  private void mayPassOn(Trust from, Trust wanted) {
    if (from.redelegationCount() <= 0 || from.redelegationCount() > maxRedelegations) {
      throw Fault.forbidden(
          "Remaining redelegation depth of "
              + from.redelegationCount()
              + " out of allowed range of [0.."
              + maxRedelegations
              + "]");
    }
    if (wanted.remainingUses() != null) {
      throw Fault.forbidden(
          "Field \"remaining_uses\" is set to "
              + wanted.remainingUses()
              + " while it must not be set in order to redelegate a trust");
    }
    if (from.expiresAt() != null && wanted.expiresAt().isAfter(from.expiresAt())) {
      throw Fault.forbidden("Requested expiration time is more than redelegated trust can provide");
    }
    if (wanted.impersonation() && !from.impersonation()) {
      throw Fault.forbidden(
          "Impersonation is not allowed because redelegated trust does not specify impersonation."
              + " Redelegated trust id: "
              + from.id());
    }
    if (!from.projectId().equals(wanted.projectId())) {
      throw Fault.forbidden("A trust is passed on for the project it is for.");
    }
  }

  /** The roles asked for, each of which the trustor must have there. */
  private static List<String> roles(
      Sql sql, Attributes given, Trust wanted, Trust from, List<String> atMost) {
    if (!(given.get("roles") instanceof ArrayNode asked) || asked.isEmpty()) {
      throw Fault.forbidden("At least one role should be specified.");
    }
    var held =
        RoleGraph.load(sql)
            .closure(
                AssignmentStore.onProject(sql, wanted.trustorId(), List.of(), wanted.projectId()));
    var out = new ArrayList<String>();
    for (var role : asked) {
      var id = Json.string(role, "id");
      var name = Json.string(role, "name");
      var found =
          (id != null
                  ? RoleStore.find(sql, id)
                  : name == null ? Optional.<Role>empty() : RoleStore.named(sql, null, name))
              .map(Role::id)
              .orElseThrow(Faults.missing("role", id != null ? id : name));
      if (!held.contains(found)) {
        throw Faults.notFound("role", found);
      }
      if (from == null && atMost != null && !atMost.contains(found)) {
        throw Fault.forbidden("Some of requested roles are not in the token");
      }
      if (from != null && !from.roleIds().contains(found)) {
        throw Fault.forbidden("Some of requested roles are not in redelegated trust");
      }
      if (!out.contains(found)) {
        out.add(found);
      }
    }
    return out;
  }
}
