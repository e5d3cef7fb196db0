package welkin.network.network;

import java.util.ArrayList;
import java.util.List;
import welkin.core.Config;
import welkin.core.Fault;
import welkin.network.resource.Faults;
import welkin.network.resource.Resource;
import welkin.store.Sql;

/**
 * ML2's type drivers: flat, local, vlan, vxlan. They check what an administrator asks for, choose a
 * number where none was asked for, and know how large a frame fits. Options are upstream's.
 */
public final class Segments {
  private static final Config.Key<List<String>> TENANT_TYPES =
      Config.Key.list(
          "ml2.tenant_network_types", List.of("vxlan"), "Types tried for a tenant's network.");
  private static final Config.Key<List<String>> VNI_RANGES =
      Config.Key.list("ml2_type_vxlan.vni_ranges", List.of("1:1000"), "VNIs for tenants, MIN:MAX.");
  private static final Config.Key<List<String>> VLAN_RANGES =
      Config.Key.list(
          "ml2_type_vlan.network_vlan_ranges",
          List.of(),
          "Physical networks with the VLANs tenants may get, NAME or NAME:MIN:MAX.");
  private static final Config.Key<List<String>> FLAT =
      Config.Key.list(
          "ml2_type_flat.flat_networks", List.of("*"), "Physical networks that may be flat.");
  private static final Config.Key<Integer> PHYSICAL_MTU =
      Config.Key.number(
          "network.global_physnet_mtu", 1500, "Bytes a frame may carry on the physical network.");

  /** What VXLAN adds to a frame over IPv4, in bytes. */
  private static final int VXLAN_OVERHEAD = 50;

  private static final int MAX_VNI = (1 << 24) - 1;
  private static final int MAX_VLAN = 4094;

  private record Range(String physical, int from, int to) {}

  private final NetworkStore store;
  private final List<String> tenantTypes;
  private final List<Range> vnis = new ArrayList<>();
  private final List<Range> vlans = new ArrayList<>();
  private final List<String> flat;
  private final int physicalMtu;

  public Segments(NetworkStore store, Config config) {
    this.store = store;
    tenantTypes = config.get(TENANT_TYPES);
    flat = config.get(FLAT);
    physicalMtu = config.get(PHYSICAL_MTU);
    for (var r : config.get(VNI_RANGES)) {
      var p = r.split(":");
      vnis.add(new Range("", Integer.parseInt(p[0].strip()), Integer.parseInt(p[1].strip())));
    }
    for (var r : config.get(VLAN_RANGES)) {
      if (!r.isBlank()) {
        var p = r.split(":");
        vlans.add(
            new Range(
                p[0].strip(),
                p.length > 2 ? Integer.parseInt(p[1].strip()) : 0,
                p.length > 2 ? Integer.parseInt(p[2].strip()) : -1));
      }
    }
  }

  public static List<Config.Key<?>> options() {
    return List.of(TENANT_TYPES, VNI_RANGES, VLAN_RANGES, FLAT, PHYSICAL_MTU);
  }

  /** Gives a network its segment and writes the provider attributes into it. */
  void assign(Sql sql, Resource network) {
    var type = network.text(NetworkStore.TYPE);
    var physical = network.text(NetworkStore.PHYSICAL);
    var id = network.text(NetworkStore.SEGMENT);
    if (type == null) {
      if (physical != null || id != null) {
        throw Faults.invalidInput("network_type required");
      }
      tenant(sql, network);
    } else {
      provider(sql, network, type, physical, id == null ? 0 : Integer.parseInt(id));
    }
  }

  private void tenant(Sql sql, Resource network) {
    for (var type : tenantTypes) {
      switch (type) {
        case "local" -> {
          write(network, "local", null, 0);
          return;
        }
        case "vxlan", "vlan" -> {
          for (var r : type.equals("vxlan") ? vnis : vlans) {
            int id = r.to < r.from ? -1 : store.free(sql, type, r.physical, r.from, r.to);
            if (id > 0) {
              store.take(sql, type, r.physical, id, network.id());
              write(network, type, r.physical.isEmpty() ? null : r.physical, id);
              return;
            }
          }
        }
        default -> throw new IllegalArgumentException("ml2.tenant_network_types: " + type);
      }
    }
    throw Fault.of(
        503,
        "NoNetworkAvailable",
        "Unable to create the network. No tenant network is available for allocation.");
  }

