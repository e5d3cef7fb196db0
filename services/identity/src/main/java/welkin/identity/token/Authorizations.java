package welkin.identity.token;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.AccessRule;
import welkin.core.Json;
import welkin.identity.applicationcredential.ApplicationCredential;
import welkin.identity.applicationcredential.ApplicationCredentialStore;
import welkin.identity.assignment.AssignmentStore;
import welkin.identity.catalog.Catalog;
import welkin.identity.federation.protocol.ProtocolStore;
import welkin.identity.federation.provider.IdentityProviderStore;
import welkin.identity.federation.serviceprovider.ServiceProvider;
import welkin.identity.federation.serviceprovider.ServiceProviderStore;
import welkin.identity.federation.shadow.ExpiringMembershipStore;
import welkin.identity.ldap.Directories;
import welkin.identity.oauth1.OAuth1Store;
import welkin.identity.project.Project;
import welkin.identity.project.ProjectStore;
import welkin.identity.role.Role;
import welkin.identity.role.RoleGraph;
import welkin.identity.shared.Backend;
import welkin.identity.trust.Trust;
import welkin.identity.trust.TrustStore;
import welkin.identity.user.User;
import welkin.identity.user.UserStore;
import welkin.store.Sql;

/** Looks up what users may, and remembers it until anything it depends on changes. */
final class Authorizations {
  private record Key(String userId, Scope scope, Delegation delegation, Federation federation) {}

  /**
   * What a delegation leaves of somebody's rights.
   *
   * @param holder whose rights they are
   * @param all whether every role must still be held, or what is left of them does
   * @param field what a token's body calls it
   */
  private record Limit(
      String holder,
      List<String> roleIds,
      boolean all,
      String field,
      ObjectNode shown,
      Instant validUntil,
      boolean unrestricted,
      List<AccessRule> accessRules) {}

  /** Roles and catalog, the same for everyone. */
  private record Common(
      RoleGraph roles, Catalog catalog, List<ServiceProvider> serviceProviders, long epoch) {}

  private final Backend backend;
  private final Directories directories;
  private final Cache<Key, Authorization> cache = Caffeine.newBuilder().maximumSize(5_000).build();
  private volatile Common common;

  Authorizations(Backend backend, Directories directories) {
    this.backend = backend;
    this.directories = directories;
  }

  /** Looks at who is in a directory again, when it was not just done. */
  void refresh(String userId, Delegation delegation) {
    if (!directories.any()) {
      return;
    }
    directories.freshUser(userId);
    if (delegation != null && delegation.kind() == Delegation.Kind.TRUST) {
      backend
          .database()
          .read(sql -> TrustStore.find(sql, delegation.id()))
          .ifPresent(
              t -> {
                directories.freshUser(t.trustorId());
                directories.freshUser(t.trusteeId());
              });
    }
  }

  /**
   * What a user may on a scope; empty when the user, the scope or the delegation is gone, disabled
   * or expired, or no role is left.
   */
  Optional<Authorization> find(
      String userId, Scope scope, Delegation delegation, Federation federation) {
    refresh(userId, delegation);
    var key = new Key(userId, scope, delegation, federation);
    var kept = cache.getIfPresent(key);
    if (kept == null
        || kept.epoch() != backend.epoch().now()
        || !kept.isFresh(backend.clock().instant())) {
      long epoch = backend.epoch().now();
      kept = backend.database().read(sql -> load(sql, key, epoch));
      if (kept == null) {
        cache.invalidate(key);
        return Optional.empty();
      }
      cache.put(key, kept);
    }
    return kept.validUntil() != null && !backend.clock().instant().isBefore(kept.validUntil())
        ? Optional.empty()
        : Optional.of(kept);
  }

