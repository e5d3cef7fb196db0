package welkin.placement.usage;

import java.util.List;
import java.util.Map;
import welkin.placement.allocation.AllocationStore;
import welkin.placement.inventory.Inventory;
import welkin.placement.inventory.InventoryStore;
import welkin.placement.provider.ProviderStore;
import welkin.store.Database;

/** How much is used, by provider and by project. */
public final class Usages {
  private final Database database;
  private final ProviderStore providers;
  private final InventoryStore inventories;
  private final AllocationStore allocations;

  public Usages(
      Database database,
      ProviderStore providers,
      InventoryStore inventories,
      AllocationStore allocations) {
    this.database = database;
    this.providers = providers;
    this.inventories = inventories;
    this.allocations = allocations;
  }

  record OfProvider(int generation, List<Inventory> inventories) {}

  OfProvider ofProvider(String uuid) {
    return database.read(
        sql -> new OfProvider(providers.get(sql, uuid).generation(), inventories.of(sql, uuid)));
  }

  List<AllocationStore.Usage> total(String projectId, String userId, String type) {
    return database.read(sql -> allocations.usages(sql, projectId, userId, type));
  }

  Map<String, Long> consumerCounts(String projectId, String userId) {
    return database.read(sql -> allocations.consumerCounts(sql, projectId, userId));
  }
}
