package welkin.assembly;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import welkin.bus.BusAdmin;
import welkin.core.Config;
import welkin.core.Fault;
import welkin.core.Secret;

/** What an operator does with the message bus: credentials for hosts. */
@Command(
    name = "bus",
    description = "Credentials of hosts on the message bus (RabbitMQ).",
    mixinStandardHelpOptions = true,
    subcommands = {BusCommand.HostCredential.class, BusCommand.RevokeHost.class})
final class BusCommand {
  private static final Config.Key<String> BUS = Config.Key.text("bus", "", "");

  /** How to speak to the broker's administration. */
  static final class Broker {
    @Option(
        names = "--rabbitmqctl",
        paramLabel = "PROGRAM",
        defaultValue = "rabbitmqctl",
        description = "The broker's administration program; default ${DEFAULT-VALUE}.")
    String program;

    @Option(
        names = "--node",
        paramLabel = "NAME",
        description = "The broker's node, e.g. rabbit@control-1; default: rabbitmqctl's own.")
    String node;

    BusAdmin admin() {
      var command = new ArrayList<>(List.of(program));
      if (node != null) {
        command.addAll(List.of("-n", node));
      }
      return new BusAdmin(command);
    }
  }

  @Command(
      name = "host-credential",
      description =
          "Makes the credential of a host's agents, or gives it a new password, and prints the URL"
              + " for 'bus' in that host's configuration. It reaches services and the host's own"
              + " queues, nothing else.",
      mixinStandardHelpOptions = true)
  static final class HostCredential extends Main.Home implements Callable<Integer> {
    @Parameters(paramLabel = "HOST", description = "The host's name, as its agents report it.")
    String host;

    @Option(
        names = "--bus",
        paramLabel = "URL",
        description =
            "A URL of the broker, of which place and virtual host are taken; default: 'bus' of the"
                + " configuration.")
    String bus;

    @Option(
        names = "--out",
        paramLabel = "FILE",
        description =
            "Writes the URL to FILE, readable by its owner only, rather than printing it; the"
                + " host's configuration then says 'bus: file:FILE'.")
    Path out;

    @Mixin Broker broker;

    @Override
    public Integer call() throws IOException {
      var place = bus != null ? bus : config().get(BUS);
      try {
        if (place.isEmpty()) {
          throw Fault.badRequest("The configuration names no broker; say --bus amqp://...");
        }
        deliver(broker.admin().hostCredential(place, host));
        return 0;
      } catch (Fault e) {
        System.err.println(e.getMessage());
        return 1;
      }
    }

    private void deliver(Secret url) {
      if (out == null) {
        System.out.println(url.reveal());
        return;
      }
      try {
        Files.deleteIfExists(out);
        Files.createFile(
            out,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(out, url.reveal() + "\n", StandardOpenOption.WRITE);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Command(
      name = "revoke-host",
      description = "Takes a host's credential away and ends its connections.",
      mixinStandardHelpOptions = true)
  static final class RevokeHost implements Callable<Integer> {
    @Parameters(paramLabel = "HOST", description = "The host's name.")
    String host;

    @Mixin Broker broker;

    @Override
    public Integer call() {
      try {
        broker.admin().revokeHost(host);
        return 0;
      } catch (Fault e) {
        System.err.println(e.getMessage());
        return 1;
      }
    }
  }
}
