package welkin.identity.group;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import welkin.identity.ldap.Directories;
import welkin.identity.project.Project;
import welkin.identity.project.ProjectStore;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.shared.Fields;
import welkin.identity.shared.ListRequest;
import welkin.store.Database;
import welkin.store.DuplicateKey;

/** What can be done with groups. */
final class Groups {
  private static final Set<String> KNOWN = Set.of("name", "domain_id", "description");
  private final Backend backend;
  private final Directories directories;

  Groups(Backend backend, Directories directories) {
    this.backend = backend;
    this.directories = directories;
  }

  /**
   * @throws welkin.core.Fault 503 when the directory the group is in is away
   */
  Optional<Group> find(String id) {
    directories.freshGroup(id);
    return backend.database().read(sql -> GroupStore.find(sql, id));
  }

  List<Group> list(ListRequest request) {
    directories.freshGroups(request.value("domain_id"), request.value("name"), request.goesOn());
    return backend.database().read(sql -> GroupStore.list(sql, request));
  }

  boolean contains(Group group, String userId) {
    return backend.database().read(sql -> GroupStore.contains(sql, group.id(), userId));
  }

  Group create(Attributes given, String domainId) {
    directories.mustBeWritable(domainId);
    var description = given.text("description");
    var group =
        new Group(
            backend.ids().hex(),
            domainId,
            given.text("name").strip(),
            description == null ? "" : description,
            given.extra(null, KNOWN));
    return stored(
        group,
        sql -> {
          if (ProjectStore.find(sql, domainId).filter(Project::isDomain).isEmpty()) {
            throw Faults.notFound("domain", domainId);
          }
          GroupStore.insert(sql, group);
          backend.tell(sql, "group", "created", null, group.id());
        });
  }

  Group update(Group was, Attributes given) {
    directories.mustNotOwn(was.id());
    Fields.same(given, "domain_id", was.domainId());
    var group =
        new Group(
            was.id(),
            was.domainId(),
            given.text("name", was.name()).strip(),
            given.text("description", was.description()),
            given.extra(was.extra(), KNOWN));
    return stored(
        group,
        sql -> {
          GroupStore.update(sql, group);
          backend.tell(sql, "group", "updated", null, group.id());
        });
  }

  /** Its members keep what they have otherwise. */
  void delete(Group group) {
    directories.mustNotOwn(group.id());
    backend
        .database()
        .change(
            sql -> {
              GroupStore.delete(sql, group.id());
              backend.tell(sql, "group", "deleted", null, group.id());
              backend.epoch().end(sql);
            });
  }

  void add(Group group, String userId) {
    directories.mustBeJoinable(group.id(), userId);
    backend
        .database()
        .change(
            sql -> {
              GroupStore.add(sql, group.id(), userId);
              backend.tell(sql, "group", "updated", null, group.id());
              backend.epoch().end(sql);
            });
  }

  boolean remove(Group group, String userId) {
    directories.mustBeJoinable(group.id(), userId);
    return backend
        .database()
        .tx(
            sql -> {
              boolean was = GroupStore.remove(sql, group.id(), userId);
              if (was) {
                backend.tell(sql, "group", "updated", null, group.id());
                backend.epoch().end(sql);
              }
              return was;
            });
  }

  private Group stored(Group group, Database.Action action) {
    try {
      backend.database().change(action);
      return group;
    } catch (DuplicateKey e) {
      throw Faults.taken("group", "name " + group.name() + " at domain ID " + group.domainId());
    }
  }
}
