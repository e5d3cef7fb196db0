package welkin.assembly;

import java.util.ArrayList;
import java.util.List;
import welkin.core.Config.Key;
import welkin.store.Databases;

/** The options that concern the whole process or its host. */
final class Options {
  static final Key<String> HOST =
      Key.text("host.name", "", "This host's name in the cloud; empty for the system's.");
  static final Key<String> TUNNEL_IP =
      Key.text("host.tunnel_ip", "127.0.0.1", "The address other hosts reach this one by.");
  static final Key<List<String>> BRIDGE_MAPPINGS =
      Key.list(
          "network.bridge_mappings",
          List.of(),
          "Physical network to bridge of this host, NETWORK:BRIDGE.");
  static final Key<Integer> VXLAN_PORT =
      Key.number(
          "network.vxlan_port",
          4789,
          "UDP port of the tunnels between hosts; the same on all hosts of a cloud.");
  static final Key<List<String>> NETWORK_AGENTS =
      Key.list(
          "network.agents",
          List.of("l2", "l3", "dhcp"),
          "What this host's network agent plays: l2 alone on a hypervisor, with l3 (routers,"
              + " floating IPs) and dhcp on a network host.");
  static final Key<String> ENDPOINT =
      Key.text(
          "server.public_endpoint",
          "",
          "Scheme and authority clients use, when a proxy stands in front.");

  private Options() {}

  static List<Key<?>> all() {
    var all = new ArrayList<Key<?>>(Databases.options());
    all.addAll(List.of(HOST, TUNNEL_IP, BRIDGE_MAPPINGS, VXLAN_PORT, NETWORK_AGENTS, ENDPOINT));
    return all;
  }
}
