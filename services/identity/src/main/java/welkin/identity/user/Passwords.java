package welkin.identity.user;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import welkin.core.Fault;
import welkin.core.Secret;

/**
 * Hashes and checks passwords. A hash costs a quarter of a second of CPU by design, so they run on
 * a few threads of their own, one core at least is left for everything else, and when too many wait
 * the next is turned away.
 */
public final class Passwords implements AutoCloseable {
  private static final int WAITING_MAX = 500;

  private final PasswordHash algorithm;
  private final int rounds;
  private final ThreadPoolExecutor pool;
  private final Secret nobodys;
  private final LongAdder iterations = new LongAdder();

  /**
   * @param algorithm {@code bcrypt}, {@code bcrypt_sha256}, {@code scrypt} or {@code pbkdf2_sha512}
   * @param rounds the cost in the algorithm's own measure; 0 for the usual one
   */
  public Passwords(String algorithm, int rounds) {
    try {
      this.algorithm = PasswordHash.valueOf(algorithm.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "identity.password_hash_algorithm: '"
              + algorithm
              + "' is none of bcrypt, bcrypt_sha256, scrypt, pbkdf2_sha512");
    }
    this.rounds = this.algorithm.rounds(rounds);
    int threads = Math.max(1, Runtime.getRuntime().availableProcessors() - 1);
    pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING_MAX),
            Thread.ofPlatform().name("password-", 0).daemon().factory());
    pool.allowCoreThreadTimeOut(true);
    nobodys = Secret.of(this.algorithm.make(bytes("nobody"), this.rounds));
  }

  public Secret hash(Secret password) {
    var hash = run(() -> algorithm.make(bytes(password.reveal()), rounds));
    iterations.add(algorithm.iterations(hash));
    return Secret.of(hash);
  }

  /**
   * Whether a password is the one hashed. Without a hash (no such user, or one without a password)
   * it takes as long and says no.
   */
  public boolean check(Secret password, Secret hash) {
    var against = hash == null ? nobodys : hash;
    var kind = PasswordHash.of(against.reveal());
    boolean same = run(() -> kind.check(bytes(password.reveal()), against.reveal()));
    iterations.add(kind.iterations(against.reveal()));
    return same && hash != null;
  }

  /** Iterations of hashing done so far: what logins cost, whoever tried. */
  public long iterations() {
    return iterations.sum();
  }

  /** Whether a hash was made with another algorithm or cost than is asked for now. */
  boolean isOutdated(Secret hash) {
    return !algorithm.isCurrent(hash.reveal(), rounds);
  }

  private static byte[] bytes(String password) {
    return password.getBytes(StandardCharsets.UTF_8);
  }

  private <T> T run(Callable<T> work) {
    try {
      return pool.submit(work).get();
    } catch (RejectedExecutionException e) {
      throw Fault.unavailable("Too many logins at once; try again.", 5);
    } catch (ExecutionException e) {
      throw Fault.internal("a password could not be hashed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Fault.unavailable("Interrupted while checking a password.", 1);
    }
  }

  @Override
  public void close() {
    pool.shutdownNow();
  }
}
