package welkin.placement.aggregate;

import java.util.List;
import java.util.Map;
import java.util.Set;
import welkin.peers.Backend;
import welkin.placement.index.Generations;
import welkin.placement.provider.ProviderStore;
import welkin.store.Database;
import welkin.store.Events;

/** The verbs of the aggregates a provider is in. */
public final class Aggregates {
  private final Database database;
  private final Events events;
  private final ProviderStore providers;
  private final Generations generations;
  private final AggregateStore store;

  public Aggregates(
      Backend backend, ProviderStore providers, Generations generations, AggregateStore store) {
    this.database = backend.database();
    this.events = backend.events();
    this.providers = providers;
    this.generations = generations;
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
          Generations.expect(provider, generation);
          store.replace(sql, uuid, aggregates);
          events.append(
              sql, "resource_provider.aggregates.update", null, uuid, Map.of("uuid", uuid));
          if (generation == null) {
            generations.touch(sql, uuid);
            return new Of(provider.generation(), List.copyOf(aggregates));
          }
          return new Of(generations.advance(sql, provider), List.copyOf(aggregates));
        });
  }
}
