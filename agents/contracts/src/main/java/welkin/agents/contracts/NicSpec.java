package welkin.agents.contracts;

/**
 * A guest's network device.
 *
 * @param portId the Network port; the device on the host is named {@link #deviceName()}
 * @param mac e.g. {@code fa:16:3e:00:00:01}
 * @param mtu in bytes
 */
public record NicSpec(String portId, String networkId, String mac, int mtu) {
  /** {@code tap} and the first 11 characters of the port id, as upstream names it. */
  public String deviceName() {
    return "tap" + portId.substring(0, 11);
  }
}
