package welkin.assembly;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import welkin.bus.InProcessBus;
import welkin.core.Config;
import welkin.core.Ids;
import welkin.core.Secret;
import welkin.peers.Roles;
import welkin.store.Databases;

/** The program. {@code ./welkin} is how people start it. */
@Command(
    name = "./welkin",
    description =
        "The OpenStack cloud operating system as one program. './welkin --help' is the friendlier"
            + " way in.",
    mixinStandardHelpOptions = true,
    version = "welkin 0.1.0",
    subcommands = {
      Main.Serve.class,
      Main.TearDown.class,
      BusCommand.class,
      InitHost.class,
      Settings.class,
      RotateKeys.class,
      SamlCertificate.class,
      DataCommands.Migrate.class,
      DataCommands.BackupCommand.class,
      DataCommands.RestoreCommand.class
    })
public final class Main {
  public static void main(String[] args) {
    System.exit(new CommandLine(new Main()).execute(args));
  }

  /**
   * The machine's clock. Trials have hosts whose clocks differ: {@code -Dwelkin.clock.ahead=30} is
   * one that is so many seconds ahead.
   */
  private static InstantSource clock() {
    long ahead = Long.getLong("welkin.clock.ahead", 0);
    if (ahead == 0) {
      return InstantSource.system();
    }
    LoggerFactory.getLogger(Main.class).warn("the clock is taken {} s ahead, for a trial", ahead);
    return InstantSource.offset(InstantSource.system(), Duration.ofSeconds(ahead));
  }

  /** Shared by all commands. */
  static class Home {
    @Option(
        names = "--home",
        required = true,
        hidden = true, // the launcher says it
        description = "The state folder.")
    Path home;

    Path folder() {
      return home.toAbsolutePath().normalize();
    }

    Config config() throws IOException {
      return Config.load(folder().resolve("welkin.yaml"));
    }
  }

  @Command(
      name = "serve",
      description =
          "Runs a process of a cloud in the foreground until it is told to stop (SIGTERM).",
      mixinStandardHelpOptions = true)
  static final class Serve extends Home implements Runnable {
    @Option(
        names = "--simulate",
        paramLabel = "N",
        defaultValue = "0",
        description = "N hypervisors that exist only in memory.")
    int simulate;

    @Option(
        names = "--listen",
        defaultValue = "127.0.0.1",
        description = "Address to listen on; default ${DEFAULT-VALUE}.")
    String listen;

    @Option(
        names = "--port",
        defaultValue = "5000",
        description = "Port to listen on; default ${DEFAULT-VALUE}.")
    int port;

    @Option(
        names = "--roles",
        paramLabel = "ROLE,...",
        split = ",",
        description =
            "What this process plays, in place of the option 'roles': all, or some of api, worker,"
                + " compute, network-agent, SERVICE:api, SERVICE:worker.")
    List<String> roles;

    @Option(
        names = "--admin-password-file",
        paramLabel = "FILE",
        description = "The administrator's password when the cloud is first made.")
    Path passwordFile;

    @Override
    public void run() {
      var stop = new CountDownLatch(1);
      var stopped = new CountDownLatch(1);
      try {
        var pid = Files.createDirectories(folder().resolve("run")).resolve("welkin.pid");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(stop, stopped)));
        try {
          Files.writeString(pid, ProcessHandle.current().pid() + "\n");
          serve(stop);
        } finally {
          Files.deleteIfExists(pid);
        }
      } catch (Patience.Stopped told) {
        // while it waited for its database: nothing began
      } catch (IOException | RuntimeException e) {
        LoggerFactory.getLogger(Main.class).error("cannot start", e);
        System.err.println("cannot start: " + e.getMessage());
        stopped.countDown();
        Runtime.getRuntime().halt(1);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } finally {
        stopped.countDown();
      }
    }

    private void serve(CountDownLatch stop) throws IOException, InterruptedException {
      var config = config();
      var settings = settings(config, stop);
      Carriers.choose(
          !settings.roles().hostOnly()
              && !Databases.of(config, folder(), settings.clock()).shared());
      try (var cloud = Cloud.start(settings)) {
        stop.await();
        LoggerFactory.getLogger(Main.class).info("stopping {}", cloud.endpoint());
        cloud.drain();
      }
    }

    private CloudSettings settings(Config config, CountDownLatch stop) throws IOException {
      return new CloudSettings(
          folder(),
          config,
          roles == null ? config.get(Options.ROLES) : Roles.parse(roles),
          simulate,
          listen,
          port,
          passwordFile == null ? null : Secret.of(Files.readString(passwordFile).strip()),
          clock(),
          Ids.system(),
          null,
          new Patience(Options.seconds(config, Options.WAIT), stop));
    }

    private static void stop(CountDownLatch stop, CountDownLatch stopped) {
      stop.countDown();
      try {
        stopped.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Command(
      name = "teardown",
      description =
          "Removes what a stopped cloud still has on this host: guests' processes, namespaces,"
              + " helpers.",
      mixinStandardHelpOptions = true)
  static final class TearDown extends Home implements Runnable {
    @Override
    public void run() {
      try (var bus = new InProcessBus()) {
        LocalHost.tearDown(folder(), config(), bus, InstantSource.system());
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }
}
