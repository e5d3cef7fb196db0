package welkin.compute.server;

import java.util.List;

/**
 * A server's port with its addresses, kept with the server so that lists need no other service.
 *
 * @param network the network's name
 * @param mtu in bytes
 * @param tag a name the guest finds the device by, or null
 * @param given the port existed before and outlives the server
 */
public record Nic(
    String portId,
    String networkId,
    String network,
    String mac,
    int mtu,
    String tag,
    boolean given,
    List<Ip> ips) {
  Nic on(String name, int itsMtu) {
    return new Nic(portId, networkId, name, mac, itsMtu, tag, given, ips);
  }

  /**
   * @param floating addresses outside that lead to this one
   */
  public record Ip(String address, String subnetId, List<String> floating) {
    public int version() {
      return address.indexOf(':') < 0 ? 4 : 6;
    }
  }
}
