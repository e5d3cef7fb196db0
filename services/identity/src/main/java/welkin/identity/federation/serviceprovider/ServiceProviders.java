package welkin.identity.federation.serviceprovider;

import java.util.List;
import welkin.core.Fault;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.shared.ListRequest;
import welkin.store.DuplicateKey;

/** What can be done with service providers. Enabled ones stand in every token. */
public final class ServiceProviders {
  private final Backend backend;
  private final String relayStatePrefix;

  /**
   * @param relayStatePrefix for those that are made without one
   */
  public ServiceProviders(Backend backend, String relayStatePrefix) {
    this.backend = backend;
    this.relayStatePrefix = relayStatePrefix;
  }

  /** 404 when there is none. */
  public ServiceProvider get(String id) {
    return backend
        .database()
        .read(sql -> ServiceProviderStore.find(sql, id))
        .orElseThrow(Faults.missing("Service Provider", id));
  }

  /** 404 when there is none, 403 when it is disabled. */
  public ServiceProvider enabled(String id) {
    var found = get(id);
    if (!found.enabled()) {
      throw Fault.forbidden("Service Provider " + id + " is disabled");
    }
    return found;
  }

  List<ServiceProvider> list(ListRequest request) {
    return backend.database().read(sql -> ServiceProviderStore.list(sql, request));
  }

  ServiceProvider create(String id, Attributes given) {
    var prefix = given.text("relay_state_prefix");
    var provider =
        new ServiceProvider(
            id,
            given.flag("enabled", false),
            given.text("description"),
            given.text("auth_url"),
            given.text("sp_url"),
            prefix == null ? relayStatePrefix : prefix);
    try {
      backend
          .database()
          .change(
              sql -> {
                ServiceProviderStore.insert(sql, provider);
                backend.tell(sql, "service_provider", "created", null, id);
                backend.epoch().end(sql);
              });
      return provider;
    } catch (DuplicateKey e) {
      throw Faults.taken("service_provider", "ID " + id);
    }
  }

  ServiceProvider update(String id, Attributes given) {
    var was = get(id);
    var prefix = given.text("relay_state_prefix", was.relayStatePrefix());
    var provider =
        new ServiceProvider(
            id,
            given.flag("enabled", was.enabled()),
            given.text("description", was.description()),
            given.text("auth_url", was.authUrl()),
            given.text("sp_url", was.spUrl()),
            prefix == null ? relayStatePrefix : prefix);
    backend
        .database()
        .change(
            sql -> {
              ServiceProviderStore.update(sql, provider);
              backend.tell(sql, "service_provider", "updated", null, id);
              backend.epoch().end(sql);
            });
    return provider;
  }

  void delete(String id) {
    backend
        .database()
        .change(
            sql -> {
              if (!ServiceProviderStore.delete(sql, id)) {
                throw Faults.notFound("Service Provider", id);
              }
              backend.tell(sql, "service_provider", "deleted", null, id);
              backend.epoch().end(sql);
            });
  }
}
