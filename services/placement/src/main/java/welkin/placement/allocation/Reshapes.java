package welkin.placement.allocation;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import welkin.core.Fault;
import welkin.placement.PlacementFaults;
import welkin.placement.inventory.Inventories;
import welkin.placement.inventory.Inventory;
import welkin.placement.inventory.InventoryStore;
import welkin.placement.provider.Provider;
import welkin.placement.provider.ProviderStore;
import welkin.store.Database;
import welkin.store.Sql;

/** Moves inventory between providers together with the allocations of it, in one transaction. */
public final class Reshapes {
  private final Database database;
  private final ProviderStore providers;
  private final InventoryStore stock;
  private final Inventories inventories;
  private final Allocations allocations;

  public Reshapes(
      Database database,
      ProviderStore providers,
      InventoryStore stock,
      Inventories inventories,
      Allocations allocations) {
    this.database = database;
    this.providers = providers;
    this.stock = stock;
    this.inventories = inventories;
    this.allocations = allocations;
  }

  /** New inventory for some providers, as a reshape brings it. */
  record Reshaped(String provider, int generation, List<Inventory> inventories) {}

  void reshape(List<Reshaped> changes, Collection<Claim> claims) {
    database.change(
        sql -> {
          var before = new LinkedHashMap<Reshaped, Provider>();
          for (var change : changes) {
            var p =
                providers
                    .find(sql, change.provider())
                    .orElseThrow(
                        () ->
                            Fault.badRequest(
                                    "Resource provider "
                                        + change.provider()
                                        + " in inventories not found: No resource provider with"
                                        + " uuid "
                                        + change.provider()
                                        + " found")
                                .named(PlacementFaults.PROVIDER_NOT_FOUND));
            if (p.generation() != change.generation()) {
              throw PlacementFaults.generationConflict(
                  "resource provider generation conflict for provider "
                      + p.uuid()
                      + ": actual: "
                      + p.generation()
                      + ", given: "
                      + change.generation());
            }
            before.put(change, p);
          }
          before.forEach((change, p) -> inventories.add(sql, p, widened(sql, p, change)));
          allocations.set(sql, claims);
          before.forEach(
              (change, p) ->
                  inventories.replace(
                      sql, providers.get(sql, p.uuid()), change.inventories(), true));
        });
  }

  /**
   * A change's inventory with, for the time of the move, room for all that is there now: a class
   * that shrinks must hold its old allocations until they have gone.
   */
  private List<Inventory> widened(Sql sql, Provider p, Reshaped change) {
    var out = new ArrayList<Inventory>();
    for (var i : change.inventories()) {
      var now = stock.find(sql, p.uuid(), i.resourceClass());
      out.add(now.isPresent() && now.get().capacity() > i.capacity() ? now.get() : i);
    }
    return out;
  }
}
