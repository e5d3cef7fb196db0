package welkin.network;

import welkin.core.Config;
import welkin.network.agent.Agents;
import welkin.network.dhcp.DhcpServers;
import welkin.network.floatingip.FloatingIps;
import welkin.network.ip.Ipam;
import welkin.network.network.Networks;
import welkin.network.network.Segments;
import welkin.network.port.Ports;
import welkin.network.subnet.Subnets;

/** Networks and their addresses: network, subnet, dhcp. */
final class NetworkPart {
  private final DhcpServers dhcp;
  private final Networks networks;
  private final Subnets subnets;

  NetworkPart(
      Backend backend,
      Config config,
      Ipam ipam,
      Agents agents,
      Ports ports,
      FloatingIps floatingIps) {
    var stores = backend.stores();
    var log = backend.log();
    var limits = backend.limits();
    dhcp = new DhcpServers(stores, ports, ipam, agents, log);
    var segments = new Segments(stores.networks(), config);
    networks = new Networks(stores, segments, dhcp, floatingIps, log, limits);
    subnets = new Subnets(stores, ports, dhcp, ipam, log, limits, backend.access());
  }

  DhcpServers dhcp() {
    return dhcp;
  }

  Networks networks() {
    return networks;
  }

  Subnets subnets() {
    return subnets;
  }
}
