package welkin.placement.allocation;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toMap;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import welkin.core.Fault;
import welkin.peers.Backend;
import welkin.placement.PlacementFaults;
import welkin.placement.index.Generations;
import welkin.placement.inventory.Inventory;
import welkin.placement.inventory.InventoryStore;
import welkin.placement.provider.Provider;
import welkin.placement.provider.ProviderStore;
import welkin.placement.resourceclass.ResourceClassStore;
import welkin.store.Database;
import welkin.store.Events;
import welkin.store.Sql;

/**
 * The verbs of allocations. A write is one transaction: it gives back what the consumers had,
 * checks room and units for what they shall have, and counts it. So what is used never exceeds
 * capacity, unless a capacity shrank below what was given before.
 */
public final class Allocations {
  private final Database database;
  private final Events events;
  private final InstantSource clock;
  private final ProviderStore providers;
  private final Generations generations;
  private final InventoryStore stock;
  private final ResourceClassStore classes;
  private final AllocationStore store;

  public Allocations(
      Backend backend,
      ProviderStore providers,
      Generations generations,
      InventoryStore stock,
      ResourceClassStore classes,
      AllocationStore store) {
    this.database = backend.database();
    this.events = backend.events();
    this.clock = backend.clock();
    this.providers = providers;
    this.generations = generations;
    this.stock = stock;
    this.classes = classes;
    this.store = store;
  }

  /** A consumer's allocations with the providers they are of. */
  record OfConsumer(
      Consumer consumer, List<Allocation> allocations, Map<String, Integer> generations) {}

  /** A provider's allocations with the generations of their consumers. */
  record OfProvider(
      Provider provider, List<Allocation> allocations, Map<String, Integer> generations) {}

  OfConsumer ofConsumer(String uuid) {
    return database.read(
        sql -> {
          var all = store.ofConsumer(sql, uuid);
          var generations = new HashMap<String, Integer>();
          for (var a : all) {
            generations.computeIfAbsent(a.provider(), p -> providers.get(sql, p).generation());
          }
          return new OfConsumer(store.consumer(sql, uuid).orElse(null), all, generations);
        });
  }

  OfProvider ofProvider(String uuid) {
    return database.read(
        sql ->
            new OfProvider(
                providers.get(sql, uuid),
                store.ofProvider(sql, uuid),
                store.consumerGenerations(sql, uuid)));
  }

  /** Writes the allocations of several consumers, all or none. */
  void set(Collection<Claim> claims) {
    database.change(sql -> set(sql, claims));
  }

  /**
   * @throws Fault 404 when the consumer has none
   */
  void delete(String consumer) {
    database.change(
        sql -> {
          var had = store.ofConsumer(sql, consumer);
          if (had.isEmpty()) {
            throw Fault.notFound("No allocations for consumer '" + consumer + "'");
          }
          giveBack(sql, had);
          had.stream().map(Allocation::provider).distinct().forEach(p -> generations.touch(sql, p));
          store.delete(sql, consumer);
          store.deleteConsumer(sql, consumer);
          event(sql, "allocation.delete", consumer);
        });
  }

  /** {@link #set(Collection)} within a transaction. */
  void set(Sql sql, Collection<Claim> claims) {
    var usedBefore = new HashMap<List<String>, Long>();
    var touched = new TreeMap<String, Provider>();
    var consumers = new ArrayList<Runnable>();
    var knowns = claims.stream().map(c -> store.askConsumer(sql, c.consumer())).toList();
    var named = new HashMap<String, Sql.Asked<Provider>>();
    var untaken = new HashMap<String, Sql.Asked<Inventory>>(); // those of which nothing changed yet
    for (var claim : claims) {
      for (var uuid : claim.resources().keySet()) {
        named.computeIfAbsent(uuid, u -> providers.ask(sql, u));
        untaken.computeIfAbsent(uuid, u -> stock.ask(sql, u));
      }
    }
    var each = knowns.iterator();
    for (var claim : claims) {
      var known = each.next().one();
      consumers.add(admitted(sql, claim, known));
      if (known.isEmpty()) {
        continue; // nobody has allocations without being a consumer
      }
      var had = store.ofConsumer(sql, claim.consumer());
      for (var a : had) {
        remember(sql, usedBefore, a.provider(), a.resourceClass());
        touched.computeIfAbsent(a.provider(), uuid -> providers.get(sql, uuid));
      }
      giveBack(sql, had);
      had.forEach(a -> untaken.remove(a.provider()));
      store.delete(sql, claim.consumer());
    }
    for (var claim : claims) {
      for (var of : claim.resources().entrySet()) {
        var uuid = of.getKey();
        touched.putIfAbsent(uuid, named.get(uuid).one().orElseThrow(() -> unknown(uuid)));
        var asked = untaken.remove(uuid);
        var there = asked == null ? stock.of(sql, uuid) : asked.list();
        take(sql, claim, uuid, of.getValue(), there, usedBefore);
      }
    }
    consumers.forEach(Runnable::run);
    for (var p : touched.values()) {
      generations.advance(sql, p);
    }
    for (var claim : claims) {
      event(
          sql,
          claim.resources().isEmpty() ? "allocation.delete" : "allocation.update",
          claim.consumer());
    }
  }

