package welkin.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Assumptions;
import welkin.core.Exec;
import welkin.store.DatabaseUrl;

/**
 * A database server of Debian's packages for the tests of this JVM: in a temporary folder, on a
 * port of its own, started when first asked for and gone with the JVM. It promises no durability
 * unless the system property {@code welkin.test.durable} is set.
 */
public abstract class TestServer {
  private static final int KEPT = 12;
  private static final Path MEMORY = Path.of("/dev/shm");
  private static final long ENOUGH = 2L << 30;
  private static final Duration START = Duration.ofSeconds(90);

  private final String account;
  private final Deque<String> bases = new ArrayDeque<>();
  private int made;
  private Path folder;
  private TestCertificate certificate;
  private int port;
  private Process process;

  TestServer(String account) {
    this.account = account;
  }

  /** Why it cannot run here, or null. */
  public abstract String missing();

  /** Skips the running test, saying why, when the engine is not installed. */
  public void assumeInstalled() {
    var why = missing();
    Assumptions.assumeTrue(why == null, why);
  }

  abstract void initialise(Path data) throws IOException;

  abstract List<String> command(Path data, int port);

  /** A connection of the server's administrator. */
  public abstract Connection administrator() throws SQLException;

  abstract DatabaseUrl url(String base);

  abstract void drop(Connection administrator, String base) throws SQLException;

  /** Ends every connection to a base; a test's bad day. */
  public abstract void killConnections(String base) throws SQLException;

  /** An empty base that nobody used before; the oldest ones that nobody uses are dropped. */
  public synchronized DatabaseUrl fresh() {
    start();
    var base = "t" + ++made;
    bases.add(base);
    while (bases.size() > KEPT) {
      try (var c = administrator()) {
        drop(c, bases.getFirst());
      } catch (SQLException e) {
        // still used: it goes with the server
      }
      bases.removeFirst();
    }
    return url(base);
  }

  int port() {
    return port;
  }

  Path folder() {
    return folder;
  }

  /** What it shows to clients that ask for TLS. */
  public TestCertificate certificate() {
    return certificate;
  }

  /** Starts it, again after {@link #kill}. */
  public synchronized void start() {
    if (process != null && process.isAlive()) {
      return;
    }
    assumeInstalled();
    try {
      if (folder == null) {
        folder = Files.createTempDirectory(place(), "welkin-" + account);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        if (root()) {
          Exec.must("chown", account + ":" + account, folder.toString());
        }
        certificate = TestCertificate.in(folder);
        Files.setPosixFilePermissions(
            certificate.key(), PosixFilePermissions.fromString("rw-------"));
        if (root()) {
          Exec.must("chown", account + ":" + account, certificate.key().toString());
        }
        initialise(folder.resolve("data"));
        Runtime.getRuntime().addShutdownHook(new Thread(this::remove));
        port = freePort();
      }
      process =
          new ProcessBuilder(unprivileged(command(folder.resolve("data"), port)))
              .redirectErrorStream(true)
              .redirectOutput(
                  ProcessBuilder.Redirect.appendTo(folder.resolve("server.log").toFile()))
              .start();
      awaitReady();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** In memory where there is plenty: a fresh schema for each test is hundreds of small files. */
  private static Path place() throws IOException {
    return !durable()
            && Files.isWritable(MEMORY)
            && Files.getFileStore(MEMORY).getUsableSpace() > ENOUGH
        ? MEMORY
        : Path.of(System.getProperty("java.io.tmpdir"));
  }

  private void awaitReady() throws IOException {
    long end = System.nanoTime() + START.toNanos();
    while (true) {
      try {
        administrator().close();
        return;
      } catch (SQLException e) {
        if (!process.isAlive() || System.nanoTime() > end) {
          throw new IllegalStateException(
              e.getMessage() + "\n" + Files.readString(folder.resolve("server.log")), e);
        }
        pause();
      }
    }
  }

  private static void pause() {
    LockSupport.parkNanos(50_000_000);
  }

  /** {@code kill -9}: a power cut of the server. */
  public synchronized void kill() {
    // the server's own children too: PostgreSQL's go by themselves when they miss their parent
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    process.onExit().join();
  }

  private void remove() {
    try {
      if (process != null && process.isAlive()) {
        kill();
      }
      try (var all = Files.walk(folder)) {
        all.sorted(java.util.Comparator.reverseOrder()).forEach(p -> p.toFile().delete());
      }
    } catch (IOException e) {
      // a temporary folder: whoever cleans /tmp finds it
    }
  }

  static boolean durable() {
    return Boolean.getBoolean("welkin.test.durable");
  }

  static boolean root() {
    return "root".equals(System.getProperty("user.name"));
  }

  /** Servers refuse to be root, and are right. */
  List<String> unprivileged(List<String> command) {
    if (!root()) {
      return command;
    }
    var all =
        new ArrayList<>(
            List.of("setpriv", "--reuid", account, "--regid", account, "--clear-groups", "--"));
    all.addAll(command);
    return all;
  }

  void run(List<String> command) {
    var r = Exec.run(START, null, unprivileged(command));
    if (!r.ok()) {
      throw new IllegalStateException(String.join(" ", command) + ": " + r.out() + r.err());
    }
  }

  private static int freePort() throws IOException {
    // below the ports that outgoing connections use, so that none of those takes it
    for (int p = 15_000 + (int) (ProcessHandle.current().pid() % 8000); p < 32_000; p++) {
      try (var s = new ServerSocket(p, 1, InetAddress.getLoopbackAddress())) {
        return s.getLocalPort();
      } catch (IOException e) {
        // taken
      }
    }
    throw new IOException("no free port");
  }
}
