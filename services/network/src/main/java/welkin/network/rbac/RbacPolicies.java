package welkin.network.rbac;

import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.network.network.NetworkStore;
import welkin.network.quota.Limits;
import welkin.network.resource.Access;
import welkin.network.resource.Attributes;
import welkin.network.resource.Faults;
import welkin.network.resource.Noun;
import welkin.network.resource.Resource;
import welkin.network.resource.ResourceStore;
import welkin.network.resource.Values;
import welkin.network.securitygroup.SecurityGroupStore;
import welkin.network.stores.Stores;
import welkin.store.ListQuery;
import welkin.store.Sql;

/** The verbs of RBAC policies, for networks and security groups. */
public final class RbacPolicies implements Noun {
  private static final Map<String, Set<String>> ACTIONS =
      Map.of(
          "network", Set.of("access_as_shared", "access_as_external"),
          "security_group", Set.of("access_as_shared"));

  private final RbacStore store;
  private final NetworkStore networks;
  private final SecurityGroupStore groups;
  private final Limits limits;
  private final Access access;
  private final Attributes attributes =
      new Attributes("rbac_policy", "rbac_policies")
          .required("object_type", RbacPolicies::type)
          .both("target_tenant", Values.string(255), null)
          .both("target_project", Values.string(255), null)
          .post("tenant_id", Values.string(255), null)
          .required("object_id", Values.uuid())
          .required("action", Values.string(255))
          .post("project_id", Values.string(255), null);

  public RbacPolicies(Stores stores, Limits limits, Access access) {
    this.store = stores.rbac();
    this.networks = stores.networks();
    this.groups = stores.groups();
    this.limits = limits;
    this.access = access;
  }

  private static JsonNode type(JsonNode v) {
    if (!v.isString() || !ACTIONS.containsKey(v.stringValue())) {
      throw Values.refused("'" + Values.show(v) + "' is not a valid RBAC object type");
    }
    return v;
  }

  @Override
  public Attributes attributes() {
    return attributes;
  }

  @Override
  public ResourceStore store() {
    return store.rows();
  }

  @Override
  public String faultName() {
    return "RbacPolicy";
  }

  @Override
  public Fault notFound(String id) {
    return Fault.of(404, "RbacPolicyNotFound", "RBAC policy with ID " + id + " not found");
  }

  @Override
  public void visible(ListQuery query, String projectId) {
    query.where("project_id = ?", projectId);
  }

  @Override
  public boolean filter(ListQuery query, Caller caller, String key, List<String> values) {
    if (!key.equals("target_project")) {
      return false;
    }
    query.whereIn("target_tenant", values);
    return true;
  }

  @Override
  public List<Resource> complete(Sql sql, Caller caller, List<Resource> page) {
    for (var r : page) {
      r.document().remove(List.of("created_at", "updated_at", "revision_number"));
    }
    return page;
  }

  @Override
  public Resource create(Sql sql, Caller caller, ObjectNode values) {
    var policy = new Resource(values);
    target(policy);
    var type = policy.text("object_type");
    if (!ACTIONS.get(type).contains(policy.text("action"))) {
      throw Faults.badRequest(
          "Invalid action '"
              + policy.text("action")
              + "' for object type '"
              + type
              + "'. Valid actions: "
              + String.join(", ", ACTIONS.get(type).stream().sorted().toList()));
    }
    var object = object(sql, type, policy.text("object_id"));
    if (!access.isAdmin(caller) && !object.projectId().equals(caller.projectId())) {
      throw missing(type, object.id());
    }
    refuseSecond(sql, policy, null);
    limits.take(sql, policy.projectId(), "rbac_policy", 1);
    var kept = store.rows().insert(sql, policy);
    mark(sql, kept, true);
    return kept;
  }

  private static void target(Resource policy) {
    var target = policy.text("target_project");
    policy.document().remove("target_project");
    if (target != null) {
      policy.set("target_tenant", target);
    }
    if (policy.text("target_tenant") == null) {
      throw Faults.badRequest(
          "Failed to parse request. Required attribute 'target_tenant' not specified");
    }
  }

  private void refuseSecond(Sql sql, Resource policy, String except) {
    for (var other : store.ofObject(sql, policy.text("object_id"))) {
      if (!other.id().equals(except)
          && other.text("action").equals(policy.text("action"))
          && other.text("target_tenant").equals(policy.text("target_tenant"))) {
        throw Faults.conflict(
            "DuplicateRbacPolicy", "An RBAC policy already exists with those values.");
      }
    }
  }

  private Resource object(Sql sql, String type, String id) {
    var found = type.equals("network") ? networks.find(sql, id) : groups.groups().find(sql, id);
    return found.orElseThrow(() -> missing(type, id));
  }

  private static Fault missing(String type, String id) {
    return type.equals("network")
        ? Faults.notFound("Network", id)
        : Fault.of(404, "SecurityGroupNotFound", "Security group " + id + " does not exist");
  }

  /** A policy for everybody shows in the network's own attribute. */
  private void mark(Sql sql, Resource policy, boolean on) {
    if (policy.text("object_type").equals("network") && policy.text("target_tenant").equals("*")) {
      var attribute =
          policy.text("action").equals("access_as_shared") ? "shared" : "router:external";
      networks
          .find(sql, policy.text("object_id"))
          .ifPresent(n -> networks.rows().update(sql, n, n.copy().set(attribute, on)));
    }
  }

  @Override
  public Resource update(Sql sql, Caller caller, Resource current, ObjectNode changes) {
    var next = current.copy().merge(changes);
    target(next);
    refuseSecond(sql, next, current.id());
    refuseWithdrawal(sql, current);
    mark(sql, current, false);
    var kept = store.rows().update(sql, current, next);
    mark(sql, kept, true);
    return kept;
  }

  @Override
  public void delete(Sql sql, Caller caller, Resource policy) {
    refuseWithdrawal(sql, policy);
    mark(sql, policy, false);
    store.rows().delete(sql, policy);
    limits.give(sql, policy.projectId(), "rbac_policy", 1);
  }

  /** What others use cannot be taken from them. */
  private void refuseWithdrawal(Sql sql, Resource policy) {
    var object = policy.text("object_id");
    var target = policy.text("target_tenant");
    boolean used =
        switch (policy.text("object_type") + "/" + policy.text("action")) {
          case "network/access_as_shared" -> store.sharedIsUsed(sql, object, target);
          case "network/access_as_external" -> store.externalIsUsed(sql, object, target);
          default -> store.groupIsUsed(sql, object, target);
        };
    if (used) {
      throw Faults.conflict(
          "RbacPolicyInUse",
          "RBAC policy on object "
              + object
              + " cannot be removed because other objects depend on it.\nDetails: the object is"
              + " used by a project the policy gives it to");
    }
  }

  /** The wildcard is an administrator's: the rules ask for the target under either name. */
  @Override
  public void target(Sql sql, Caller caller, ObjectNode document, Map<String, Object> target) {
    var given = Json.string(document, "target_project");
    var tenant = given != null ? given : Json.string(document, "target_tenant");
    target.put("target_tenant", tenant);
    target.put("target_project", tenant);
  }
}