  private void provider(Sql sql, Resource network, String type, String physical, int id) {
    switch (type) {
      case "local" -> {
        refuse(physical != null, "provider:physical_network specified for local network");
        refuse(id != 0, "provider:segmentation_id specified for local network");
        write(network, type, null, 0);
      }
      case "flat" -> {
        refuse(physical == null, "physical_network required for flat provider network");
        refuse(id != 0, "segmentation_id prohibited for flat provider network");
        refuse(
            !flat.contains("*") && !flat.contains(physical),
            "physical_network '" + physical + "' unknown for flat provider network");
        if (!store.take(sql, type, physical, 0, network.id())) {
          throw Faults.conflict(
              "FlatNetworkInUse",
              "Unable to create the flat network. Physical network " + physical + " is in use.");
        }
        write(network, type, physical, 0);
      }
      case "vlan" -> {
        refuse(
            physical == null && id != 0,
            "segmentation_id requires physical_network for VLAN provider network");
        refuse(
            id != 0 && (id < 1 || id > MAX_VLAN), "segmentation_id out of range (1 through 4094)");
        var name = physical == null && !vlans.isEmpty() ? vlans.getFirst().physical : physical;
        refuse(name == null, "physical_network required for VLAN provider network");
        int number = id != 0 ? id : chooseVlan(sql, name);
        if (!store.take(sql, type, name, number, network.id())) {
          throw Faults.conflict(
              "VlanIdInUse",
              "Unable to create the network. The VLAN "
                  + number
                  + " on physical network "
                  + name
                  + " is in use.");
        }
        write(network, type, name, number);
      }
      case "vxlan" -> {
        refuse(physical != null, "provider:physical_network specified for vxlan network");
        refuse(id < 0 || id > MAX_VNI, "segmentation_id out of range (1 through 16777215)");
        int number = id;
        for (var r : id == 0 ? vnis : List.<Range>of()) {
          number = number > 0 ? number : store.free(sql, type, "", r.from, r.to);
        }
        if (number <= 0) {
          throw Fault.of(
              503,
              "NoNetworkAvailable",
              "Unable to create the network. No tenant network is available for allocation.");
        }
        if (!store.take(sql, type, "", number, network.id())) {
          throw Faults.conflict(
              "TunnelIdInUse",
              "Unable to create the network. The tunnel ID " + number + " is in use.");
        }
        write(network, type, null, number);
      }
      default -> throw Faults.invalidInput("network_type value '" + type + "' not supported");
    }
  }

  private int chooseVlan(Sql sql, String physical) {
    for (var r : vlans) {
      if (r.physical.equals(physical) && r.to >= r.from) {
        int id = store.free(sql, "vlan", physical, r.from, r.to);
        if (id > 0) {
          return id;
        }
      }
    }
    throw Fault.of(
        503,
        "NoNetworkAvailable",
        "Unable to create the network. No VLAN of physical network " + physical + " is free.");
  }

  private static void refuse(boolean wrong, String why) {
    if (wrong) {
      throw Faults.invalidInput(why);
    }
  }

  private void write(Resource network, String type, String physical, int id) {
    network.set(NetworkStore.TYPE, type);
    network.set(NetworkStore.PHYSICAL, physical);
    if (id == 0) {
      network.document().putNull(NetworkStore.SEGMENT);
    } else {
      network.set(NetworkStore.SEGMENT, id);
    }
    int most = type.equals("vxlan") ? physicalMtu - VXLAN_OVERHEAD : physicalMtu;
    int wanted = network.number("mtu");
    if (wanted > most) {
      throw Faults.invalidInput("Requested MTU is too big, maximum is " + most);
    }
    network.set("mtu", wanted > 0 ? wanted : most);
  }

  /** The largest MTU a network of this type may have, in bytes. */
  int largestMtu(Resource network) {
    return "vxlan".equals(network.text(NetworkStore.TYPE))
        ? physicalMtu - VXLAN_OVERHEAD
        : physicalMtu;
  }
}
