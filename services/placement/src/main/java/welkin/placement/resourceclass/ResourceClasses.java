package welkin.placement.resourceclass;

import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import welkin.core.Fault;
import welkin.peers.Backend;
import welkin.placement.Names;
import welkin.placement.index.ProviderIndex;
import welkin.store.Database;
import welkin.store.Events;
import welkin.store.Sql;

/** The verbs of resource classes. */
public final class ResourceClasses {
  private final Database database;
  private final Events events;
  private final InstantSource clock;
  private final ProviderIndex index;
  private final ResourceClassStore store;

  public ResourceClasses(Backend backend, ProviderIndex index, ResourceClassStore store) {
    this.database = backend.database();
    this.events = backend.events();
    this.clock = backend.clock();
    this.index = index;
    this.store = store;
  }

  List<String> all() {
    return database.read(store::all);
  }

  void mustExist(String name) {
    if (!database.read(sql -> store.exists(sql, name))) {
      throw unknown(name);
    }
  }

  void create(String name) {
    if (!ensure(name)) {
      throw Fault.conflict("Conflicting resource class already exists: " + name);
    }
  }

  /** Whether it was not there before. */
  boolean ensure(String name) {
    return database.tx(
        sql -> {
          boolean made = store.insert(sql, name, clock.instant());
          if (made) {
            event(sql, "resource_class.create", name);
          }
          return made;
        });
  }

  void rename(String from, String to) {
    database.change(
        sql -> {
          if (!store.exists(sql, from)) {
            throw unknown(from);
          }
          if (Names.RESOURCE_CLASSES.contains(from)) {
            throw Fault.badRequest("Cannot update standard resource class " + from);
          }
          if (store.exists(sql, to)) {
            throw Fault.conflict("Resource class already exists: " + to);
          }
          store.providersOf(sql, from).forEach(p -> index.touch(sql, p));
          store.rename(sql, from, to);
          event(sql, "resource_class.update", to);
        });
  }

  void delete(String name) {
    database.change(
        sql -> {
          if (!store.exists(sql, name)) {
            throw unknown(name);
          }
          if (Names.RESOURCE_CLASSES.contains(name)) {
            throw Fault.badRequest(
                "Error in delete resource class: Cannot delete standard resource class "
                    + name
                    + ".");
          }
          if (!store.providersOf(sql, name).isEmpty()) {
            throw Fault.conflict(
                "Error in delete resource class: Cannot delete resource class "
                    + name
                    + ". Class is in use in inventory.");
          }
          store.delete(sql, name);
          event(sql, "resource_class.delete", name);
        });
  }

  private void event(Sql sql, String type, String name) {
    events.append(sql, type, null, name, Map.of("name", name));
  }

  private static Fault unknown(String name) {
    return Fault.notFound("No such resource class " + name + ".");
  }
}
