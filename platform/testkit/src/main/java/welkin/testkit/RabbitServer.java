package welkin.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import welkin.bus.BusAdmin;

/**
 * A real RabbitMQ of a test's own: node name, ports, folders, cookie and port mapper (epmd) are
 * nobody else's, and everything is gone when it is closed. Debian's package must be installed; its
 * service need not run.
 */
public final class RabbitServer implements AutoCloseable {
  private static final Path SERVER = Path.of("/usr/lib/rabbitmq/bin/rabbitmq-server");
  private static final Duration START = Duration.ofSeconds(90);

  private final Path folder;
  private final int port = freePort();
  private final int securePort = freePort();
  private final TestCertificate certificate;
  private final int distributionPort = freePort();
  private final int epmdPort = freePort();
  private Process epmd;
  private Process broker;

  /** Starts one; a test that needs it is skipped with the reason when it is not installed. */
  public static RabbitServer start() {
    Assumptions.assumeTrue(
        Files.isExecutable(SERVER), "RabbitMQ is not installed (Debian: rabbitmq-server)");
    var server = new RabbitServer();
    try {
      server.launch();
      return server;
    } catch (RuntimeException | AssertionError e) {
      server.close();
      throw e;
    }
  }

  private RabbitServer() {
    try {
      folder = Files.createTempDirectory("welkin-rabbit");
      Files.createDirectories(folder.resolve("data"));
      Files.createDirectories(folder.resolve("log"));
      var home = Files.createDirectories(folder.resolve("home"));
      Files.writeString(home.resolve(".erlang.cookie"), "welkin" + port);
      Files.setPosixFilePermissions(
          home.resolve(".erlang.cookie"), PosixFilePermissions.fromString("r--------"));
      certificate = TestCertificate.in(folder);
      Files.writeString(folder.resolve("plugins"), "[].\n");
      Files.writeString(
          folder.resolve("rabbitmq.conf"),
          """
          listeners.tcp.1 = 127.0.0.1:%d
          listeners.ssl.1 = 127.0.0.1:%d
          ssl_options.certfile = %s
          ssl_options.keyfile = %s
          default_user = welkin
          default_pass = welkin-test
          log.file = false
          log.console = true
          """
              .formatted(port, securePort, certificate.certificate(), certificate.key()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The services' URL. */
  public String url() {
    return "amqp://welkin:welkin-test@127.0.0.1:" + port;
  }

  /** The same over TLS, verified with {@link #certificate}. */
  public String secureUrl() {
    return "amqps://welkin:welkin-test@127.0.0.1:" + securePort;
  }

  public TestCertificate certificate() {
    return certificate;
  }

  public int port() {
    return port;
  }

  /** The broker's process. */
  public long pid() {
    return broker.pid();
  }

  public BusAdmin admin() {
    return new BusAdmin(
        List.of(
            "env",
            "HOME=" + folder.resolve("home"),
            "ERL_EPMD_PORT=" + epmdPort,
            "RABBITMQ_CONF_ENV_FILE=/dev/null",
            SERVER.resolveSibling("rabbitmqctl").toString(),
            "-n",
            node()));
  }

  private String node() {
    return "welkin-" + port + "@localhost";
  }

  /** Ends the broker as a power cut would. */
  public void kill() {
    end(broker.destroyForcibly());
  }

  /** Starts it again after {@link #kill} with nothing of what it had. */
  public void startEmpty() {
    delete(folder.resolve("data"));
    launch();
  }

  private void launch() {
    try {
      if (epmd == null || !epmd.isAlive()) {
        epmd =
            new ProcessBuilder("epmd", "-port", "" + epmdPort, "-address", "127.0.0.1")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log/epmd").toFile())
                .start();
      }
      var b =
          new ProcessBuilder(SERVER.toString())
              .redirectErrorStream(true)
              .redirectOutput(
                  ProcessBuilder.Redirect.appendTo(folder.resolve("log/broker").toFile()));
      var env = b.environment();
      env.keySet().removeIf(k -> k.startsWith("RABBITMQ_") || k.startsWith("ERL_"));
      env.put("HOME", folder.resolve("home").toString());
      env.put("ERL_EPMD_PORT", "" + epmdPort);
      // the script then becomes the broker, rather than waiting for a child
      env.put("RUNNING_UNDER_SYSTEMD", "true");
      env.put("RABBITMQ_NODENAME", node());
      env.put("RABBITMQ_DIST_PORT", "" + distributionPort);
      env.put("RABBITMQ_CONFIG_FILE", folder.resolve("rabbitmq.conf").toString());
      env.put("RABBITMQ_CONF_ENV_FILE", "/dev/null");
      env.put("RABBITMQ_MNESIA_BASE", folder.resolve("data").toString());
      env.put("RABBITMQ_LOG_BASE", folder.resolve("log").toString());
      env.put("RABBITMQ_ENABLED_PLUGINS_FILE", folder.resolve("plugins").toString());
      env.put("RABBITMQ_PID_FILE", folder.resolve("pid").toString());
      env.put(
          "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
          "+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}");
      broker = b.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Eventually.eventually(
        "RabbitMQ accepts connections",
        START,
        () -> {
          if (!broker.isAlive()) {
            throw new AssertionError("RabbitMQ ended: " + log());
          }
          return accepts();
        },
        this::log);
  }

  private boolean accepts() {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** The last lines the broker wrote. */
  public String log() {
    try {
      var lines = Files.readAllLines(folder.resolve("log/broker"));
      return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Override
  public void close() {
    if (broker != null) {
      // nothing in it is worth an orderly end
      end(broker.destroyForcibly());
    }
    if (epmd != null) {
      end(epmd.destroyForcibly());
    }
    delete(folder);
  }

  private static void end(Process p) {
    try {
      if (!p.waitFor(20, TimeUnit.SECONDS)) {
        throw new AssertionError("process " + p.pid() + " does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void delete(Path tree) {
    try (var all = Files.walk(tree)) {
      for (var p : new ArrayList<>(all.sorted(Comparator.reverseOrder()).toList())) {
        Files.deleteIfExists(p);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Below the range that outgoing connections use, so that none can take it meanwhile. */
  private static int freePort() {
    var random = new java.util.Random();
    while (true) {
      int candidate = 20_000 + random.nextInt(12_000);
      try (var s = new ServerSocket(candidate, 1, InetAddress.getLoopbackAddress())) {
        return s.getLocalPort();
      } catch (IOException taken) {
        // try another
      }
    }
  }
}
