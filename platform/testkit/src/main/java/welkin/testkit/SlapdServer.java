package welkin.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Assumptions;

/**
 * A real OpenLDAP server of a test's own, empty: a temporary folder, a port of its own, and gone
 * when it is closed. Debian's package {@code slapd} must be installed; its service need not run.
 */
public final class SlapdServer implements AutoCloseable {
  /** What everything in it stands below. */
  public static final String SUFFIX = "dc=example,dc=org";

  /** Who may do everything. */
  public static final String ROOT = "cn=root," + SUFFIX;

  public static final String PASSWORD = "root-of-test";

  private static final Path PROGRAM = Path.of("/usr/sbin/slapd");
  private static final Duration START = Duration.ofSeconds(30);

  private final Path folder;
  private final int port = freePort();
  private Process process;

  /** Starts one; a test that needs it is skipped with the reason when it is not installed. */
  public static SlapdServer start() {
    return start(null, null);
  }

  /**
   * Starts one that knows StartTLS.
   *
   * @param certificate PEM file, null for none
   * @param key PEM file
   */
  public static SlapdServer start(Path certificate, Path key) {
    Assumptions.assumeTrue(Files.isExecutable(PROGRAM), "slapd is not installed (Debian: slapd)");
    var server = new SlapdServer(certificate, key);
    try {
      server.resume();
      return server;
    } catch (RuntimeException e) {
      server.close();
      throw e;
    }
  }

  private SlapdServer(Path certificate, Path key) {
    try {
      folder = Files.createTempDirectory("welkin-slapd");
      Files.createDirectories(folder.resolve("data"));
      Files.writeString(
          folder.resolve("slapd.conf"),
          """
          include /etc/ldap/schema/core.schema
          include /etc/ldap/schema/cosine.schema
          include /etc/ldap/schema/inetorgperson.schema
          include /etc/ldap/schema/nis.schema
          modulepath /usr/lib/ldap
          moduleload back_mdb
          sizelimit size.soft=100 size.hard=100 size.prtotal=unlimited
          %s
          database mdb
          suffix "%s"
          rootdn "%s"
          rootpw %s
          directory %s
          dbnosync
          access to attrs=userPassword by anonymous auth by self read by * none
          access to * by users read by * none
          """
              .formatted(
                  certificate == null
                      ? ""
                      : "TLSCertificateFile " + certificate + "\nTLSCertificateKeyFile " + key,
                  SUFFIX,
                  ROOT,
                  PASSWORD,
                  folder.resolve("data")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public String url() {
    return "ldap://127.0.0.1:" + port;
  }

  /** Starts it again after {@link #kill}, with what it had. */
  public void resume() {
    try {
      process =
          new ProcessBuilder(
                  List.of(
                      PROGRAM.toString(),
                      "-d",
                      "0",
                      "-f",
                      folder.resolve("slapd.conf").toString(),
                      "-h",
                      url() + "/"))
              .redirectErrorStream(true)
              .redirectOutput(
                  ProcessBuilder.Redirect.appendTo(folder.resolve("server.log").toFile()))
              .start();
      long end = System.nanoTime() + START.toNanos();
      while (!answers()) {
        if (!process.isAlive() || System.nanoTime() > end) {
          throw new IllegalStateException(Files.readString(folder.resolve("server.log")));
        }
        LockSupport.parkNanos(20_000_000);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean answers() {
    try (var s = new Socket()) {
      s.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Ends it as a power cut would. */
  public void kill() {
    process.destroyForcibly();
    process.onExit().join();
  }

  private static int freePort() {
    // below the ports that outgoing connections use, so that none of those takes it
    for (int p = 13_000 + (int) (ProcessHandle.current().pid() % 1500); p < 15_000; p++) {
      try (var s = new ServerSocket(p, 1, InetAddress.getLoopbackAddress())) {
        return s.getLocalPort();
      } catch (IOException e) {
        // taken
      }
    }
    throw new IllegalStateException("no free port");
  }

  @Override
  public void close() {
    if (process != null) {
      kill();
    }
    try (var all = Files.walk(folder)) {
      all.sorted(Comparator.reverseOrder()).forEach(p -> p.toFile().delete());
    } catch (IOException e) {
      // a temporary folder: whoever cleans /tmp finds it
    }
  }
}
