package welkin.network.stores;

import java.util.List;
import welkin.network.floatingip.FloatingIpStore;
import welkin.network.network.NetworkStore;
import welkin.network.port.PortStore;
import welkin.network.rbac.RbacStore;
import welkin.network.resource.Journal;
import welkin.network.router.RouterStore;
import welkin.network.securitygroup.SecurityGroupStore;
import welkin.network.subnet.SubnetStore;

/** The stores of the nouns. A verb reads any of them, and writes others' rows by their verbs. */
public record Stores(
    NetworkStore networks,
    SubnetStore subnets,
    PortStore ports,
    SecurityGroupStore groups,
    RouterStore routers,
    FloatingIpStore floating,
    RbacStore rbac) {
  /** What makes their tables, in order. */
  public static final List<String> MIGRATIONS =
      List.of(
          "/welkin/network/V001__network.sql",
          "/welkin/network/V002__port_bindings.sql",
          "/welkin/network/V003__several_processes.sql",
          "/welkin/network/V004__router_next_host.sql",
          "/welkin/network/V005__shared_changes.sql");

  public static Stores of(Journal journal) {
    return new Stores(
        new NetworkStore(journal),
        new SubnetStore(journal),
        new PortStore(journal),
        new SecurityGroupStore(journal),
        new RouterStore(journal),
        new FloatingIpStore(journal),
        new RbacStore(journal));
  }
}