  private Authorization load(Sql sql, Key key, long epoch) {
    var user = UserStore.find(sql, key.userId).filter(User::enabled).orElse(null);
    var userDomain = user == null ? null : enabled(sql, user.domainId());
    if (userDomain == null) {
      return null;
    }
    if (key.federation != null && !isAlive(sql, key.federation)) {
      return null;
    }
    var limit = limit(sql, key);
    if (limit == null && key.delegation != null) {
      return null;
    }
    var holder = limit == null ? user.id() : limit.holder;
    var shared = common(sql, epoch);
    var fields = Json.object();
    var userNode = fields.putObject("user");
    userNode.putObject("domain").put("id", userDomain.id()).put("name", userDomain.name());
    userNode.put("id", user.id()).put("name", user.name());
    if (key.federation != null) {
      userNode.set("OS-FEDERATION", TokenWire.federation(key.federation));
    } else {
      userNode.put(
          "password_expires_at",
          user.passwordExpiresAt() == null ? null : TokenWire.time(user.passwordExpiresAt()));
    }
    var domains = new LinkedHashSet<String>();
    domains.add(userDomain.id());
    Project project = null;
    Collection<String> granted = List.of();
    var scope = key.scope;
    var groups = key.federation == null ? List.<String>of() : key.federation.groupIds();
    if (scope.projectId() != null) {
      project = enabled(sql, scope.projectId());
      var domain = project == null ? null : enabled(sql, project.owningDomainId());
      if (domain == null) {
        return null;
      }
      domains.add(domain.id());
      var node = fields.putObject("project");
      node.putObject("domain").put("id", domain.id()).put("name", domain.name());
      node.put("id", project.id()).put("name", project.name());
      fields.put("is_domain", project.isDomain());
      granted = AssignmentStore.onProject(sql, holder, groups, project.id());
    } else if (scope.domainId() != null) {
      var domain = enabled(sql, scope.domainId());
      if (domain == null || !domain.isDomain()) {
        return null;
      }
      domains.add(domain.id());
      fields.putObject("domain").put("id", domain.id()).put("name", domain.name());
      granted = AssignmentStore.onDomain(sql, user.id(), groups, domain.id());
    } else if (scope.system()) {
      fields.putObject("system").put("all", true);
      granted = AssignmentStore.onSystem(sql, user.id(), groups);
    }
    if (limit != null) {
      var still = shared.roles.closure(granted);
      if (limit.all && !still.containsAll(limit.roleIds)) {
        return null;
      }
      granted = limit.roleIds.stream().filter(still::contains).toList();
      fields.set(limit.field, limit.shown);
    }
    var roles = shared.roles.effective(granted);
    if (roles.isEmpty() && !scope.isUnscoped()) {
      return null;
    }
    if (!scope.isUnscoped()) {
      var list = fields.putArray("roles");
      roles.forEach(r -> list.addObject().put("id", r.id()).put("name", r.name()));
    }
    if (!shared.serviceProviders.isEmpty()) {
      var list = fields.putArray("service_providers");
      shared.serviceProviders.forEach(
          p ->
              list.addObject()
                  .put("auth_url", p.authUrl())
                  .put("id", p.id())
                  .put("sp_url", p.spUrl()));
    }
    return new Authorization(
        user.id(),
        user.name(),
        user.domainId(),
        scope,
        project == null ? null : project.name(),
        project == null ? null : project.owningDomainId(),
        domains,
        roles,
        roles.stream().map(Role::name).toList(),
        TokenWire.unbraced(fields),
        scope.isUnscoped() ? null : shared.catalog.json(user.id(), scope.projectId()),
        limit == null ? null : limit.validUntil,
        limit == null || limit.unrestricted,
        limit == null ? List.of() : limit.accessRules,
        key.federation,
        ExpiringMembershipStore.firstEnd(sql, holder),
        epoch);
  }

  /** Null when there is no delegation, or it is gone, expired, or not for this user and scope. */
  private Limit limit(Sql sql, Key key) {
    if (key.delegation == null) {
      return null;
    }
    Instant now = backend.clock().instant();
    return switch (key.delegation.kind()) {
      case APPLICATION_CREDENTIAL ->
          ApplicationCredentialStore.find(sql, key.delegation.id())
              .filter(c -> c.userId().equals(key.userId) && !c.isExpired(now))
              .filter(c -> c.projectId().equals(key.scope.projectId())) // not where an EC2 key says
              .map(Authorizations::limit)
              .orElse(null);
      case OAUTH1 ->
          OAuth1Store.grant(sql, key.delegation.id())
              .filter(g -> g.userId().equals(key.userId))
              .filter(g -> g.projectId().equals(key.scope.projectId()))
              .filter(g -> g.expiresAt() == null || now.isBefore(g.expiresAt()))
              .map(g -> limit(key.delegation.id(), g))
              .orElse(null);
      case TRUST ->
          TrustStore.find(sql, key.delegation.id())
              .filter(t -> t.speaksFor().equals(key.userId) && !t.isExpired(now))
              .filter(t -> t.projectId().equals(key.scope.projectId()))
              .filter(t -> alive(sql, t.trustorId()) && alive(sql, t.trusteeId()))
              .map(Authorizations::limit)
              .orElse(null);
    };
  }

  private static Limit limit(ApplicationCredential c) {
    var shown =
        Json.object().put("id", c.id()).put("name", c.name()).put("restricted", !c.unrestricted());
    if (!c.accessRules().isEmpty()) {
      shown.set("access_rules", Json.tree(c.accessRules()));
    }
    return new Limit(
        c.userId(),
        c.roleIds(),
        false,
        "application_credential",
        shown,
        c.expiresAt(),
        c.unrestricted(),
        c.accessRules().stream()
            .map(r -> new AccessRule(r.service(), r.method(), r.path()))
            .toList());
  }

  private static Limit limit(Trust t) {
    var shown = Json.object().put("id", t.id()).put("impersonation", t.impersonation());
    shown.putObject("trustor_user").put("id", t.trustorId());
    shown.putObject("trustee_user").put("id", t.trusteeId());
    return new Limit(
        t.trustorId(), t.roleIds(), true, "OS-TRUST:trust", shown, t.expiresAt(), false, List.of());
  }

  private static Limit limit(String id, OAuth1Store.Grant g) {
    return new Limit(
        g.userId(),
        g.roleIds(),
        true,
        "OS-OAUTH1",
        Json.object().put("access_token_id", id).put("consumer_id", g.consumerId()),
        g.expiresAt(),
        false,
        List.of());
  }

  private static boolean alive(Sql sql, String userId) {
    return UserStore.find(sql, userId)
        .filter(u -> u.enabled() && enabled(sql, u.domainId()) != null)
        .isPresent();
  }

  private static boolean isAlive(Sql sql, Federation f) {
    return IdentityProviderStore.find(sql, f.identityProviderId())
            .filter(p -> p.enabled())
            .isPresent()
        && ProtocolStore.find(sql, f.identityProviderId(), f.protocolId()).isPresent();
  }

  private static Project enabled(Sql sql, String id) {
    return ProjectStore.find(sql, id).filter(Project::enabled).orElse(null);
  }

  private Common common(Sql sql, long epoch) {
    var c = common;
    if (c == null || c.epoch != epoch) {
      c =
          new Common(
              RoleGraph.load(sql), Catalog.load(sql), ServiceProviderStore.enabled(sql), epoch);
      common = c;
    }
    return c;
  }
}