  /**
   * Checks a claim against its consumer.
   *
   * @return what writes the consumer once the allocations stand
   */
  private Runnable admitted(Sql sql, Claim claim, Optional<Consumer> known) {
    var now = clock.instant();
    if (claim.checked()) {
      var expected = known.map(Consumer::generation).orElse(null);
      if (!Objects.equals(expected, claim.generation())) {
        throw PlacementFaults.generationConflict(
            "consumer generation conflict - expected "
                + (expected == null ? "null" : expected)
                + " but got "
                + (claim.generation() == null ? "None" : claim.generation()));
      }
    }
    return () -> {
      if (claim.resources().isEmpty()) {
        store.deleteConsumer(sql, claim.consumer());
        return;
      }
      var type = claim.type() != null ? claim.type() : known.map(Consumer::type).orElse(null);
      int generation = known.map(Consumer::generation).orElse(0) + 1;
      var next =
          new Consumer(claim.consumer(), claim.projectId(), claim.userId(), type, generation);
      if (known.isEmpty()) {
        store.insertConsumer(sql, next, now);
      } else {
        store.updateConsumer(sql, next, known.get().generation(), now);
      }
    };
  }

  private void remember(
      Sql sql, Map<List<String>, Long> usedBefore, String provider, String resourceClass) {
    usedBefore.computeIfAbsent(
        List.of(provider, resourceClass),
        k -> stock.find(sql, provider, resourceClass).map(Inventory::used).orElse(0L));
  }

  private void giveBack(Sql sql, List<Allocation> had) {
    had.stream()
        .collect(
            groupingBy(
                Allocation::provider,
                TreeMap::new,
                toMap(Allocation::resourceClass, a -> -a.used(), Long::sum, TreeMap::new)))
        .forEach((provider, amounts) -> stock.addUsed(sql, provider, amounts));
  }

  private static Fault unknown(String provider) {
    return Fault.badRequest(
        "Allocation for resource provider '" + provider + "' that does not exist.");
  }

  private void take(
      Sql sql,
      Claim claim,
      String provider,
      Map<String, Long> amounts,
      List<Inventory> inventories,
      Map<List<String>, Long> usedBefore) {
    var there = new HashMap<String, Inventory>();
    inventories.forEach(i -> there.put(i.resourceClass(), i));
    var taken = new ArrayList<Allocation>();
    for (var e : amounts.entrySet()) {
      var resourceClass = e.getKey();
      long amount = e.getValue();
      if (!classes.exists(sql, resourceClass)) {
        throw Fault.badRequest(
            "Unable to allocate inventory for consumer "
                + claim.consumer()
                + ": No such resource class "
                + resourceClass
                + ".");
      }
      var i = there.get(resourceClass);
      if (i == null) {
        throw cannot(
            "Inventory for '"
                + resourceClass
                + "' on resource provider '"
                + provider
                + "' invalid.");
      }
      if (!i.allows(amount)) {
        throw cannot(
            "Unable to create allocation for '"
                + resourceClass
                + "' on resource provider '"
                + provider
                + "'. The requested amount would violate inventory constraints.");
      }
      long before = usedBefore.getOrDefault(List.of(provider, resourceClass), 0L);
      if (!i.hasRoomFor(amount) && i.used() + amount > before) {
        throw cannot(
            "Unable to create allocation for '"
                + resourceClass
                + "' on resource provider '"
                + provider
                + "'. The requested amount would exceed the capacity.");
      }
      taken.add(new Allocation(claim.consumer(), provider, resourceClass, amount, clock.instant()));
    }
    stock.addUsed(sql, provider, amounts);
    store.insert(sql, taken);
  }

  private static Fault cannot(String reason) {
    return Fault.conflict("Unable to allocate inventory: " + reason);
  }

  private void event(Sql sql, String type, String consumer) {
    events.append(sql, type, null, consumer, Map.of("consumer_uuid", consumer));
  }
}
