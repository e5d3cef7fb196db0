package welkin.assembly;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;
import welkin.agents.hypervisor.ComputeHost;
import welkin.agents.hypervisor.HypervisorSettings;
import welkin.agents.network.NetworkHost;
import welkin.agents.network.NetworkHostConfig;
import welkin.agents.network.NetworkHostConfig.Agent;
import welkin.bus.Bus;
import welkin.core.Config;
import welkin.core.HostName;
import welkin.core.Secret;

/** This machine as hypervisor and as network host, or one of them: QEMU and the kernel. */
final class LocalHost implements Hosts {
  /** Each null when it is not played. */
  private final ComputeHost compute;

  private final NetworkHost network;

  /** Plays what the roles say. */
  LocalHost(CloudSettings settings, Bus bus, URI metadata, Secret metadataSecret) {
    var home = settings.home();
    var config = settings.config();
    network =
        settings.roles().networkAgent()
            ? new NetworkHost(networkConfig(home, config, metadata, metadataSecret), bus).start()
            : null;
    compute =
        settings.roles().compute()
            ? new ComputeHost(hypervisor(home, config), bus, settings.clock())
            : null;
  }

  /**
   * Removes everything a cloud of this home has on this host; its guests are stopped, their disks
   * stay.
   */
  static void tearDown(Path home, Config config, Bus bus, InstantSource clock) {
    try (var compute = new ComputeHost(hypervisor(home, config), bus, clock)) {
      compute.stopAll(Duration.ofSeconds(10));
    }
    NetworkHost.teardown(networkConfig(home, config, null, null));
  }

  private static HypervisorSettings hypervisor(Path home, Config config) {
    var settings =
        HypervisorSettings.of(HostName.of(config), home.resolve("compute"))
            .withHostIp(config.get(Options.TUNNEL_IP))
            .withTapNamespace(tag(home) + "-fabric");
    var shared = config.get(Options.INSTANCES_PATH);
    return shared.isBlank() ? settings : settings.withStorage(Path.of(shared));
  }

  private static NetworkHostConfig networkConfig(
      Path home, Config config, URI metadata, Secret secret) {
    return new NetworkHostConfig(
        HostName.of(config),
        tag(home),
        home.resolve("net"),
        config.get(Options.TUNNEL_IP),
        config.get(Options.VXLAN_PORT),
        mappings(config),
        agents(config),
        metadata,
        secret);
  }

  private static Set<Agent> agents(Config config) {
    var out = EnumSet.of(Agent.L2);
    for (var word : config.get(Options.NETWORK_AGENTS)) {
      try {
        out.add(Agent.valueOf(word.toUpperCase(Locale.ROOT)));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "network.agents: '" + word + "' is none of l2, l3, dhcp", e);
      }
    }
    return out;
  }

  private static Map<String, String> mappings(Config config) {
    var out = new HashMap<String, String>();
    for (var entry : config.get(Options.BRIDGE_MAPPINGS)) {
      var parts = entry.split(":", 2);
      if (parts.length != 2) {
        throw new IllegalArgumentException(
            "network.bridge_mappings: '" + entry + "' is not NETWORK:BRIDGE");
      }
      out.put(parts[0], parts[1]);
    }
    return out;
  }

  /** Tells the clouds of one machine apart: a short name made from the state folder's path. */
  private static String tag(Path home) {
    var sum = new CRC32();
    sum.update(home.toAbsolutePath().normalize().toString().getBytes(StandardCharsets.UTF_8));
    return "wk" + HexFormat.of().toHexDigits((int) sum.getValue()).substring(0, 6);
  }

  @Override
  public void close() {
    if (compute != null) {
      compute.close();
    }
    if (network != null) {
      network.close();
    }
  }
}
