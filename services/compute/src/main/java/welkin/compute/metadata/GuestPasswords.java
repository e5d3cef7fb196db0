package welkin.compute.metadata;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import welkin.core.Fault;
import welkin.store.Database;

/**
 * The password a guest made for itself and posted to its metadata service, encrypted with its
 * user's key: the cloud keeps it and cannot read it.
 */
public final class GuestPasswords {
  /** In bytes, as upstream. */
  public static final int MOST = 4 * 255;

  private final Database database;

  public GuestPasswords(Database database) {
    this.database = database;
  }

  public Optional<String> of(String serverId) {
    return database.read(sql -> GuestPasswordStore.find(sql, serverId));
  }

  /** Keeps what a guest posted; it may do so once, until its user forgets it. */
  void post(String serverId, byte[] posted) {
    if (posted.length > MOST) {
      throw Fault.badRequest("The password is longer than " + MOST + " bytes.");
    }
    database.change(
        sql -> {
          if (GuestPasswordStore.find(sql, serverId).isPresent()) {
            throw Fault.conflict("This server has posted a password already.");
          }
          GuestPasswordStore.put(sql, serverId, new String(posted, StandardCharsets.UTF_8));
        });
  }

  /** Forgets it; the guest may post another. */
  public void forget(String serverId) {
    database.change(sql -> GuestPasswordStore.delete(sql, serverId));
  }
}
