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

  /** Forgets what concerned a resource that goes. */
  public void forget(Sql sql, String objectId) {
    sql.update("DELETE FROM rbac_policy WHERE object_id = ?", objectId);
  }
}
