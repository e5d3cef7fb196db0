package welkin.identity.policy;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.identity.endpoint.Endpoint;
import welkin.identity.endpoint.EndpointStore;
import welkin.identity.endpoint.EndpointWire;
import welkin.identity.policy.AssociationStore.Target;
import welkin.identity.region.Region;
import welkin.identity.region.RegionStore;
import welkin.identity.service.ServiceStore;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.shared.ListRequest;
import welkin.identity.shared.Members;
import welkin.store.Sql;

/**
 * {@code OS-ENDPOINT-POLICY}: which policy holds where. An endpoint's own policy comes first, then
 * that of its service in its region or the nearest region above, then that of its service.
 */
public final class EndpointPolicyApi {
  private final Backend backend;
  private final Members<Policy> policies;

  public EndpointPolicyApi(Backend backend) {
    this.backend = backend;
    policies = PolicyApi.members(backend);
  }

  public Routes routes() {
    var r = new Routes("/v3");
    var base = "/policies/{policy_id}/OS-ENDPOINT-POLICY";
    r.get(base + "/endpoints", this::endpoints).policy("identity:list_endpoints_for_policy");
    r.get(base + "/policy", this::policy).policy("identity:get_policy_for_endpoint");
    r.get("/endpoints/{endpoint_id}/OS-ENDPOINT-POLICY/policy", this::ofEndpoint)
        .policy("identity:get_policy_for_endpoint");
    association(r, base + "/endpoints/{endpoint_id}", "endpoint");
    association(r, base + "/services/{service_id}", "service");
    association(r, base + "/services/{service_id}/regions/{region_id}", "region_and_service");
    return r;
  }

  private void association(Routes r, String path, String rule) {
    var suffix = "_policy_association_for_" + rule;
    r.get(path, this::check).policy("identity:check" + suffix).success(204);
    r.put(path, this::put).policy("identity:create" + suffix).success(204);
    r.delete(path, this::delete).policy("identity:delete" + suffix).success(204);
  }

  /** The target a path names, which must exist, like the policy. */
  private static Target target(Sql sql, Call call) {
    var policy = call.path("policy_id");
    PolicyStore.find(sql, policy).orElseThrow(Faults.missing("policy", policy));
    var endpoint = call.path("endpoint_id");
    if (endpoint != null) {
      EndpointStore.find(sql, endpoint).orElseThrow(Faults.missing("endpoint", endpoint));
      return Target.endpoint(endpoint);
    }
    var service = call.path("service_id");
    ServiceStore.find(sql, service).orElseThrow(Faults.missing("service", service));
    var region = call.path("region_id");
    if (region == null) {
      return Target.service(service);
    }
    RegionStore.find(sql, region).orElseThrow(Faults.missing("region", region));
    return Target.region(service, region);
  }

  private Answer check(Call call) {
    var id = call.path("policy_id");
    backend
        .database()
        .read(
            sql -> {
              if (!AssociationStore.exists(sql, id, target(sql, call))) {
                throw Faults.notFound("policy association", id);
              }
              return null;
            });
    return Answer.none();
  }

  private Answer put(Call call) {
    backend
        .database()
        .change(sql -> AssociationStore.put(sql, call.path("policy_id"), target(sql, call)));
    return Answer.none();
  }

  private Answer delete(Call call) {
    var id = call.path("policy_id");
    backend
        .database()
        .change(
            sql -> {
              if (!AssociationStore.delete(sql, id, target(sql, call))) {
                throw Faults.notFound("policy association", id);
              }
            });
    return Answer.none();
  }

  private Answer policy(Call call) {
    return policies.one(200, call, policies.of(call));
  }

  private Answer ofEndpoint(Call call) {
    var id = call.path("endpoint_id");
    var policy =
        backend
            .database()
            .read(
                sql -> {
                  var endpoint =
                      EndpointStore.find(sql, id).orElseThrow(Faults.missing("endpoint", id));
                  return PolicyStore.find(sql, policyOf(sql, endpoint)).orElseThrow();
                });
    return policies.one(200, call, policy);
  }

  private static String policyOf(Sql sql, Endpoint endpoint) {
    var own = AssociationStore.policy(sql, Target.endpoint(endpoint.id()));
    for (var at = endpoint.regionId(); own.isEmpty() && at != null; at = parent(sql, at)) {
      own = AssociationStore.policy(sql, Target.region(endpoint.serviceId(), at));
    }
    return own.or(() -> AssociationStore.policy(sql, Target.service(endpoint.serviceId())))
        .orElseThrow(() -> Faults.notFound("policy association for endpoint", endpoint.id()));
  }

  private static String parent(Sql sql, String regionId) {
    return RegionStore.find(sql, regionId).map(Region::parentRegionId).orElse(null);
  }

  /** Every endpoint the policy was associated with, directly or by service and region. */
  private Answer endpoints(Call call) {
    var id = call.path("policy_id");
    Map<String, Endpoint> found = new LinkedHashMap<>();
    backend
        .database()
        .read(
            sql -> {
              PolicyStore.find(sql, id).orElseThrow(Faults.missing("policy", id));
              var all = EndpointStore.all(sql);
              for (var target : AssociationStore.targets(sql, id)) {
                var meant = meant(sql, target);
                all.stream().filter(meant).forEach(e -> found.put(e.id(), e));
              }
              return null;
            });
    return ListRequest.answer(
        call, "endpoints", found.values().stream().map(e -> EndpointWire.show(call, e)).toList());
  }

  private static Predicate<Endpoint> meant(Sql sql, Target target) {
    if (target.endpointId() != null) {
      return e -> e.id().equals(target.endpointId());
    }
    Predicate<Endpoint> ofService = e -> e.serviceId().equals(target.serviceId());
    if (target.regionId() == null) {
      return ofService;
    }
    return ofService.and(e -> within(sql, e.regionId(), target.regionId()));
  }

  private static boolean within(Sql sql, String region, String above) {
    for (var at = region; at != null; at = parent(sql, at)) {
      if (at.equals(above)) {
        return true;
      }
    }
    return false;
  }
}
