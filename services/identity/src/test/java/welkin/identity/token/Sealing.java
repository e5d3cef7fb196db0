package welkin.identity.token;

import java.nio.file.Path;
import java.time.Instant;
import welkin.store.Database;

/** Seals anything with a cloud's own token key, as somebody who stole it could. */
public final class Sealing {
  private Sealing() {}

  public static String seal(Database identity, Path home, byte[] payload, Instant now) {
    return new FernetKeys(identity, new ClusterKey(home), "token", home.resolve("fernet-keys"), 3)
        .seal(payload, now);
  }

  /** A payload in MessagePack; lists, texts, byte strings, numbers, booleans, nulls. */
  public static byte[] pack(Object value) {
    return MessagePack.pack(value);
  }

  /** What a token of that cloud holds. */
  public static Object unpack(Database identity, Path home, String token) {
    return MessagePack.unpack(
        new FernetKeys(identity, new ClusterKey(home), "token", home.resolve("fernet-keys"), 3)
            .open(token)
            .payload());
  }
}
