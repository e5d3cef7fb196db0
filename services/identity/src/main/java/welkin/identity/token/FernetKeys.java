package welkin.identity.token;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import welkin.core.Fault;
import welkin.store.Database;
import welkin.store.Sql;

/**
 * A {@link KeyRing} of Fernet keys. A folder of key files, as clouds of one machine had it, is
 * moved in and removed.
 */
public final class FernetKeys {
  private final KeyRing<Fernet> ring;

  /**
   * Opens a repository, making it with a first primary and a staged key when there is none.
   *
   * @param folder where an older release kept the keys
   * @param activeMax keys kept, the staged one included; at least 2
   * @throws IllegalStateException when the cluster's key is missing or another's
   */
  public FernetKeys(
      Database database, ClusterKey cluster, String repository, Path folder, int activeMax) {
    var files = files(folder);
    var known = new TreeMap<Integer, String>();
    files.forEach((number, file) -> known.put(number, text(file)));
    ring =
        new KeyRing<>(
            database, cluster, repository, activeMax, Fernet::generate, Fernet::new, known);
    remove(folder, files);
  }

  /**
   * Makes the staged key the primary.
   *
   * @throws Fault 409 when a rotation was so lately that some process may not know the staged key
   */
  public void rotate(Sql sql) {
    ring.rotate(sql);
  }

  /** How long the primary has been it. */
  public Duration age(Sql sql) {
    return ring.age(sql);
  }

  /** Reads the rows again: another process may have rotated. */
  public void reload(Sql sql) {
    ring.reload(sql);
  }

  public String seal(byte[] payload, Instant now) {
    return ring.loaded().primary().seal(payload, now);
  }

  /** Opens with whichever key fits; null when none does. */
  public Fernet.Opened open(String token) {
    return open(ring.loaded(), token);
  }

  private static Fernet.Opened open(KeyRing.Loaded<Fernet> keys, String token) {
    var bytes = Fernet.bytes(token);
    if (bytes == null) {
      return null;
    }
    for (var key : keys.all()) {
      var opened = key.open(bytes);
      if (opened != null) {
        return opened;
      }
    }
    return null;
  }

  /**
   * What opens a sealed text and seals it with the primary that this transaction knows.
   *
   * @throws IllegalStateException for a text that no key opens
   */
  public UnaryOperator<String> renewing(Sql sql) {
    var keys = ring.load(sql);
    var now = sql.now();
    return text -> {
      var opened = open(keys, text);
      if (opened == null) {
        throw new IllegalStateException("a stored secret was sealed with a key that is gone");
      }
      return keys.primary().seal(opened.payload(), now);
    };
  }

  private static TreeMap<Integer, Path> files(Path folder) {
    var out = new TreeMap<Integer, Path>();
    if (Files.isDirectory(folder)) {
      try (var list = Files.list(folder)) {
        list.filter(f -> f.getFileName().toString().matches("\\d{1,9}"))
            .forEach(f -> out.put(Integer.valueOf(f.getFileName().toString()), f));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return out;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void remove(Path folder, TreeMap<Integer, Path> files) {
    try {
      for (var file : files.values()) {
        Files.deleteIfExists(file);
      }
      if (!files.isEmpty()) {
        Files.deleteIfExists(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
