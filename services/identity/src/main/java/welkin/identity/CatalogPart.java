package welkin.identity;

import java.util.List;
import welkin.core.Config;
import welkin.http.Routes;
import welkin.identity.endpoint.EndpointApi;
import welkin.identity.endpointfilter.EndpointFilterApi;
import welkin.identity.limit.EnforcementModel;
import welkin.identity.limit.LimitApi;
import welkin.identity.policy.EndpointPolicyApi;
import welkin.identity.policy.PolicyApi;
import welkin.identity.region.RegionApi;
import welkin.identity.service.ServiceApi;
import welkin.identity.shared.Backend;

/**
 * The nouns of the catalog and of limits: region, service, endpoint, policy, endpointfilter, limit.
 */
final class CatalogPart {
  private static final Config.Key<String> ENFORCEMENT =
      Config.Key.text(
          "unified_limit.enforcement_model",
          "flat",
          "How limits relate to the project tree: flat or strict_two_level");

  private final Backend backend;
  private final EnforcementModel model;

  CatalogPart(Backend backend, Config config) {
    this.backend = backend;
    model = EnforcementModel.named(config.get(ENFORCEMENT));
    backend
        .database()
        .read(
            sql -> {
              model.mustFit(sql);
              return null;
            });
  }

  static List<Config.Key<?>> options() {
    return List.of(ENFORCEMENT);
  }

  /** How deep a project tree may be for its limits to be enforced. */
  int depthMax() {
    return model.depthMax();
  }

  Routes routes() {
    return new Routes("")
        .include(new RegionApi(backend).routes())
        .include(new ServiceApi(backend).routes())
        .include(new EndpointApi(backend).routes())
        .include(new PolicyApi(backend).routes())
        .include(new EndpointPolicyApi(backend).routes())
        .include(new EndpointFilterApi(backend).routes())
        .include(new LimitApi(backend, model).routes());
  }
}
