package welkin.compute.metadata;

import java.util.Optional;
import welkin.store.Sql;

/** SQL of the passwords guests posted. */
public final class GuestPasswordStore {
  private GuestPasswordStore() {}

  static Optional<String> find(Sql sql, String serverId) {
    return sql.one(
        "SELECT password FROM guest_password WHERE server_id = ?",
        r -> r.text("password"),
        serverId);
  }

  static void put(Sql sql, String serverId, String password) {
    sql.update(
        "INSERT INTO guest_password (server_id, password) VALUES (?, ?)", serverId, password);
  }

  public static void delete(Sql sql, String serverId) {
    sql.update("DELETE FROM guest_password WHERE server_id = ?", serverId);
  }
}
