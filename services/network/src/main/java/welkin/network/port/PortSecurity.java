package welkin.network.port;

import tools.jackson.databind.node.ObjectNode;
import welkin.core.Caller;
import welkin.network.resource.Faults;
import welkin.network.resource.Resource;
import welkin.network.securitygroup.SecurityGroups;
import welkin.store.Sql;

/** A port's security groups and address pairs, and the switch they depend on. */
public final class PortSecurity {
  private static final String SECURITY = "port_security_enabled";

  private final SecurityGroups groups;

  public PortSecurity(SecurityGroups groups) {
    this.groups = groups;
  }

  /**
   * Fills in for a new port what was not given, and checks always.
   *
   * @param before null for a new port
   */
  void settle(Sql sql, Caller caller, Resource network, Resource port, Resource before) {
    var d = port.document();
    boolean trusted = port.text("device_owner").startsWith("network:");
    if (!d.has(SECURITY)) {
      d.put(SECURITY, !trusted && network.flag(SECURITY));
    }
    boolean on = d.get(SECURITY).asBoolean(true);
    if (!d.has("security_groups") || d.get("security_groups").isNull()) {
      var list = d.putArray("security_groups");
      if (on && !trusted && !port.list("fixed_ips").isEmpty()) {
        list.add(groups.defaultGroup(sql, port.projectId()));
      }
    } else if (before == null
        || !before.texts("security_groups").equals(port.texts("security_groups"))) {
      groups.check(sql, port.texts("security_groups"), port.projectId(), caller);
    }
    if (!on && !port.list("security_groups").isEmpty()) {
      throw Faults.conflict(
          "PortSecurityPortHasSecurityGroup",
          "Port has security group associated. Cannot disable port security or IP address until"
              + " security group is removed.");
    }
    if (!on && !port.list("allowed_address_pairs").isEmpty()) {
      throw Faults.conflict(
          "AddressPairAndPortSecurityRequired",
          "Port Security must be enabled in order to have allowed address pairs on a port.");
    }
    for (var p : port.list("allowed_address_pairs")) {
      if (!p.has("mac_address")) {
        ((ObjectNode) p).put("mac_address", port.text("mac_address"));
      }
    }
  }
}
