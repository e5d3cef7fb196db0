package welkin.identity.ldap;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.identity.ldap.MirrorStore.Known;
import welkin.identity.ldap.MirrorStore.Shown;
import welkin.identity.shared.Backend;
import welkin.store.DuplicateKey;
import welkin.store.Sql;

/**
 * Keeps a row for each entry that was seen, so that everything else (assignments, tokens, lists,
 * pages, filters) goes on as with users and groups of our own. Writes only what changed. An entry
 * that is gone keeps its row, hidden: a wrong filter for a minute must not take anyone's roles.
 */
final class Mirror {
  private static final Logger log = LoggerFactory.getLogger(Mirror.class);
  private static final int LOCAL_ID_MAX = 255;

  /** From so many entries on, all rows of the domain are read at once. */
  private static final int MANY = 50;

  private final Backend backend;

  Mirror(Backend backend) {
    this.backend = backend;
  }

  /** Which rows are gone when the directory did not give them. */
  private interface Missing {
    Collection<Known> of(Sql sql);
  }

  /** What has to be written. */
  private record Plan(
      Map<Mapping, Shown> inserts,
      Map<Mapping, Shown> updates,
      List<Mapping> gone,
      Set<String> unnamed,
      Set<String> ids) {
    boolean isEmpty() {
      return inserts.isEmpty() && updates.isEmpty() && gone.isEmpty();
    }
  }

  static Shown shown(LdapUser u) {
    return new Shown(u.id(), u.name(), u.enabled(), u.defaultProjectId(), null, u.extra());
  }

  static Shown shown(LdapGroup g) {
    return new Shown(g.id(), g.name(), true, null, g.description(), g.extra());
  }

  /**
   * Everything there is: who is not among it is gone.
   *
   * @return public ids of those that are there
   */
  Set<String> all(String domainId, Kind kind, List<Shown> found) {
    return bring(domainId, kind, found, sql -> MirrorStore.all(sql, domainId, kind));
  }

  /** Some of what there is. */
  Set<String> some(String domainId, Kind kind, List<Shown> found) {
    return bring(domainId, kind, found, sql -> List.of());
  }

  /** The one with an id, or that there is none. */
  Optional<String> one(String domainId, Kind kind, String localId, Optional<Shown> found) {
    return first(
        bring(
            domainId,
            kind,
            found.stream().toList(),
            sql -> MirrorStore.one(sql, domainId, kind, localId).stream().toList()));
  }

  /** The one with a name, or that there is none. */
  Optional<String> named(String domainId, Kind kind, String name, Optional<Shown> found) {
    return first(
        bring(
            domainId,
            kind,
            found.stream().toList(),
            sql -> MirrorStore.named(sql, domainId, kind, name).stream().toList()));
  }

  private static Optional<String> first(Set<String> ids) {
    return ids.stream().findFirst();
  }

  private Set<String> bring(String domainId, Kind kind, List<Shown> found, Missing missing) {
    var now = backend.database().read(sql -> plan(sql, domainId, kind, found, missing));
    if (now.isEmpty()) {
      return now.ids;
    }
    try {
      return write(domainId, kind, found, missing);
    } catch (DuplicateKey e) { // another process saw the same entry first
      return write(domainId, kind, found, missing);
    }
  }

  private Set<String> write(String domainId, Kind kind, List<Shown> found, Missing missing) {
    return backend
        .database()
        .tx(
            sql -> {
              var plan = plan(sql, domainId, kind, found, missing);
              plan.gone.forEach(m -> MirrorStore.leave(sql, kind, m.publicId()));
              plan.unnamed.forEach(id -> MirrorStore.unname(sql, kind, id));
              plan.inserts.forEach((m, s) -> MirrorStore.insert(sql, m, s));
              plan.updates.forEach((m, s) -> MirrorStore.update(sql, m, s));
              if (!plan.updates.isEmpty() || !plan.gone.isEmpty() || !plan.unnamed.isEmpty()) {
                backend.epoch().end(sql);
              }
              return plan.ids;
            });
  }

