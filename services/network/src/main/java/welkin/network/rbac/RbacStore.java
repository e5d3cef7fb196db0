package welkin.network.rbac;

import java.util.List;
import java.util.Set;
import welkin.core.Json;
import welkin.network.resource.Journal;
import welkin.network.resource.Resource;
import welkin.network.resource.ResourceStore;
import welkin.network.resource.ResourceStore.Column;
import welkin.store.Sql;

/** RBAC policies. */
public final class RbacStore {
  private final ResourceStore rows;

  public RbacStore(Journal journal) {
    rows =
        new ResourceStore(
            journal,
            "rbac_policy",
            "rbac_policy",
            "NULL",
            Set.of(),
            Column.text("object_type"),
            Column.text("object_id"),
            Column.text("action"),
            Column.text("target_tenant"));
  }

  public ResourceStore rows() {
    return rows;
  }

  /** Lets every project use a resource; what an attribute such as {@code shared} stands for. */
  public void grant(Sql sql, Resource object, String type, String action) {
    var exists =
        sql.exists(
            "SELECT 1 FROM rbac_policy WHERE object_id = ? AND action = ? AND target_tenant = '*'",
            object.id(),
            action);
    if (!exists) {
      var r = new Resource(Json.object());
      r.set("object_type", type).set("object_id", object.id()).set("action", action);
      r.set("target_tenant", "*").set("project_id", object.projectId());
      r.set("tenant_id", object.projectId());
      rows.insert(sql, r);
    }
  }

  /** Takes {@link #grant} back. */
  public void revoke(Sql sql, Resource object, String action) {
    for (var r : ofObject(sql, object.id())) {
      if (r.text("action").equals(action) && r.text("target_tenant").equals("*")) {
        rows.delete(sql, r);
      }
    }
  }

  List<Resource> ofObject(Sql sql, String objectId) {
    return rows.where(sql, "object_id", objectId);
  }

  /** Whether a project that the network is shared with, or any for {@code *}, has ports in it. */
  boolean sharedIsUsed(Sql sql, String networkId, String target) {
    return sql.exists(
        "SELECT 1 FROM port p JOIN network n ON n.id = p.network_id"
            + " WHERE p.network_id = ? AND p.project_id <> n.project_id"
            + " AND p.project_id <> '' AND p.device_owner NOT LIKE 'network:%'"
            + " AND (? = '*' OR p.project_id = ?) LIMIT 1",
        networkId, target, target);
  }

  /** Whether a router of that project, or of any for {@code *}, has its gateway in the network. */
  boolean externalIsUsed(Sql sql, String networkId, String target) {
    return sql.exists(
        "SELECT 1 FROM router_leg l JOIN router r ON r.id = l.router_id"
            + " WHERE l.network_id = ? AND l.gateway = 1"
            + " AND (? = '*' OR r.project_id = ?) LIMIT 1",
        networkId,
        target,
        target);
  }

  /** Whether a port of that project, or of any other for {@code *}, is in the security group. */
  boolean groupIsUsed(Sql sql, String groupId, String target) {
    return sql.exists(
        "SELECT 1 FROM port_group g JOIN port p ON p.id = g.port_id"
            + " JOIN security_group s ON s.id = g.group_id WHERE g.group_id = ?"
            + " AND p.project_id <> s.project_id AND (? = '*' OR p.project_id = ?)"
            + " LIMIT 1",
        groupId,
        target,
        target);
  }

  /** Forgets what concerned a resource that goes. */
  public void forget(Sql sql, String objectId) {
    sql.update("DELETE FROM rbac_policy WHERE object_id = ?", objectId);
  }
}
