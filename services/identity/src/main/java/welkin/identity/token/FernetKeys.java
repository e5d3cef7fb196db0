package welkin.identity.token;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import welkin.core.Fault;
import welkin.store.Database;
import welkin.store.Sql;

/**
 * Numbered keys as keystone keeps them: {@code 0} is staged and becomes the next primary; the
 * highest number is the primary, which seals; all of them open. So a process that has not seen a
 * rotation yet can open what another sealed after it.
 *
 * <p>They are rows, sealed by the {@link ClusterKey}, the same for every process of the cloud. A
 * folder of key files, as clouds of one machine had it, is moved in and removed.
 */
public final class FernetKeys {
  /** Every process has seen the staged key by then. */
  private static final Duration STAGED = Duration.ofSeconds(10);

  private record Loaded(Fernet primary, List<Fernet> all) {}

  private final ClusterKey cluster;
  private final String repository;
  private final int activeMax;
  private volatile Loaded loaded;

  /**
   * Opens a repository, making it with a first primary and a staged key when there is none.
   *
   * @param folder where an older release kept the keys
   * @param activeMax keys kept, the staged one included; at least 2
   * @throws IllegalStateException when the cluster's key is missing or another's
   */
  public FernetKeys(
      Database database, ClusterKey cluster, String repository, Path folder, int activeMax) {
    this.cluster = cluster;
    this.repository = repository;
    this.activeMax = Math.max(2, activeMax);
    var files = files(folder);
    database.change(
        sql -> {
          if (FernetKeyStore.all(sql, repository).isEmpty()) {
            cluster.make();
            if (files.isEmpty()) {
              insert(sql, 0, Fernet.generate());
              insert(sql, 1, Fernet.generate());
            } else {
              files.forEach((number, file) -> insert(sql, number, text(file)));
            }
          }
        });
    database.read(
        sql -> {
          reload(sql);
          return null;
        });
    remove(folder, files);
  }

  /**
   * Makes the staged key the primary, stages a new one, and forgets the oldest beyond {@code
   * activeMax}. What a forgotten key sealed cannot be opened any more.
   *
   * @throws Fault 409 when a rotation was so lately that some process may not know the staged key
   */
  public void rotate(Sql sql) {
    var rows = FernetKeyStore.all(sql, repository);
    if (rows.firstEntry().getValue().since().plus(STAGED).isAfter(sql.now())) {
      throw Fault.conflict(
          "The keys were rotated just now; wait "
              + STAGED.toSeconds()
              + " seconds until every process knows the staged one.");
    }
    FernetKeyStore.renumber(sql, repository, 0, rows.lastKey() + 1);
    insert(sql, 0, Fernet.generate());
    var numbers = new ArrayList<>(FernetKeyStore.all(sql, repository).keySet());
    for (int number : numbers.subList(1, Math.max(1, 1 + numbers.size() - activeMax))) {
      FernetKeyStore.delete(sql, repository, number);
    }
  }

  /** How long the primary has been it. */
  public Duration age(Sql sql) {
    return Duration.between(
        FernetKeyStore.all(sql, repository).lastEntry().getValue().since(), sql.now());
  }

  /** Reads the rows again: another process may have rotated. */
  public void reload(Sql sql) {
    var all = new ArrayList<Fernet>();
    FernetKeyStore.all(sql, repository)
        .descendingMap()
        .values()
        .forEach(r -> all.add(new Fernet(cluster.open(r.sealed()))));
    loaded = new Loaded(all.getFirst(), List.copyOf(all));
  }

  public String seal(byte[] payload, Instant now) {
    return loaded.primary.seal(payload, now);
  }

  /** Opens with whichever key fits; null when none does. */
  public Fernet.Opened open(String token) {
    var bytes = Fernet.bytes(token);
    if (bytes == null) {
      return null;
    }
    for (var key : loaded.all) {
      var opened = key.open(bytes);
      if (opened != null) {
        return opened;
      }
    }
    return null;
  }

  private void insert(Sql sql, int number, String key) {
    var now = sql.now();
    FernetKeyStore.insert(
        sql, repository, new FernetKeyStore.Row(number, cluster.seal(key, now), now));
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
