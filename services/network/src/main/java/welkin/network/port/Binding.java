package welkin.network.port;

import welkin.core.Json;
import welkin.network.agent.Agents;
import welkin.network.agent.Agents.Role;
import welkin.network.resource.Resource;

/**
 * The {@code kernel} mechanism driver's answer to where a port is: a host with a living layer-2
 * agent that carries the network wires it by a bridge.
 */
final class Binding {
  private final Agents agents;

  Binding(Agents agents) {
    this.agents = agents;
  }

  /** Writes what the port's host makes of it; returns whether the port moved. */
  boolean bind(Resource network, Resource before, Resource port) {
    var host = port.text(PortStore.HOST);
    if (host == null) {
      host = "";
      port.set(PortStore.HOST, host);
    }
    if (before != null
        && host.equals(before.text(PortStore.HOST))
        && "bridge".equals(before.text(PortStore.VIF_TYPE))) {
      return false;
    }
    String type;
    var details = Json.object();
    if (host.isEmpty()) {
      type = "unbound";
    } else if (port.text(PortStore.VNIC_TYPE).equals("normal")
        && agents.serves(host, Role.L2)
        && agents.carries(
            host,
            network.text("provider:network_type"),
            network.text("provider:physical_network"))) {
      type = "bridge";
      details.put("port_filter", true);
      details.put("connectivity", "l2");
    } else {
      type = "binding_failed";
    }
    port.set(PortStore.VIF_TYPE, type);
    port.set(PortStore.VIF_DETAILS, details);
    return before != null;
  }
}
