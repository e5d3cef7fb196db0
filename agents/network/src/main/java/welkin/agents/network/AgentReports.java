package welkin.agents.network;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import welkin.agents.contracts.HostChanges.Network;
import welkin.agents.contracts.NetworkPlugin.AgentReport;
import welkin.agents.network.NetworkHostConfig.Agent;
import welkin.core.Json;

/**
 * The agents a host plays, up to five, under the names clients know. The L2 one is called Linux
 * bridge agent, because a Linux bridge is what it is.
 */
final class AgentReports {
  private AgentReports() {}

  static List<AgentReport> of(NetworkHostConfig config, Desired desired, long taps) {
    var l2 = Json.object();
    var mappings = l2.putObject("bridge_mappings");
    config.bridgeMappings().forEach(mappings::put);
    var types = l2.putArray("tunnel_types");
    types.add("vxlan");
    l2.put("tunneling_ip", config.tunnelIp());
    l2.put("devices", taps);
    l2.putArray("extensions");
    l2.put("l2_population", true);

    var routers = desired.routers();
    var l3 = Json.object();
    l3.put("agent_mode", "legacy");
    l3.put("handle_internal_only_routers", true);
    l3.put("routers", routers.size());
    l3.put("ex_gw_ports", routers.values().stream().filter(r -> r.gateway() != null).count());
    l3.put(
        "interfaces",
        routers.values().stream().mapToInt(r -> Desired.list(r.interfaces()).size()).sum());
    l3.put(
        "floating_ips",
        routers.values().stream().mapToInt(r -> Desired.list(r.floating()).size()).sum());
    l3.put("interface_driver", "kernel");

    var served = desired.networks().values().stream().filter(n -> n.dhcp() != null).toList();
    var subnets = new TreeSet<String>();
    for (Network n : served) {
      Dnsmasq.served(n).forEach(s -> subnets.add(s.id()));
    }
    var dhcp = Json.object();
    dhcp.put("dhcp_driver", "dnsmasq");
    dhcp.put("dhcp_lease_duration", 86_400);
    dhcp.put("networks", served.size());
    dhcp.put("subnets", subnets.size());
    dhcp.put("ports", served.stream().mapToInt(n -> Desired.list(n.dhcp().leases()).size()).sum());

    var metadata = Json.object();
    metadata.put("metadata_proxy_socket", config.metadataSocket().toString());
    metadata.put(
        "nova_metadata_host", config.metadataUrl() == null ? null : config.metadataUrl().getHost());
    metadata.put(
        "nova_metadata_port", config.metadataUrl() == null ? 0 : config.metadataUrl().getPort());

    var metering = Json.object();
    metering.put("metering_driver", "none");
    var out = new ArrayList<AgentReport>();
    out.add(new AgentReport("Linux bridge agent", "neutron-linuxbridge-agent", Json.text(l2)));
    if (config.plays(Agent.L3)) {
      out.add(new AgentReport("L3 agent", "neutron-l3-agent", Json.text(l3)));
      out.add(new AgentReport("Metering agent", "neutron-metering-agent", Json.text(metering)));
    }
    if (config.plays(Agent.DHCP)) {
      out.add(new AgentReport("DHCP agent", "neutron-dhcp-agent", Json.text(dhcp)));
    }
    if (config.metadataUrl() != null) {
      out.add(new AgentReport("Metadata agent", "neutron-metadata-agent", Json.text(metadata)));
    }
    return out;
  }
}
