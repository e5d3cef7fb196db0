package welkin.identity.federation.provider;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.identity.federation.shadow.ShadowUsers;
import welkin.identity.project.Project;
import welkin.identity.project.ProjectStore;
import welkin.identity.project.Projects;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.shared.ListRequest;
import welkin.store.Database;
import welkin.store.DuplicateKey;

/**
 * What can be done with identity providers. Disabling or deleting one ends what its users' tokens
 * are good for at once: every validation looks at it.
 */
public final class IdentityProviders {
  private static final int REMOTE_ID_MAX = 255;

  private final Backend backend;
  private final Projects projects;
  private final ShadowUsers users;

  public IdentityProviders(Backend backend, Projects projects, ShadowUsers users) {
    this.backend = backend;
    this.projects = projects;
    this.users = users;
  }

  public Optional<IdentityProvider> find(String id) {
    return backend.database().read(sql -> IdentityProviderStore.find(sql, id));
  }

  /** 404 when there is none. */
  public IdentityProvider get(String id) {
    return find(id).orElseThrow(Faults.missing("Identity Provider", id));
  }

  /** 404 when there is none, 403 when it is disabled. */
  public IdentityProvider enabled(String id) {
    var found = get(id);
    if (!found.enabled()) {
      throw Fault.forbidden("Identity Provider " + id + " is disabled");
    }
    return found;
  }

  public List<IdentityProvider> list(ListRequest request) {
    return backend.database().read(sql -> IdentityProviderStore.list(sql, request));
  }

  /** One without a domain gets one of its own. */
  IdentityProvider create(String id, Attributes given) {
    if (find(id).isPresent()) {
      throw Faults.taken("identity_provider", "ID " + id);
    }
    var own = given.text("domain_id") == null ? ownDomain(id) : null;
    var provider =
        new IdentityProvider(
            id,
            own != null ? own.id() : given.text("domain_id"),
            given.flag("enabled", false),
            given.text("description"),
            remoteIds(given, List.of()),
            given.number("authorization_ttl"));
    try {
      return stored(
          provider,
          sql -> {
            if (ProjectStore.find(sql, provider.domainId()).filter(Project::isDomain).isEmpty()) {
              throw Faults.notFound("domain", provider.domainId());
            }
            IdentityProviderStore.insert(sql, provider);
            backend.tell(sql, "identity_provider", "created", null, id);
          });
    } catch (Fault f) {
      if (own != null) {
        projects.delete(projects.update(own, new Attributes(Json.object().put("enabled", false))));
      }
      throw f;
    }
  }

  private Project ownDomain(String id) {
    var name = backend.ids().hex();
    return projects.createDomain(
        new Attributes(
            Json.object()
                .put("name", name)
                .put("explicit_domain_id", name)
                .put(
                    "description",
                    "Auto generated federated domain for Identity Provider: " + id)));
  }

  IdentityProvider update(String id, Attributes given) {
    var was = get(id);
    var provider =
        new IdentityProvider(
            id,
            was.domainId(),
            given.flag("enabled", was.enabled()),
            given.text("description", was.description()),
            remoteIds(given, was.remoteIds()),
            given.has("authorization_ttl")
                ? given.number("authorization_ttl")
                : was.authorizationTtl());
    return stored(
        provider,
        sql -> {
          IdentityProviderStore.update(sql, provider);
          if (!Objects.equals(was.authorizationTtl(), provider.authorizationTtl())) {
            users.forgetGroups(sql, id);
          }
          backend.tell(sql, "identity_provider", "updated", null, id);
          backend.epoch().end(sql);
        });
  }

  /** Its protocols go with it, and the users that only it knew. */
  void delete(String id) {
    get(id);
    backend
        .database()
        .change(
            sql -> {
              var known = users.of(sql, id, null);
              IdentityProviderStore.delete(sql, id);
              users.deleteIfUnknown(sql, known);
              backend.tell(sql, "identity_provider", "deleted", null, id);
              backend.epoch().end(sql);
            });
  }

  private static List<String> remoteIds(Attributes given, List<String> was) {
    if (!given.has("remote_ids")) {
      return was;
    }
    var out = new ArrayList<String>();
    if (given.get("remote_ids") != null && given.get("remote_ids").isArray()) {
      given.get("remote_ids").forEach(r -> out.add(r.asString()));
    }
    for (var r : out) {
      if (r.isEmpty() || r.length() > REMOTE_ID_MAX) {
        throw Fault.badRequest("Invalid input for field 'remote_ids': one is empty or too long");
      }
    }
    return out.stream().distinct().sorted().toList();
  }

  private IdentityProvider stored(IdentityProvider provider, Database.Action action) {
    try {
      backend.database().change(action);
      return provider;
    } catch (DuplicateKey e) {
      throw Fault.conflict(
          "Conflict occurred attempting to store identity_provider - Duplicate remote ID: "
              + String.join(", ", provider.remoteIds())
              + ".");
    }
  }
}
