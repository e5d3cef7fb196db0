package welkin.compute.server;

import java.util.List;
import java.util.Map;
import welkin.peers.NetworkPeer;

/**
 * What a server is made from: the request with names turned into ids, never changed but by a
 * rebuild.
 *
 * @param image null only for what boots from elsewhere
 * @param publicKey the keypair's public half, or null
 * @param keyType {@code ssh} or {@code x509}, or null
 * @param files files to put into the guest: path to Base64 content
 * @param nics the ports wanted, in order
 * @param forcedHost host to take without asking filters, or null
 * @param forcedNode node to take without asking filters, or null
 * @param wantedHost host that must be taken and must pass the filters, or null
 * @param securityGroupIds for ports that are made; null for the project's default
 * @param hints the scheduler hints
 * @param groupId server group, or null
 */
public record Boot(
    Image image,
    String publicKey,
    String keyType,
    Map<String, String> files,
    List<WantedNic> nics,
    String forcedHost,
    String forcedNode,
    String wantedHost,
    List<String> securityGroupIds,
    Map<String, List<String>> hints,
    String groupId,
    List<String> trustedCertificates) {

  /** What a host needs to fetch an image and to choose devices. */
  public record Image(
      String id,
      String name,
      String diskFormat,
      String containerFormat,
      long size,
      int minRamMb,
      int minDiskGb,
      String sha512,
      Map<String, String> properties) {}

  /**
   * One port.
   *
   * @param portId an existing one, or null to have one made
   * @param fixedIp a wanted address, or null
   * @param network its network's name as it was asked for, or null when that was not looked up
   * @param mtu of that network; 0 with no name
   */
  public record WantedNic(
      String networkId, String portId, String fixedIp, String tag, String network, int mtu) {
    public WantedNic(String networkId, String portId, String fixedIp, String tag) {
      this(networkId, portId, fixedIp, tag, null, 0);
    }

    WantedNic on(NetworkPeer.Network n) {
      return new WantedNic(n.id(), portId, fixedIp, tag, n.name(), n.mtu());
    }
  }
}
