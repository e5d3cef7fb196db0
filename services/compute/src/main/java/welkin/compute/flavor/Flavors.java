package welkin.compute.flavor;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.http.Paging;
import welkin.store.Database;
import welkin.store.Events;
import welkin.store.Sql;

/** What one can do with flavors, their extra specs and the access to them. */
public final class Flavors {
  private final Database database;
  private final Events events;
  private final Predicate<String> projectExists;

  /**
   * @param projectExists asks Identity
   */
  public Flavors(Database database, Events events, Predicate<String> projectExists) {
    this.database = database;
    this.events = events;
    this.projectExists = projectExists;
  }

  /**
   * @throws Fault 409 for an id or name in use
   */
  Flavor create(Flavor flavor) {
    return database.tx(
        sql -> {
          if (FlavorStore.find(sql, flavor.id()).isPresent()) {
            throw Fault.conflict("Flavor with ID " + flavor.id() + " already exists.");
          }
          if (FlavorStore.nameExists(sql, flavor.name())) {
            throw Fault.conflict("Flavor with name " + flavor.name() + " already exists.");
          }
          FlavorStore.insert(sql, flavor);
          event(sql, "flavor.create", flavor.id());
          return flavor;
        });
  }

  /**
   * A flavor the caller may see.
   *
   * @throws Fault 404 also for one that is not public and not the caller's to use
   */
  public Flavor show(Caller caller, String id) {
    return database.read(sql -> visible(sql, caller, id));
  }

  private static Flavor visible(Sql sql, Caller caller, String id) {
    var flavor = FlavorStore.find(sql, id).orElseThrow(() -> absent(id));
    if (!flavor.isPublic()
        && !caller.isAdmin()
        && !FlavorStore.access(sql, id).contains(caller.projectId())) {
      throw absent(id);
    }
    return flavor;
  }

  /**
   * @param isPublic null for all; ignored for who is no administrator
   */
  List<Flavor> list(Caller caller, Boolean isPublic, int minRam, int minDisk, Paging page) {
    return database.read(
        sql ->
            caller.isAdmin()
                ? FlavorStore.list(sql, isPublic, null, minRam, minDisk, page)
                : FlavorStore.list(sql, null, caller.projectId(), minRam, minDisk, page));
  }

  Flavor describe(String id, String description) {
    return change(id, "flavor.update", sql -> FlavorStore.describe(sql, id, description));
  }

  /**
   * @throws Fault 404
   */
  void delete(String id) {
    database.change(
        sql -> {
          if (!FlavorStore.delete(sql, id)) {
            throw absent(id);
          }
          event(sql, "flavor.delete", id);
        });
  }

  /** Adds and replaces extra specs. */
  Flavor addSpecs(String id, Map<String, String> specs) {
    return change(
        id,
        "flavor.update",
        sql -> {
          var all = new LinkedHashMap<>(FlavorStore.find(sql, id).orElseThrow().extraSpecs());
          all.putAll(specs);
          FlavorStore.extraSpecs(sql, id, all);
        });
  }

  /**
   * @throws Fault 404
   */
  void removeSpec(String id, String key) {
    change(
        id,
        "flavor.update",
        sql -> {
          var all = new LinkedHashMap<>(FlavorStore.find(sql, id).orElseThrow().extraSpecs());
          if (all.remove(key) == null) {
            throw noSpec(id, key);
          }
          FlavorStore.extraSpecs(sql, id, all);
        });
  }

  static Fault noSpec(String id, String key) {
    return Fault.notFound("Flavor " + id + " has no extra specs with key " + key + ".");
  }

  /**
   * Who may use a flavor that is not public.
   *
   * @throws Fault 404 for a public one
   */
  List<String> access(Caller caller, String id) {
    return database.read(
        sql -> {
          if (visible(sql, caller, id).isPublic()) {
            throw Fault.notFound("Access list not available for public flavors.");
          }
          return FlavorStore.access(sql, id);
        });
  }

  /**
   * @param refusePublic since 2.7 a public flavor takes no access entries
   */
  List<String> allow(String id, String projectId, boolean refusePublic) {
    mustBeProject(projectId);
    return database.tx(
        sql -> {
          var flavor = FlavorStore.find(sql, id).orElseThrow(() -> absent(id));
          if (refusePublic && flavor.isPublic()) {
            throw Fault.conflict("Can not add access to a public flavor.");
          }
          if (!FlavorStore.allow(sql, id, projectId)) {
            throw Fault.conflict(
                "Flavor access already exists for flavor "
                    + id
                    + " and project "
                    + projectId
                    + " combination.");
          }
          event(sql, "flavor.update", id);
          return FlavorStore.access(sql, id);
        });
  }

  List<String> disallow(String id, String projectId) {
    mustBeProject(projectId);
    return database.tx(
        sql -> {
          mustExist(sql, id);
          if (!FlavorStore.disallow(sql, id, projectId)) {
            throw Fault.notFound(
                "Flavor access not found for " + id + " / " + projectId + " combination.");
          }
          event(sql, "flavor.update", id);
          return FlavorStore.access(sql, id);
        });
  }

  private static void mustExist(Sql sql, String id) {
    if (FlavorStore.find(sql, id).isEmpty()) {
      throw absent(id);
    }
  }

  private void mustBeProject(String projectId) {
    if (!projectExists.test(projectId)) {
      throw Fault.badRequest("Project ID " + projectId + " is not a valid project.");
    }
  }

  private Flavor change(String id, String event, Database.Action action) {
    return database.tx(
        sql -> {
          mustExist(sql, id);
          action.run(sql);
          event(sql, event, id);
          return FlavorStore.find(sql, id).orElseThrow();
        });
  }

  private void event(Sql sql, String type, String id) {
    events.append(sql, type, null, id, Map.of("flavorid", id));
  }

  private static Fault absent(String id) {
    return Fault.notFound("Flavor " + id + " could not be found.");
  }
}
