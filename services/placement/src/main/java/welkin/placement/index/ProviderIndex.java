package welkin.placement.index;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import welkin.placement.aggregate.AggregateStore;
import welkin.placement.candidate.RequestGroup;
import welkin.placement.inventory.Inventory;
import welkin.placement.inventory.InventoryStore;
import welkin.placement.provider.Provider;
import welkin.placement.provider.ProviderStore;
import welkin.placement.resourceclass.ResourceClassStore;
import welkin.placement.trait.TraitStore;
import welkin.store.Database;
import welkin.store.Sql;

/**
 * The providers in memory, for searches. Whoever changes a provider {@linkplain #touch touches} it
 * in the same transaction, which writes it into a log; every search first looks how far the log has
 * come, and reads again what changed. So the copies of all processes are as new as the rows.
 */
public final class ProviderIndex {
  private static final int TRIM_EVERY = 1_000;
  private static final int LOG_KEPT = 20_000;

  private final Database database;
  private final ProviderStore providers;
  private final InventoryStore inventories;
  private final ResourceClassStore classes;
  private final TraitStore traits;
  private final AggregateStore aggregates;
  private final ReentrantLock refreshing = new ReentrantLock();
  private final AtomicLong touches = new AtomicLong();
  private volatile View view;

  /** How far of the log the view knows. */
  private volatile long seen;

  private final Map<String, Long> positions = new HashMap<>();
  private final TreeMap<Long, Node> byPosition = new TreeMap<>();

  public ProviderIndex(
      Database database,
      ProviderStore providers,
      InventoryStore inventories,
      ResourceClassStore classes,
      TraitStore traits,
      AggregateStore aggregates) {
    this.database = database;
    this.providers = providers;
    this.inventories = inventories;
    this.classes = classes;
    this.traits = traits;
    this.aggregates = aggregates;
  }

  /** Says that this transaction changes a provider in any way. */
  public void touch(Sql sql, String uuid) {
    ChangeLogStore.append(sql, uuid);
    if (touches.incrementAndGet() % TRIM_EVERY == 0) {
      ChangeLogStore.trim(sql, LOG_KEPT);
    }
  }

  /** All providers, every acknowledged change included, whoever made it. */
  public View view() {
    var known = view;
    if (known != null && database.read(ChangeLogStore::newest) == seen) {
      return known;
    }
    refreshing.lock();
    try {
      if (view == null || !refresh()) {
        load();
      }
      return view;
    } finally {
      refreshing.unlock();
    }
  }

  private void load() {
    var newest = new long[1];
    database.read(
        sql -> {
          newest[0] =
              ChangeLogStore.newest(sql); // before the rows: what comes meanwhile is read again
          positions.clear();
          byPosition.clear();
          var stock = inventories.all(sql);
          var traitNames = traits.all(sql);
          var groups = aggregates.all(sql);
          long position = 0;
          for (var p : providers.all(sql)) {
            var id = p.uuid();
            put(
                new Node(
                    ++position,
                    p,
                    stock.getOrDefault(id, Map.of()),
                    traitNames.getOrDefault(id, Set.of()),
                    groups.getOrDefault(id, Set.of())));
          }
          return null;
        });
    publish();
    seen = newest[0];
  }

  /** Catches up; false when the log does not reach back far enough. */
  private boolean refresh() {
    record Caught(boolean up, boolean moved, long newest) {}
    var caught =
        database.read(
            sql -> {
              long newest = ChangeLogStore.newest(sql);
              if (ChangeLogStore.oldest(sql) > seen + 1) {
                return new Caught(newest == seen, false, seen);
              }
              boolean moved = false;
              for (var id : ChangeLogStore.since(sql, seen, newest)) {
                moved |= refresh(sql, id);
              }
              return new Caught(true, moved, newest);
            });
    if (caught.moved) {
      publish();
    }
    seen = caught.newest; // only now: until here others must wait for what was read
    return caught.up;
  }

  /** Whether the provider came, went, or changed its place. */
  private boolean refresh(Sql sql, String id) {
    var found = providers.find(sql, id);
    var position = positions.get(id);
    if (found.isEmpty()) {
      if (position != null) {
        positions.remove(id);
        byPosition.remove(position);
      }
      return position != null;
    }
    var next = read(sql, found.get());
    var now = position == null ? null : byPosition.get(position);
    if (now != null && now.hasPlaceOf(next)) {
      now.become(next);
      return false;
    }
    put(next);
    return true;
  }

  private Node read(Sql sql, Provider p) {
    var stock = new LinkedHashMap<String, Inventory>();
    inventories.of(sql, p.uuid()).forEach(i -> stock.put(i.resourceClass(), i));
    var position = positions.get(p.uuid());
    return new Node(
        position != null ? position : byPosition.isEmpty() ? 1 : byPosition.lastKey() + 1,
        p,
        stock,
        new TreeSet<>(traits.of(sql, p.uuid())),
        new HashSet<>(aggregates.of(sql, p.uuid())));
  }

  private void put(Node node) {
    positions.put(node.uuid(), node.position);
    byPosition.put(node.position, node);
  }

  private void publish() {
    var nodes = LinkedHashMap.<String, Node>newLinkedHashMap(byPosition.size());
    var members = LinkedHashMap.<String, List<Node>>newLinkedHashMap(byPosition.size());
    var sharing = new ArrayList<Node>();
    for (var node : byPosition.values()) {
      nodes.put(node.uuid(), node);
      if (node.sharing()) {
        sharing.add(node);
      }
      var root = node.provider().root();
      if (node.isRoot()) {
        var list = members.putIfAbsent(root, List.of(node));
        if (list != null) {
          var all = new ArrayList<>(list);
          all.addFirst(node);
          members.put(root, all);
        }
      } else {
        members.compute(
            root,
            (k, list) -> {
              var all = list == null ? new ArrayList<Node>(4) : new ArrayList<>(list);
              all.add(node);
              return all;
            });
      }
    }
    var trees = new ArrayList<Tree>(members.size());
    members.forEach(
        (root, list) -> {
          if (list.getFirst().uuid().equals(root)) {
            trees.add(new Tree(list.getFirst(), list));
          }
        });
    view = new View(nodes, trees, sharing);
  }

  /** Providers by name, uuid and what a request group asks; null for what does not matter. */
  public List<Provider> matching(String name, String uuid, RequestGroup group) {
    var view = view();
    var out = new ArrayList<Provider>();
    for (var node : view.nodes().values()) {
      var p = node.provider();
      if ((name == null || name.equals(p.name()))
          && (uuid == null || uuid.equals(p.uuid()))
          && (group == null || group.fits(view, node))) {
        out.add(p);
      }
    }
    return out;
  }

  public boolean knowsClass(String name) {
    return database.read(sql -> classes.exists(sql, name));
  }

  public boolean knowsTrait(String name) {
    return database.read(sql -> traits.exists(sql, name));
  }
}
