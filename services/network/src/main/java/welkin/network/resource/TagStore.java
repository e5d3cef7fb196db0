package welkin.network.resource;

import welkin.store.Sql;

/** Tags of any noun, kept a second time where the filters of lists look. */
public final class TagStore {
  private TagStore() {}

  /** Keeps the tags of a resource. */
  public static void keep(Sql sql, Resource r) {
    sql.update("DELETE FROM tag WHERE resource_id = ?", r.id());
    for (var t : r.texts("tags")) {
      sql.insert("tag", "resource_id", r.id(), "tag", t);
    }
  }
}
