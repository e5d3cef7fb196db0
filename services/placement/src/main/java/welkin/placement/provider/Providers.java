package welkin.placement.provider;

import java.time.InstantSource;
import java.util.Map;
import java.util.Objects;
import welkin.core.Fault;
import welkin.peers.Backend;
import welkin.placement.PlacementFaults;
import welkin.placement.index.ProviderIndex;
import welkin.store.Database;
import welkin.store.Events;
import welkin.store.Sql;

/** The verbs of providers; each is one transaction. */
public final class Providers {
  private final Database database;
  private final Events events;
  private final InstantSource clock;
  private final ProviderIndex index;
  private final ProviderStore store;

  public Providers(Backend backend, ProviderIndex index, ProviderStore store) {
    this.database = backend.database();
    this.events = backend.events();
    this.clock = backend.clock();
    this.index = index;
    this.store = store;
  }

  public Provider get(String uuid) {
    return database.read(sql -> store.get(sql, uuid));
  }

  Provider create(String uuid, String name, String parent) {
    return database.tx(
        sql -> {
          refuseDuplicate(sql, uuid, name);
          var root = uuid;
          if (parent != null) {
            root =
                store
                    .find(sql, parent)
                    .orElseThrow(
                        () ->
                            Fault.badRequest(
                                "Unable to create resource provider \""
                                    + name
                                    + "\", "
                                    + uuid
                                    + ": Object action create failed because: parent provider UUID"
                                    + " does not exist."))
                    .root();
          }
          var provider = new Provider(uuid, name, 0, parent, root, clock.instant());
          store.insert(sql, provider);
          changed(sql, "resource_provider.create", provider);
          return provider;
        });
  }

  private void refuseDuplicate(Sql sql, String uuid, String name) {
    boolean sameId = store.find(sql, uuid).isPresent();
    boolean sameName = store.nameTaken(sql, name, uuid);
    if (sameId || sameName) {
      throw PlacementFaults.conflict(
          PlacementFaults.DUPLICATE_NAME,
          "Conflicting resource provider "
              + (sameName ? "name: " + name : "uuid: " + uuid)
              + " already exists.");
    }
  }

  /**
   * @param parentGiven whether the request speaks of the parent at all
   * @param reparenting whether the version allows a parent to be changed or taken away
   */
  Provider update(
      String uuid, String name, boolean parentGiven, String parent, boolean reparenting) {
    return database.tx(
        sql -> {
          var old = store.get(sql, uuid);
          if (store.nameTaken(sql, name, uuid)) {
            throw PlacementFaults.conflict(
                PlacementFaults.DUPLICATE_NAME,
                "Conflicting resource provider " + name + " already exists.");
          }
          var next = new Provider(uuid, name, old.generation(), old.parent(), old.root(), now());
          if (parentGiven && !Objects.equals(parent, old.parent())) {
            next = reparented(sql, next, parent, reparenting);
          }
          store.update(sql, next);
          if (!next.root().equals(old.root())) {
            moveBelow(sql, uuid, next.root());
          }
          changed(sql, "resource_provider.update", next);
          return next;
        });
  }

  private Provider reparented(Sql sql, Provider p, String parent, boolean reparenting) {
    if (p.parent() != null && !reparenting) {
      throw cannotSave(
          p,
          parent == null
              ? "un-parenting a provider is not currently allowed."
              : "re-parenting a provider is not currently allowed.");
    }
    if (parent == null) {
      return new Provider(p.uuid(), p.name(), p.generation(), null, p.uuid(), p.updatedAt());
    }
    var above =
        store
            .find(sql, parent)
            .orElseThrow(() -> cannotSave(p, "parent provider UUID does not exist."));
    for (var at = above;
        at != null;
        at = at.parent() == null ? null : store.get(sql, at.parent())) {
      if (at.uuid().equals(p.uuid())) {
        throw cannotSave(p, "creating loop in the provider tree is not allowed.");
      }
    }
    return new Provider(p.uuid(), p.name(), p.generation(), parent, above.root(), p.updatedAt());
  }

  private static Fault cannotSave(Provider p, String reason) {
    return Fault.badRequest(
        "Unable to save resource provider "
            + p.uuid()
            + ": Object action update failed because: "
            + reason);
  }

  private void moveBelow(Sql sql, String uuid, String root) {
    for (var child : store.children(sql, uuid)) {
      store.moveTree(sql, child, root);
      index.touch(sql, child);
      moveBelow(sql, child, root);
    }
  }

  void delete(String uuid) {
    database.change(
        sql -> {
          var provider =
              store
                  .find(sql, uuid)
                  .orElseThrow(
                      () ->
                          Fault.notFound(
                              "No resource provider with uuid " + uuid + " found for delete"));
          if (!store.children(sql, uuid).isEmpty()) {
            throw PlacementFaults.conflict(
                PlacementFaults.CANNOT_DELETE_PARENT,
                "Unable to delete parent resource provider "
                    + uuid
                    + ": It has child resource providers.");
          }
          if (store.hasAllocations(sql, uuid)) {
            throw PlacementFaults.conflict(
                PlacementFaults.PROVIDER_IN_USE,
                "Unable to delete resource provider "
                    + uuid
                    + ": Resource provider has allocations.");
          }
          store.delete(sql, uuid);
          changed(sql, "resource_provider.delete", provider);
        });
  }

  private java.time.Instant now() {
    return clock.instant();
  }

  private void changed(Sql sql, String type, Provider p) {
    index.touch(sql, p.uuid());
    events.append(sql, type, null, p.uuid(), Map.of("uuid", p.uuid(), "name", p.name()));
  }
}
