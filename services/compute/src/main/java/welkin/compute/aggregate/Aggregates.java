package welkin.compute.aggregate;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import welkin.compute.host.Hosts;
import welkin.core.Fault;
import welkin.core.Ids;
import welkin.peers.Backend;
import welkin.store.Database;
import welkin.store.DuplicateKey;
import welkin.store.Events;
import welkin.store.Sql;

/**
 * The verbs of aggregates. A host is in at most one availability zone, and servers do not change
 * zone under way.
 */
public final class Aggregates {
  private final Database database;
  private final Events events;
  private final InstantSource clock;
  private final Ids ids;
  private final Hosts hosts;

  public Aggregates(Backend backend, Hosts hosts) {
    this.database = backend.database();
    this.events = backend.events();
    this.clock = backend.clock();
    this.ids = backend.ids();
    this.hosts = hosts;
  }

  List<Aggregate> list() {
    return database.read(AggregateStore::list);
  }

  Aggregate show(String id) {
    return database.read(sql -> find(sql, id));
  }

  private static Aggregate find(Sql sql, String id) {
    Fault missing = Fault.notFound("Aggregate " + id + " could not be found.");
    if (!id.matches("[0-9]{1,18}")) {
      throw missing;
    }
    return AggregateStore.find(sql, Long.parseLong(id)).orElseThrow(() -> missing);
  }

  Aggregate create(String name, String zone) {
    try {
      return database.tx(
          sql -> {
            var made =
                AggregateStore.insert(
                    sql,
                    ids.uuid(),
                    name,
                    zone == null ? Map.of() : Map.of(Aggregate.ZONE, zone),
                    clock.instant());
            events.append(sql, "aggregate.create.end", null, made.uuid(), made);
            return made;
          });
    } catch (DuplicateKey e) {
      throw Fault.conflict("Aggregate " + name + " already exists.");
    }
  }

  /**
   * @param zone null leaves it
   */
  Aggregate update(String id, String name, String zone) {
    try {
      return change(
          id,
          "aggregate.updateprop.end",
          a -> {
            var metadata = new LinkedHashMap<>(a.metadata());
            if (zone != null) {
              metadata.put(Aggregate.ZONE, zone);
            }
            return with(a, name == null ? a.name() : name, metadata, a.hosts());
          });
    } catch (DuplicateKey e) {
      throw Fault.conflict("Aggregate " + name + " already exists.");
    }
  }

  /** Sets metadata; a null value takes the key away. */
  Aggregate setMetadata(String id, Map<String, String> changes) {
    return change(
        id,
        "aggregate.updatemetadata.end",
        a -> {
          var metadata = new LinkedHashMap<>(a.metadata());
          changes.forEach(
              (k, v) -> {
                if (v == null) {
                  metadata.remove(k);
                } else {
                  metadata.put(k, v);
                }
              });
          return with(a, a.name(), metadata, a.hosts());
        });
  }

  Aggregate addHost(String id, String host) {
    if (hosts.find(host).isEmpty()) {
      throw Fault.notFound("Compute host " + host + " could not be found.");
    }
    return change(
        id,
        "aggregate.addhost.end",
        a -> {
          if (a.hosts().contains(host)) {
            throw Fault.conflict("Aggregate " + id + " already has host " + host + ".");
          }
          var all = new ArrayList<>(a.hosts());
          all.add(host);
          return with(a, a.name(), a.metadata(), all);
        });
  }

  Aggregate removeHost(String id, String host) {
    return change(
        id,
        "aggregate.removehost.end",
        a -> {
          if (!a.hosts().contains(host)) {
            throw Fault.notFound("Aggregate " + id + " has no host " + host + ".");
          }
          var all = new ArrayList<>(a.hosts());
          all.remove(host);
          return with(a, a.name(), a.metadata(), all);
        });
  }

  void delete(String id) {
    database.change(
        sql -> {
          var a = find(sql, id);
          if (!a.hosts().isEmpty()) {
            throw Fault.badRequest(
                "Cannot remove host from aggregate "
                    + id
                    + ". Reason: Host aggregate is not empty.");
          }
          AggregateStore.delete(sql, a.id());
          events.append(sql, "aggregate.delete.end", null, a.uuid(), a);
        });
  }

  private static Aggregate with(
      Aggregate a, String name, Map<String, String> metadata, List<String> hosts) {
    return new Aggregate(a.id(), a.uuid(), name, metadata, hosts, a.createdAt(), a.updatedAt());
  }

  private Aggregate change(String id, String event, UnaryOperator<Aggregate> how) {
    return database.tx(
        sql -> {
          var before = find(sql, id);
          var after = how.apply(before);
          checkZones(sql, before, after);
          AggregateStore.update(sql, after, clock.instant());
          events.append(sql, event, null, after.uuid(), after);
          return find(sql, id);
        });
  }

  private static void checkZones(Sql sql, Aggregate before, Aggregate after) {
    if (after.zone() != null) {
      for (var other : AggregateStore.list(sql)) {
        if (other.id() != after.id()
            && other.zone() != null
            && !other.zone().equals(after.zone())) {
          for (var host : after.hosts()) {
            if (other.hosts().contains(host)) {
              throw Fault.conflict(
                  "Cannot perform the action: Host "
                      + host
                      + " is already in availability zone "
                      + other.zone()
                      + ".");
            }
          }
        }
      }
    }
    boolean zoneChanged = before.zone() != null && !before.zone().equals(after.zone());
    if (zoneChanged && AggregateStore.hasServersOn(sql, after.hosts())) {
      throw Fault.badRequest(
          "Cannot update aggregate "
              + before.id()
              + ". Reason: One or more hosts contain instances in this zone.");
    }
  }
}
