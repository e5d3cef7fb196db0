package welkin.placement.trait;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import welkin.core.Fault;
import welkin.peers.Backend;
import welkin.placement.Names;
import welkin.placement.index.Generations;
import welkin.placement.provider.ProviderStore;
import welkin.store.Database;
import welkin.store.Events;

/** The verbs of traits, and of the traits a provider has. */
public final class Traits {
  private final Database database;
  private final Events events;
  private final InstantSource clock;
  private final ProviderStore providers;
  private final Generations generations;
  private final TraitStore store;

  public Traits(
      Backend backend, ProviderStore providers, Generations generations, TraitStore store) {
    this.database = backend.database();
    this.events = backend.events();
    this.clock = backend.clock();
    this.providers = providers;
    this.generations = generations;
    this.store = store;
  }

  /** What a provider has, and the generation that was read or written. */
  record Of(int generation, List<String> names) {}

  /**
   * @param names only these, or null
   * @param prefix only names that begin so, or null
   * @param associated only those that a provider has (or has not), or null
   */
  List<String> list(Set<String> names, String prefix, Boolean associated) {
    return database.read(
        sql -> {
          var all = new TreeSet<>(Names.TRAITS);
          all.addAll(store.custom(sql));
          if (associated != null) {
            var used = new HashSet<>(store.associated(sql));
            all.removeIf(n -> used.contains(n) != associated);
          }
          all.removeIf(
              n -> names != null && !names.contains(n) || prefix != null && !n.startsWith(prefix));
          return new ArrayList<>(all);
        });
  }

  boolean exists(String name) {
    return database.read(sql -> store.exists(sql, name));
  }

  /** Whether it was not there before. */
  boolean ensure(String name) {
    return database.tx(
        sql -> {
          boolean made = store.insert(sql, name, clock.instant());
          if (made) {
            events.append(sql, "trait.create", null, name, Map.of("name", name));
          }
          return made;
        });
  }

  void delete(String name) {
    database.change(
        sql -> {
          if (!store.exists(sql, name)) {
            throw Fault.notFound("No such trait(s): " + name + ".");
          }
          if (Names.TRAITS.contains(name)) {
            throw Fault.badRequest("Cannot delete standard trait " + name + ".");
          }
          if (store.inUse(sql, name)) {
            throw Fault.conflict("The trait " + name + " is in use by a resource provider.");
          }
          store.delete(sql, name);
          events.append(sql, "trait.delete", null, name, Map.of("name", name));
        });
  }

  Of of(String provider) {
    return database.read(
        sql -> new Of(providers.get(sql, provider).generation(), store.of(sql, provider)));
  }

  /**
   * Replaces the traits of a provider.
   *
   * @param generation the generation the caller read, or null to replace whatever is there
   */
  Of replace(String uuid, Integer generation, Set<String> names) {
    return database.tx(
        sql -> {
          var provider = providers.get(sql, uuid);
          Generations.expect(provider, generation);
          var unknown = names.stream().filter(n -> !store.exists(sql, n)).toList();
          if (!unknown.isEmpty()) {
            throw Fault.badRequest("No such trait " + String.join(", ", unknown));
          }
          var sorted = new TreeSet<>(names);
          if (sorted.equals(new TreeSet<>(store.of(sql, uuid)))) {
            return new Of(provider.generation(), List.copyOf(sorted));
          }
          store.replace(sql, uuid, sorted);
          events.append(
              sql, "resource_provider.traits.update", null, uuid, Map.of("traits", sorted));
          return new Of(generations.advance(sql, provider), List.copyOf(sorted));
        });
  }
}
