package welkin.network.host;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import welkin.network.host.HostStore.Item;
import welkin.network.host.SharedStore.Note;
import welkin.store.Database;
import welkin.store.Sql;

/**
 * What a transaction notes for hosts, each once, written together as the last it does. All of it
 * has one sequence number: it is seen together or not at all.
 */
final class HostNotes implements Database.Action {
  /**
   * An object changed for one host.
   *
   * @param host its name
   */
  record Own(String host, Item item) {}

  private final Set<Own> own = new LinkedHashSet<>();
  private final Set<Note> shared = new LinkedHashSet<>();

  private static HostNotes of(Sql sql) {
    return sql.atEnd(HostNotes.class, HostNotes::new);
  }

  /** Notes that an object changed for a host. */
  static void add(Sql sql, String host, Item item) {
    of(sql).own.add(new Own(host, item));
  }

  /** Notes that an object, or an entry of it, changed: one row, however many hosts have it. */
  static void add(Sql sql, Note note) {
    of(sql).shared.add(note);
  }

  @Override
  public void run(Sql sql) {
    HostStore.number(sql);
    SharedStore.insert(sql, List.copyOf(shared));
    HostStore.keep(sql, List.copyOf(own));
  }
}
