package welkin.identity.token;

import java.time.Duration;
import java.util.function.Supplier;
import welkin.store.Database;
import welkin.store.Sql;

/**
 * Key pairs that sign tokens as JWS (RFC 7515) with ES256, the one algorithm keystone's jws
 * provider has. The header says nothing about the key: each is tried, and none that a token brings
 * along or points to. Where Fernet tokens are given out nobody brings a JWS, and {@link Es256} with
 * the library behind it is not loaded.
 */
final class JwsKeys {
  private final KeyRing<Supplier<Es256>> ring;

  /**
   * @param activeMax keys kept, the staged one included; at least 2
   */
  JwsKeys(Database database, ClusterKey cluster, int activeMax) {
    ring =
        new KeyRing<>(
            database,
            cluster,
            "jws",
            activeMax,
            () -> Es256.generate(),
            key -> new Once(key),
            KeyRing.none());
  }

  /** A key pair that is made of its text when it is first used. */
  private static final class Once implements Supplier<Es256> {
    private final String key;
    private volatile Es256 pair;

    Once(String key) {
      this.key = key;
    }

    @Override
    public Es256 get() {
      var known = pair;
      if (known == null) {
        known = new Es256(key);
        pair = known;
      }
      return known;
    }
  }

  void rotate(Sql sql) {
    ring.rotate(sql);
  }

  Duration age(Sql sql) {
    return ring.age(sql);
  }

  void reload(Sql sql) {
    ring.reload(sql);
  }

  /** Signs JSON with the primary. */
  String sign(byte[] claims) {
    return ring.loaded().primary().get().sign(claims);
  }

  /** The claims, when one of the keys signed them; otherwise, and for any other text, null. */
  byte[] verified(String text) {
    return Es256.verified(text, ring.loaded().all().stream().map(Supplier::get).toList());
  }
}
