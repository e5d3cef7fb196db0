package welkin.network;

import welkin.network.agent.Agents;
import welkin.network.floatingip.FloatingIps;
import welkin.network.host.ComputeNotifier;
import welkin.network.port.PortBindings;
import welkin.network.port.Ports;
import welkin.network.router.RouterHosts;
import welkin.network.router.RouterInterfaces;
import welkin.network.router.Routers;

/** The ways between networks: router, floatingip. */
final class RouterPart {
  private final FloatingIps floatingIps;
  private final RouterHosts hosts;
  private final RouterInterfaces interfaces;
  private final Routers routers;

  RouterPart(
      Backend backend, Ports ports, PortBindings bindings, Agents agents, ComputeNotifier compute) {
    var stores = backend.stores();
    var log = backend.log();
    var limits = backend.limits();
    var access = backend.access();
    floatingIps = new FloatingIps(stores, ports, log, limits, access, compute);
    hosts = new RouterHosts(stores, ports, bindings, agents, log);
    interfaces = new RouterInterfaces(stores, ports, hosts, log, access);
    routers = new Routers(stores, ports, interfaces, hosts, limits);
  }

  FloatingIps floatingIps() {
    return floatingIps;
  }

  RouterHosts hosts() {
    return hosts;
  }

  RouterInterfaces interfaces() {
    return interfaces;
  }

  Routers routers() {
    return routers;
  }
}
