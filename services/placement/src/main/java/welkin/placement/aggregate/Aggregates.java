package welkin.placement.aggregate;

import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import welkin.placement.PlacementFaults;
import welkin.placement.index.ProviderIndex;
import welkin.placement.provider.ProviderStore;
import welkin.store.Database;
import welkin.store.Events;

/** The verbs of the aggregates a provider is in. */
public final class Aggregates {
  private final Database database;
  private final Events events;
  private final InstantSource clock;
  private final ProviderIndex index;
  private final ProviderStore providers;
  private final AggregateStore store;

  public Aggregates(
      Database database,
      Events events,
      InstantSource clock,
      ProviderIndex index,
      ProviderStore providers,
      AggregateStore store) {
    this.database = database;
    this.events = events;
    this.clock = clock;
    this.index = index;
    this.providers = providers;
    this.store = store;
  }

  /** Aggregates and the provider's generation. */
  record Of(int generation, List<String> uuids) {}

  Of of(String provider) {
    return database.read(
        sql -> new Of(providers.get(sql, provider).generation(), store.of(sql, provider)));
  }

  /**
   * Replaces them.
   *
   * @param generation the generation the caller read; null for versions before 1.19, which neither
   *     check nor advance it
   */
  Of replace(String uuid, Integer generation, Set<String> aggregates) {
    return database.tx(
        sql -> {
          var provider = providers.get(sql, uuid);
          if (generation != null && generation != provider.generation()) {
            throw PlacementFaults.generationConflict(
                "Resource provider's generation already changed. Please update the generation and"
                    + " try again.");
          }
          store.replace(sql, uuid, aggregates);
          index.touch(sql, uuid);
          events.append(
              sql, "resource_provider.aggregates.update", null, uuid, Map.of("uuid", uuid));
          int next =
              generation == null
                  ? provider.generation()
                  : providers.advance(sql, uuid, generation, clock.instant());
          return new Of(next, List.copyOf(aggregates));
        });
  }
}
