package welkin.identity.user;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.crypto.generators.OpenBSDBCrypt;
import welkin.core.Fault;
import welkin.core.Secret;

/**
 * Hashes and checks passwords: bcrypt {@code $2b$}, as keystone makes them. A hash costs a quarter
 * of a second of CPU by design, so they run on a few threads of their own, one core at least is
 * left for everything else, and when too many wait the next is turned away.
 */
public final class Passwords implements AutoCloseable {
  /** bcrypt reads no further; keystone cuts here as well. */
  private static final int BYTES_MAX = 72;

  private static final int WAITING_MAX = 500;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final int rounds;
  private final ThreadPoolExecutor pool;
  private final Secret nobodys;

  /**
   * @param rounds the cost: 2 to this power iterations, 4 to 31
   */
  public Passwords(int rounds) {
    this.rounds = rounds;
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
    nobodys = Secret.of(bcrypt("nobody", rounds));
  }

  public Secret hash(Secret password) {
    return Secret.of(run(() -> bcrypt(password.reveal(), rounds)));
  }

  /**
   * Whether a password is the one hashed. Without a hash (no such user, or one without a password)
   * it takes as long and says no.
   */
  public boolean check(Secret password, Secret hash) {
    var against = hash == null ? nobodys : hash;
    boolean same =
        run(() -> OpenBSDBCrypt.checkPassword(against.reveal(), bytes(password.reveal())));
    return same && hash != null;
  }

  private static String bcrypt(String password, int rounds) {
    var salt = new byte[16];
    RANDOM.nextBytes(salt);
    return OpenBSDBCrypt.generate("2b", bytes(password), salt, rounds);
  }

  private static byte[] bytes(String password) {
    var all = password.getBytes(StandardCharsets.UTF_8);
    return all.length > BYTES_MAX ? Arrays.copyOf(all, BYTES_MAX) : all;
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
