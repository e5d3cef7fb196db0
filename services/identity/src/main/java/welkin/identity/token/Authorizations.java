package welkin.identity.token;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import welkin.core.Json;
import welkin.identity.applicationcredential.ApplicationCredential;
import welkin.identity.applicationcredential.ApplicationCredentialStore;
import welkin.identity.assignment.AssignmentStore;
import welkin.identity.catalog.Catalog;
import welkin.identity.project.Project;
import welkin.identity.project.ProjectStore;
import welkin.identity.role.Role;
import welkin.identity.role.RoleGraph;
import welkin.identity.shared.Backend;
import welkin.identity.user.User;
import welkin.identity.user.UserStore;
import welkin.store.Sql;

/** Looks up what users may, and remembers it until anything it depends on changes. */
final class Authorizations {
  private record Key(String userId, Scope scope, String applicationCredentialId) {}

  /** Roles and catalog, the same for everyone. */
  private record Common(RoleGraph roles, Catalog catalog, long epoch) {}

  private final Backend backend;
  private final Cache<Key, Authorization> cache = Caffeine.newBuilder().maximumSize(5_000).build();
  private volatile Common common;

  Authorizations(Backend backend) {
    this.backend = backend;
  }

  /**
   * What a user may on a scope; empty when the user, the scope or the application credential is
   * gone, disabled or expired, or no role is left.
   */
  Optional<Authorization> find(String userId, Scope scope, String applicationCredentialId) {
    var key = new Key(userId, scope, applicationCredentialId);
    var kept = cache.getIfPresent(key);
    if (kept == null || kept.epoch() != backend.epoch().now()) {
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
    var credential = credential(sql, key);
    if (credential == null && key.applicationCredentialId != null) {
      return null;
    }
    var shared = common(sql, epoch);
    var fields = Json.object();
    var userNode = fields.putObject("user");
    userNode.putObject("domain").put("id", userDomain.id()).put("name", userDomain.name());
    userNode.put("id", user.id()).put("name", user.name());
    userNode.put(
        "password_expires_at",
        user.passwordExpiresAt() == null ? null : TokenWire.time(user.passwordExpiresAt()));
    var domains = new LinkedHashSet<String>();
    domains.add(userDomain.id());
    Project project = null;
    Collection<String> granted = List.of();
    var scope = key.scope;
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
      granted = AssignmentStore.onProject(sql, user.id(), project.id());
    } else if (scope.domainId() != null) {
      var domain = enabled(sql, scope.domainId());
      if (domain == null || !domain.isDomain()) {
        return null;
      }
      domains.add(domain.id());
      fields.putObject("domain").put("id", domain.id()).put("name", domain.name());
      granted = AssignmentStore.onDomain(sql, user.id(), domain.id());
    } else if (scope.system()) {
      fields.putObject("system").put("all", true);
      granted = AssignmentStore.onSystem(sql, user.id());
    }
    if (credential != null) {
      var still = shared.roles.closure(granted);
      granted = credential.roleIds().stream().filter(still::contains).toList();
      var node = fields.putObject("application_credential");
      node.put("id", credential.id())
          .put("name", credential.name())
          .put("restricted", !credential.unrestricted());
      if (!credential.accessRules().isEmpty()) {
        node.set("access_rules", Json.tree(credential.accessRules()));
      }
    }
    var roles = shared.roles.effective(granted);
    if (roles.isEmpty() && !scope.isUnscoped()) {
      return null;
    }
    if (!scope.isUnscoped()) {
      var list = fields.putArray("roles");
      roles.forEach(r -> list.addObject().put("id", r.id()).put("name", r.name()));
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
        credential == null ? null : credential.expiresAt(),
        credential == null || credential.unrestricted(),
        epoch);
  }

  private ApplicationCredential credential(Sql sql, Key key) {
    if (key.applicationCredentialId == null) {
      return null;
    }
    Instant now = backend.clock().instant();
    return ApplicationCredentialStore.find(sql, key.applicationCredentialId)
        .filter(c -> c.userId().equals(key.userId) && !c.isExpired(now))
        .orElse(null);
  }

  private static Project enabled(Sql sql, String id) {
    return ProjectStore.find(sql, id).filter(Project::enabled).orElse(null);
  }

  private Common common(Sql sql, long epoch) {
    var c = common;
    if (c == null || c.epoch != epoch) {
      c = new Common(RoleGraph.load(sql), Catalog.load(sql), epoch);
      common = c;
    }
    return c;
  }
}
