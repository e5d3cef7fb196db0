package welkin.network;

import java.util.List;
import welkin.core.Config;
import welkin.network.agent.Agents;
import welkin.network.host.ComputeNotifier;
import welkin.network.ip.Ipam;
import welkin.network.port.PortAddresses;
import welkin.network.port.PortBindings;
import welkin.network.port.PortNotices;
import welkin.network.port.PortSecurity;
import welkin.network.port.Ports;
import welkin.network.securitygroup.SecurityGroupRules;
import welkin.network.securitygroup.SecurityGroups;

/** Where a machine is plugged in, and what may pass there: port, securitygroup. */
final class PortPart {
  private static final Config.Key<String> DNS_DOMAIN =
      Config.Key.text("network.dns_domain", "openstacklocal", "Domain of the names of ports.");

  private final SecurityGroups groups;
  private final SecurityGroupRules rules;
  private final Ports ports;
  private final PortBindings bindings;

  PortPart(Backend backend, Config config, Ipam ipam, Agents agents, ComputeNotifier compute) {
    var stores = backend.stores();
    var log = backend.log();
    var limits = backend.limits();
    var access = backend.access();
    groups = new SecurityGroups(stores.groups(), log, limits, access);
    rules = new SecurityGroupRules(stores.groups(), groups, log, limits, access);
    var addresses = new PortAddresses(stores, ipam, log, config.get(DNS_DOMAIN));
    var security = new PortSecurity(groups);
    var notices = new PortNotices(log, compute);
    ports = new Ports(stores, addresses, security, agents, notices, limits, access);
    bindings = new PortBindings(stores, ports, agents, notices);
  }

  static List<Config.Key<?>> options() {
    return List.of(DNS_DOMAIN);
  }

  SecurityGroups groups() {
    return groups;
  }

  SecurityGroupRules rules() {
    return rules;
  }

  Ports ports() {
    return ports;
  }

  PortBindings bindings() {
    return bindings;
  }
}
