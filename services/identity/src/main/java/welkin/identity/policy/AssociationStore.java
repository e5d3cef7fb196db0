package welkin.identity.policy;

import java.util.List;
import java.util.Optional;
import welkin.store.Sql;

/**
 * Which policy holds for which endpoint, service, or service in a region. Each of these has at most
 * one policy: a new association takes the place of the old one.
 */
final class AssociationStore {
  private AssociationStore() {}

  /** What a policy is associated with; exactly the given ones are not null. */
  record Target(String endpointId, String serviceId, String regionId) {
    static Target endpoint(String id) {
      return new Target(id, null, null);
    }

    static Target service(String id) {
      return new Target(null, id, null);
    }

    static Target region(String serviceId, String regionId) {
      return new Target(null, serviceId, regionId);
    }

    private String key() {
      return endpointId != null
          ? "e/" + endpointId
          : "s/" + serviceId + (regionId == null ? "" : "/" + regionId);
    }
  }

  static void put(Sql sql, String policyId, Target target) {
    sql.update("DELETE FROM policy_association WHERE association_key = ?", target.key());
    sql.insert(
        "policy_association",
        "association_key",
        target.key(),
        "policy_id",
        policyId,
        "endpoint_id",
        target.endpointId,
        "service_id",
        target.serviceId,
        "region_id",
        target.regionId);
  }

  static boolean exists(Sql sql, String policyId, Target target) {
    return sql.exists(
        "SELECT 1 FROM policy_association WHERE association_key = ? AND policy_id = ?",
        target.key(),
        policyId);
  }

  static boolean delete(Sql sql, String policyId, Target target) {
    return sql.update(
            "DELETE FROM policy_association WHERE association_key = ? AND policy_id = ?",
            target.key(),
            policyId)
        > 0;
  }

  static Optional<String> policy(Sql sql, Target target) {
    return sql.one(
        "SELECT policy_id FROM policy_association WHERE association_key = ?",
        r -> r.text("policy_id"),
        target.key());
  }

  static List<Target> targets(Sql sql, String policyId) {
    return sql.list(
        "SELECT * FROM policy_association WHERE policy_id = ? ORDER BY association_key",
        r -> new Target(r.text("endpoint_id"), r.text("service_id"), r.text("region_id")),
        policyId);
  }
}
