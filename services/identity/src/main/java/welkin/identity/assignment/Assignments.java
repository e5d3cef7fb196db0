package welkin.identity.assignment;

import java.util.List;
import welkin.core.Fault;
import welkin.identity.applicationcredential.ApplicationCredentialStore;
import welkin.identity.shared.Backend;

/** Gives roles and takes them away. */
final class Assignments {
  private final Backend backend;

  Assignments(Backend backend) {
    this.backend = backend;
  }

  void grant(Assignment a) {
    backend
        .database()
        .change(
            sql -> {
              AssignmentStore.insert(sql, a);
              tell(sql, "created", a);
              backend.epoch().end(sql);
            });
  }

  /** Application credentials rest on what was taken away, so they go too. */
  void revoke(Assignment a) {
    boolean was =
        backend
            .database()
            .tx(
                sql -> {
                  boolean deleted = AssignmentStore.delete(sql, a);
                  if (deleted) {
                    if (a.userId() != null && a.projectId() != null) {
                      ApplicationCredentialStore.deleteOn(sql, a.userId(), a.projectId());
                    }
                    tell(sql, "deleted", a);
                    backend.epoch().end(sql);
                  }
                  return deleted;
                });
    if (!was) {
      throw missing(a);
    }
  }

  private void tell(welkin.store.Sql sql, String verb, Assignment a) {
    backend.tell(sql, "role_assignment", verb, a.projectId(), a.roleId());
  }

  void mustExist(Assignment a) {
    if (!backend.database().<Boolean>read(sql -> AssignmentStore.exists(sql, a))) {
      throw missing(a);
    }
  }

  /** Direct assignments of one actor on one target. */
  List<Assignment> like(Assignment wanted) {
    return backend.database().read(sql -> AssignmentStore.like(sql, wanted));
  }

  private static Fault missing(Assignment a) {
    var actor = a.userId() != null ? "user: " + a.userId() : "group: " + a.groupId();
    var target =
        a.projectId() != null
            ? "project: " + a.projectId()
            : a.domainId() != null ? "domain: " + a.domainId() : "system";
    return Fault.notFound(
        "Could not find role assignment with role: "
            + a.roleId()
            + ", "
            + actor
            + ", "
            + target
            + ".");
  }
}
