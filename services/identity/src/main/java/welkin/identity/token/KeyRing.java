package welkin.identity.token;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import welkin.core.Fault;
import welkin.store.Database;
import welkin.store.Sql;

/**
 * Numbered keys as keystone keeps them: {@code 0} is staged and becomes the next primary; the
 * highest number is the primary, which seals; all of them open. So a process that has not seen a
 * rotation yet can open what another sealed after it.
 *
 * <p>They are rows, sealed by the {@link ClusterKey}, the same for every process of the cloud.
 *
 * @param <K> what a stored key is used as
 */
final class KeyRing<K> {
  /** Every process has seen the staged key by then. */
  private static final Duration STAGED = Duration.ofSeconds(10);

  /** Keys in use; the primary is the first of all. */
  record Loaded<K>(K primary, List<K> all) {}

  private final ClusterKey cluster;
  private final String repository;
  private final int activeMax;
  private final Supplier<String> generate;
  private final Function<String, K> read;
  private volatile Loaded<K> loaded;

  /**
   * Opens a repository, making it with a first primary and a staged key when there is none.
   *
   * @param activeMax keys kept, the staged one included; at least 2
   * @param generate a new key as text
   * @param read a key of its text
   * @param known keys of before, by number, for a repository that is not there; may be empty
   * @throws IllegalStateException when the cluster's key is missing or another's
   */
  KeyRing(
      Database database,
      ClusterKey cluster,
      String repository,
      int activeMax,
      Supplier<String> generate,
      Function<String, K> read,
      SortedMap<Integer, String> known) {
    this.cluster = cluster;
    this.repository = repository;
    this.activeMax = Math.max(2, activeMax);
    this.generate = generate;
    this.read = read;
    database.change(
        sql -> {
          if (FernetKeyStore.all(sql, repository).isEmpty()) {
            cluster.make();
            if (known.isEmpty()) {
              insert(sql, 0, generate.get());
              insert(sql, 1, generate.get());
            } else {
              known.forEach((number, key) -> insert(sql, number, key));
            }
          }
        });
    database.read(
        sql -> {
          reload(sql);
          return null;
        });
  }

  /** No keys of before. */
  static SortedMap<Integer, String> none() {
    return new TreeMap<>();
  }

  /**
   * Makes the staged key the primary, stages a new one, and forgets the oldest beyond {@code
   * activeMax}. What a forgotten key sealed cannot be opened any more.
   *
   * @throws Fault 409 when a rotation was so lately that some process may not know the staged key
   */
  void rotate(Sql sql) {
    var rows = FernetKeyStore.all(sql, repository);
    if (rows.firstEntry().getValue().since().plus(STAGED).isAfter(sql.now())) {
      throw Fault.conflict(
          "The keys were rotated just now; wait "
              + STAGED.toSeconds()
              + " seconds until every process knows the staged one.");
    }
    FernetKeyStore.renumber(sql, repository, 0, rows.lastKey() + 1);
    insert(sql, 0, generate.get());
    var numbers = new ArrayList<>(FernetKeyStore.all(sql, repository).keySet());
    for (int number : numbers.subList(1, Math.max(1, 1 + numbers.size() - activeMax))) {
      FernetKeyStore.delete(sql, repository, number);
    }
  }

  /** How long the primary has been it. */
  Duration age(Sql sql) {
    return Duration.between(
        FernetKeyStore.all(sql, repository).lastEntry().getValue().since(), sql.now());
  }

  /** Reads the rows again: another process may have rotated. */
  void reload(Sql sql) {
    loaded = load(sql);
  }

  /** The keys as the rows of this transaction have them. */
  Loaded<K> load(Sql sql) {
    var all = new ArrayList<K>();
    FernetKeyStore.all(sql, repository)
        .descendingMap()
        .values()
        .forEach(r -> all.add(read.apply(cluster.open(r.sealed()))));
    return new Loaded<>(all.getFirst(), List.copyOf(all));
  }

  Loaded<K> loaded() {
    return loaded;
  }

  private void insert(Sql sql, int number, String key) {
    Instant now = sql.now();
    FernetKeyStore.insert(
        sql, repository, new FernetKeyStore.Row(number, cluster.seal(key, now), now));
  }
}
