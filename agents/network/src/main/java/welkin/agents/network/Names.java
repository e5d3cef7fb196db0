package welkin.agents.network;

/**
 * Names of namespaces and devices, all a pure function of ids, so that an agent that lost its
 * memory finds everything again. Device names keep to the kernel's 15 characters.
 *
 * @param tag prefixes every namespace of one cloud, so that several live on one machine
 */
record Names(String tag) {
  static final String BRIDGE = "brq";
  static final String TAP = "tap";
  static final String TUNNEL = "vx";
  static final String UPLINK = "ph";

  /** The namespace of all tenant bridges, taps and tunnels. */
  String fabric() {
    return tag + "-fabric";
  }

  String router(String routerId) {
    return routerPrefix() + routerId;
  }

  String dhcp(String networkId) {
    return dhcpPrefix() + networkId;
  }

  String routerPrefix() {
    return tag + "-qrouter-";
  }

  String dhcpPrefix() {
    return tag + "-qdhcp-";
  }

  static String bridge(String networkId) {
    return BRIDGE + cut(networkId);
  }

  static String tap(String portId) {
    return TAP + cut(portId);
  }

  /** The vxlan device of a network, in the fabric. */
  static String tunnel(String networkId) {
    return TUNNEL + cut(networkId);
  }

  /** The fabric's way to a provider network. */
  static String uplink(String networkId) {
    return UPLINK + cut(networkId);
  }

  /** The other end of the uplink, in the root namespace. */
  static String uplinkRoot(String networkId) {
    return "pr" + cut(networkId);
  }

  static String interfaceLeg(String portId) {
    return "qr-" + cut(portId);
  }

  static String gatewayLeg(String portId) {
    return "qg-" + cut(portId);
  }

  /** The fabric's end of a router's or DHCP server's leg. */
  static String peer(String portId) {
    return "pp-" + cut(portId);
  }

  static String cut(String id) {
    return id.substring(0, Math.min(11, id.length()));
  }
}
