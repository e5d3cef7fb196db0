package welkin.identity.token;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import welkin.store.Database;
import welkin.store.Sql;

/**
 * Seals what is secret in Identity's tables, with keys that are used for nothing else. It seals
 * only for the columns it was told of: a rotation seals all of these anew, and a column that it did
 * not know would after some rotations be lost.
 */
public final class StoredSecrets {
  private static final int ACTIVE_MAX = 3;

  private final FernetKeys keys;
  private final InstantSource clock;
  private final List<SealedColumn> columns;

  /**
   * @param home where an older release kept the keys in a folder
   * @param columns all that hold what is sealed here
   */
  public StoredSecrets(
      Database database, Path home, InstantSource clock, List<SealedColumn> columns) {
    this.keys =
        new FernetKeys(
            database,
            new ClusterKey(home),
            "credential",
            home.resolve("credential-keys"),
            ACTIVE_MAX);
    this.clock = clock;
    this.columns = List.copyOf(columns);
  }

  /**
   * @throws IllegalArgumentException when a rotation would forget the column
   */
  public String seal(SealedColumn column, String text) {
    if (!columns.contains(column)) {
      throw new IllegalArgumentException(
          column + " is not among the sealed columns, so a rotation of keys would lose it");
    }
    return keys.seal(text.getBytes(StandardCharsets.UTF_8), clock.instant());
  }

  /**
   * @throws IllegalStateException for a text that no key opens
   */
  public String open(String sealedText) {
    var opened = keys.open(sealedText);
    if (opened == null) {
      throw new IllegalStateException("a stored secret was sealed with a key that is gone");
    }
    return new String(opened.payload(), StandardCharsets.UTF_8);
  }

  /**
   * Makes the staged key the one that seals, and seals with it all that is stored.
   *
   * @throws welkin.core.Fault 409 when a rotation was so lately that some process may not know the
   *     staged key
   */
  public void rotate(Sql sql) {
    keys.rotate(sql);
    var anew = keys.renewing(sql);
    columns.forEach(c -> SealedStore.renew(sql, c, anew));
  }

  /** Reads the keys again: another process may have rotated. */
  public void reload(Sql sql) {
    keys.reload(sql);
  }
}
