package welkin.placement.inventory;

import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import welkin.core.Fault;
import welkin.peers.Backend;
import welkin.placement.PlacementFaults;
import welkin.placement.index.Generations;
import welkin.placement.provider.Provider;
import welkin.placement.provider.ProviderStore;
import welkin.placement.resourceclass.ResourceClassStore;
import welkin.store.Database;
import welkin.store.Events;
import welkin.store.Sql;

/** The verbs of inventories. */
public final class Inventories {
  private final Database database;
  private final Events events;
  private final InstantSource clock;
  private final ProviderStore providers;
  private final Generations generations;
  private final ResourceClassStore classes;
  private final InventoryStore store;

  public Inventories(
      Backend backend,
      ProviderStore providers,
      Generations generations,
      ResourceClassStore classes,
      InventoryStore store) {
    this.database = backend.database();
    this.events = backend.events();
    this.clock = backend.clock();
    this.providers = providers;
    this.generations = generations;
    this.classes = classes;
    this.store = store;
  }

  /** Inventory and the generation it was read or written at. */
  record Stock(int generation, List<Inventory> inventories) {}

  Stock of(String provider) {
    return database.read(
        sql -> new Stock(providers.get(sql, provider).generation(), store.of(sql, provider)));
  }

  /** Replaces all inventory of a provider. */
  Stock replace(
      String uuid, Integer generation, Collection<Inventory> wanted, boolean fullReserve) {
    return database.tx(
        sql -> {
          var provider = providers.get(sql, uuid);
          expect(provider, generation);
          return new Stock(replace(sql, provider, wanted, fullReserve), List.copyOf(wanted));
        });
  }

  /**
   * Replaces all inventory of a provider within a transaction.
   *
   * @param fullReserve whether all of it may be reserved (from 1.26)
   * @return the provider's new generation
   */
  public int replace(
      Sql sql, Provider provider, Collection<Inventory> wanted, boolean fullReserve) {
    var names = wanted.stream().map(Inventory::resourceClass).collect(Collectors.toSet());
    for (var old : store.of(sql, provider.uuid())) {
      if (!names.contains(old.resourceClass())) {
        refuseInUse(provider, old);
        store.delete(sql, provider.uuid(), old.resourceClass());
      }
    }
    for (var i : wanted) {
      put(sql, provider, i, fullReserve);
    }
    return advance(sql, provider);
  }

  /**
   * Adds inventory without taking any away, as a reshape does before it moves allocations.
   *
   * @return the provider's new generation
   */
  public int add(Sql sql, Provider provider, Collection<Inventory> wanted) {
    wanted.forEach(i -> put(sql, provider, i, true));
    return advance(sql, provider);
  }

  /** One inventory more (POST). */
  Stock add(String uuid, Inventory i, boolean fullReserve) {
    return database.tx(
        sql -> {
          var provider = providers.get(sql, uuid);
          if (store.find(sql, uuid, i.resourceClass()).isPresent()) {
            throw PlacementFaults.generationConflict(
                "Update conflict: there is inventory of " + i.resourceClass() + " already");
          }
          put(sql, provider, i, fullReserve);
          return new Stock(advance(sql, provider), List.of(i));
        });
  }

  /** Changes one inventory (PUT). */
  Stock update(String uuid, int generation, Inventory i, boolean fullReserve) {
    return database.tx(
        sql -> {
          var provider = providers.get(sql, uuid);
          expect(provider, generation);
          if (store.find(sql, uuid, i.resourceClass()).isEmpty()) {
            throw Fault.badRequest(
                "No inventory record with resource class for resource provider "
                    + uuid
                    + ": No inventory of class "
                    + i.resourceClass()
                    + " found.");
          }
          put(sql, provider, i, fullReserve);
          return new Stock(advance(sql, provider), List.of(i));
        });
  }

  void delete(String uuid, String resourceClass) {
    database.change(
        sql -> {
          var provider = providers.get(sql, uuid);
          var old =
              store
                  .find(sql, uuid, resourceClass)
                  .orElseThrow(
                      () ->
                          Fault.notFound(
                              "No inventory of class "
                                  + resourceClass
                                  + " found for delete: No inventory of class "
                                  + resourceClass
                                  + " found."));
          if (old.used() > 0) {
            throw PlacementFaults.generationConflict(
                "Unable to delete inventory of class "
                    + resourceClass
                    + ": Inventory for '"
                    + resourceClass
                    + "' on resource provider '"
                    + uuid
                    + "' in use.");
          }
          store.delete(sql, uuid, resourceClass);
          advance(sql, provider);
        });
  }

  private void put(Sql sql, Provider provider, Inventory i, boolean fullReserve) {
    if (!classes.exists(sql, i.resourceClass())) {
      throw Fault.badRequest(
          "Unknown resource class in inventory for resource provider "
              + provider.uuid()
              + ": No such resource class "
              + i.resourceClass()
              + ".");
    }
    if (fullReserve ? i.capacity() < 0 : i.capacity() <= 0) {
      throw Fault.badRequest(
          "Unable to update inventory for resource provider "
              + provider.uuid()
              + ": Invalid inventory for '"
              + i.resourceClass()
              + "' on resource provider '"
              + provider.uuid()
              + "'. The reserved value is greater than "
              + (fullReserve ? "" : "or equal to ")
              + "total.");
    }
    store.put(sql, provider.uuid(), i, clock.instant());
  }

  private static void refuseInUse(Provider provider, Inventory old) {
    if (old.used() > 0) {
      throw PlacementFaults.conflict(
          PlacementFaults.INVENTORY_IN_USE,
          "update conflict: Inventory for '"
              + old.resourceClass()
              + "' on resource provider '"
              + provider.uuid()
              + "' in use.");
    }
  }

  private static void expect(Provider provider, Integer generation) {
    if (generation != null && generation != provider.generation()) {
      throw PlacementFaults.generationConflict("resource provider generation conflict");
    }
  }

  private int advance(Sql sql, Provider provider) {
    events.append(
        sql,
        "resource_provider.inventory.update",
        null,
        provider.uuid(),
        Map.of("uuid", provider.uuid()));
    return generations.advance(sql, provider);
  }
}