  private Plan plan(Sql sql, String domainId, Kind kind, List<Shown> found, Missing missing) {
    var plan =
        new Plan(
            new LinkedHashMap<>(),
            new LinkedHashMap<>(),
            new ArrayList<>(),
            new LinkedHashSet<>(),
            new LinkedHashSet<>());
    var entries = distinct(domainId, kind, found);
    var rows = rows(sql, domainId, kind, entries.values());
    for (var row : missing.of(sql)) {
      if (!entries.containsKey(row.mapping().publicId()) && !row.mapping().gone()) {
        plan.gone.add(row.mapping());
      }
    }
    var free = new HashSet<String>(); // whose names others may have
    plan.gone.forEach(m -> free.add(m.publicId()));
    entries.forEach(
        (id, s) -> {
          var row = rows.get(id);
          if (row != null && !row.shown().name().equals(s.name())) {
            free.add(id);
          }
        });
    entries.forEach(
        (id, s) -> {
          var row = rows.get(id);
          if (row != null && !row.mapping().gone() && row.shown().equals(s)) {
            plan.ids.add(id);
            return;
          }
          boolean renamed = row == null || !row.shown().name().equals(s.name());
          if (renamed && !mayBeCalled(sql, domainId, kind, id, s, free, plan)) {
            if (row != null && !row.mapping().gone()) {
              plan.gone.add(row.mapping());
            }
            return;
          }
          if (row != null && renamed) {
            plan.unnamed.add(id); // names may have been swapped
          }
          plan.ids.add(id);
          (row == null ? plan.inserts : plan.updates)
              .put(new Mapping(id, domainId, kind, s.localId(), false), s);
        });
    return plan;
  }

  /** A name belongs to who had it in this domain before there was a directory. */
  private static boolean mayBeCalled(
      Sql sql, String domainId, Kind kind, String id, Shown s, Set<String> free, Plan plan) {
    var holder = MirrorStore.holder(sql, domainId, kind, s.name()).orElse(null);
    if (holder == null || holder.equals(id) || free.contains(holder)) {
      return true;
    }
    if (MirrorStore.find(sql, holder).isPresent()) {
      plan.unnamed.add(holder); // renamed in the directory since it was seen
      return true;
    }
    log.warn(
        "domain {}: the {} '{}' of its directory is left out, one that was made here has that name",
        domainId,
        kind.type,
        s.name());
    return false;
  }

  private static Map<String, Known> rows(
      Sql sql, String domainId, Kind kind, Collection<Shown> entries) {
    var out = new HashMap<String, Known>();
    if (entries.size() > MANY) {
      MirrorStore.all(sql, domainId, kind).forEach(k -> out.put(k.mapping().publicId(), k));
    } else {
      for (var s : entries) {
        MirrorStore.one(sql, domainId, kind, s.localId())
            .ifPresent(k -> out.put(k.mapping().publicId(), k));
      }
    }
    return out;
  }

  /** By public id; the first of several with one name, and none whose name cannot be kept. */
  private static Map<String, Shown> distinct(String domainId, Kind kind, List<Shown> found) {
    var out = new LinkedHashMap<String, Shown>();
    var names = new HashSet<String>();
    for (var s : found) {
      if (s.name().length() > kind.nameMax || s.localId().length() > LOCAL_ID_MAX) {
        log.warn("domain {}: a {} is left out, its name is too long", domainId, kind.type);
      } else if (!names.add(s.name())) {
        log.warn(
            "domain {}: several entries are the {} '{}', all but one are left out",
            domainId,
            kind.type,
            s.name());
      } else {
        out.putIfAbsent(Mapping.publicId(domainId, kind, s.localId()), s);
      }
    }
    return out;
  }

  /** A user is in these groups of the directory, and in no others of it. */
  void groupsOf(String userId, Set<String> groupIds) {
    var was = backend.database().read(sql -> new HashSet<>(MirrorStore.groupsOf(sql, userId)));
    if (!was.equals(groupIds)) {
      backend
          .database()
          .change(
              sql -> {
                MirrorStore.join(sql, List.of(userId), minus(groupIds, was));
                MirrorStore.part(sql, List.of(userId), minus(was, groupIds));
                backend.epoch().end(sql);
              });
    }
  }

  /** These users of the directory are in a group, and no others of it. */
  void membersOf(String groupId, Set<String> userIds) {
    var was = backend.database().read(sql -> new HashSet<>(MirrorStore.membersOf(sql, groupId)));
    if (!was.equals(userIds)) {
      backend
          .database()
          .change(
              sql -> {
                MirrorStore.join(sql, minus(userIds, was), List.of(groupId));
                MirrorStore.part(sql, minus(was, userIds), List.of(groupId));
                backend.epoch().end(sql);
              });
    }
  }

  private static Set<String> minus(Set<String> a, Set<String> b) {
    var out = new LinkedHashSet<>(a);
    out.removeAll(b);
    return out;
  }

  /** A domain has a directory no more: its entries are hidden until it has one again. */
  void leave(Sql sql, String domainId) {
    boolean any = false;
    for (var kind : Kind.values()) {
      for (var row : MirrorStore.all(sql, domainId, kind)) {
        if (!row.mapping().gone()) {
          MirrorStore.leave(sql, kind, row.mapping().publicId());
          any = true;
        }
      }
    }
    if (any) {
      backend.epoch().end(sql);
    }
  }
}
