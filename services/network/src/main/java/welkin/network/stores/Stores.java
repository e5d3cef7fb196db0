package welkin.network.stores;

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
