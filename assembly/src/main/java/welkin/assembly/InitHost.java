package welkin.assembly;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import welkin.bus.Buses;
import welkin.compute.ComputeService;
import welkin.core.Config;
import welkin.core.Fault;

/** Prints what a new host's {@code welkin.yaml} must say, with a bus credential of its own. */
@Command(
    name = "init-host",
    description =
        "Makes the bus credential of a new hypervisor or network host and prints the welkin.yaml it"
            + " needs. Run it where rabbitmqctl works, with a control host's welkin.yaml.",
    mixinStandardHelpOptions = true)
final class InitHost extends Main.Home implements Callable<Integer> {
  @Parameters(paramLabel = "HOST", description = "The new host's name.")
  String host;

  @Option(
      names = "--tunnel-ip",
      required = true,
      paramLabel = "IP",
      description = "The new host's address on the network that joins the hosts.")
  String tunnelIp;

  @Option(
      names = "--network-host",
      description = "It plays routers, floating IPs and DHCP rather than a hypervisor.")
  boolean networkHost;

  @Mixin BusCommand.Broker broker;

  @Override
  public Integer call() throws IOException {
    var config = config();
    try {
      System.out.print(file(config));
      return 0;
    } catch (Fault e) {
      System.err.println(e.getMessage());
      return 1;
    }
  }

  private String file(Config config) {
    var bus = config.get(Options.BUS);
    if (bus.isEmpty() || bus.equals(Buses.IN_PROCESS)) {
      throw Fault.badRequest(
          folder().resolve("welkin.yaml")
              + " has no 'bus: amqp://...': put a control host's welkin.yaml there.");
    }
    if (config.get(Options.ENDPOINT).isEmpty()
        || config.get(ComputeService.METADATA_SECRET).isEmpty()) {
      throw Fault.badRequest(
          folder().resolve("welkin.yaml")
              + " lacks 'endpoint' or 'metadata: {shared_secret: ...}'; a host needs both.");
    }
    return """
    # welkin.yaml of %s; put it into its state folder (0600) and start it there: ./welkin up
    roles: %s
    endpoint: %s
    bus: %s
    metadata: {shared_secret: %s}
    host: {name: %s, tunnel_ip: %s}
    network: {%s}
    """
        .formatted(
            host,
            networkHost ? "network-agent" : "compute,network-agent",
            config.get(Options.ENDPOINT),
            broker.admin().hostCredential(bus, host).reveal(),
            config.get(ComputeService.METADATA_SECRET),
            host,
            tunnelIp,
            networkHost
                ? "agents: [l2, l3, dhcp], bridge_mappings: external:BRIDGE"
                : "agents: [l2]");
  }
}
