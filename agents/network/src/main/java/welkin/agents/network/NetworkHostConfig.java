package welkin.agents.network;

import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import welkin.core.Fault;
import welkin.core.Secret;

/**
 * What a host's network agent must be told.
 *
 * @param host the name under which ports are bound to this host
 * @param tag prefixes every namespace of this cloud, so that several clouds live on one machine; 1
 *     to 16 lower-case letters, digits or dashes
 * @param stateDirectory for the files of dnsmasq and haproxy and the metadata socket; its path is
 *     short enough for a unix socket (80 characters)
 * @param tunnelIp this host's address for vxlan; used only when a network has other hosts
 * @param tunnelPort UDP port of vxlan, 4789 by IANA; clouds that share a machine need different
 *     ones
 * @param bridgeMappings physical network to a bridge in the root namespace
 * @param agents what this host plays beside L2, which every host does: {@link Agent}
 * @param metadataUrl where Compute serves metadata, e.g. {@code http://127.0.0.1:8775}, or null for
 *     none
 * @param metadataSecret signs the server's id, Compute's {@code metadata_proxy_shared_secret}
 */
public record NetworkHostConfig(
    String host,
    String tag,
    Path stateDirectory,
    String tunnelIp,
    int tunnelPort,
    Map<String, String> bridgeMappings,
    Set<Agent> agents,
    URI metadataUrl,
    Secret metadataSecret) {
  /** The parts of a network host. */
  public enum Agent {
    /** Bridges, tunnels, taps, firewall. */
    L2,
    /** Routers, their floating addresses, metadata through them. */
    L3,
    /** DHCP servers, and metadata on networks without a router. */
    DHCP
  }

  /** All that a host can play. */
  public static final Set<Agent> ALL = Set.of(Agent.values());

  private static final Pattern TAG = Pattern.compile("[a-z0-9][a-z0-9-]{0,15}");
  private static final int SOCKET_PATH_MAX = 107;

  public NetworkHostConfig {
    if (!TAG.matcher(tag).matches()) {
      throw Fault.badRequest("The tag '" + tag + "' is not 1 to 16 of a-z, 0-9 and dash.");
    }
    stateDirectory = stateDirectory.toAbsolutePath().normalize();
    bridgeMappings = Map.copyOf(bridgeMappings);
    agents = Set.copyOf(agents);
    if (agents.equals(Set.of(Agent.L2))) {
      metadataUrl = null; // guests ask where their router or DHCP server is
    }
    if (stateDirectory.resolve("metadata.sock").toString().length() > SOCKET_PATH_MAX) {
      throw Fault.badRequest(
          "The network state directory " + stateDirectory + " is too long for a unix socket path.");
    }
  }

  boolean plays(Agent agent) {
    return agents.contains(agent);
  }

  Names names() {
    return new Names(tag);
  }

  Path metadataSocket() {
    return stateDirectory.resolve("metadata.sock");
  }
}
