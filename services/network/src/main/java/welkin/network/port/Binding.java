package welkin.network.port;

import tools.jackson.databind.node.ObjectNode;
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

  /** What a host makes of a port. */
  record Wiring(String vifType, ObjectNode vifDetails) {
    boolean bound() {
      return vifType.equals("bridge");
    }
  }

  /** What {@code host} would make of a port of this network and kind. */
  Wiring wiring(Resource network, String host, String vnicType) {
    var details = Json.object();
    if (host.isEmpty()) {
      return new Wiring("unbound", details);
    }
    if (vnicType.equals("normal")
        && agents.serves(host, Role.L2)
        && agents.carries(
            host,
            network.text("provider:network_type"),
            network.text("provider:physical_network"))) {
      return new Wiring("bridge", details.put("port_filter", true).put("connectivity", "l2"));
    }
    return new Wiring("binding_failed", details);
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
    var wiring = wiring(network, host, port.text(PortStore.VNIC_TYPE));
    port.set(PortStore.VIF_TYPE, wiring.vifType());
    port.set(PortStore.VIF_DETAILS, wiring.vifDetails());
    return before != null;
  }
}
