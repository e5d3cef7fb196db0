package welkin.compute.metadata;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.compute.server.Nic;
import welkin.compute.server.Server;
import welkin.core.Json;
import welkin.peers.NetworkPeer.Subnet;

/**
 * What a guest reads about itself, by path: the EC2 tree and OpenStack's documents (formats as
 * described in upstream's "Metadata" user guide). The same files stand on a config drive.
 */
public final class GuestDocuments {
  /** OpenStack's versions, oldest first. */
  static final List<String> OPENSTACK =
      List.of(
          "2012-08-10",
          "2013-04-04",
          "2013-10-17",
          "2015-10-15",
          "2016-06-30",
          "2016-10-06",
          "2017-02-22",
          "2018-08-27",
          "2020-10-14");

  /** EC2's versions, oldest first. */
  static final List<String> EC2 =
      List.of(
          "1.0",
          "2007-01-19",
          "2007-03-01",
          "2007-08-29",
          "2007-10-10",
          "2007-12-15",
          "2008-02-01",
          "2008-09-01",
          "2009-04-04");

  private final Function<List<Nic>, List<Subnet>> subnets;

  /**
   * @param subnets asks Network for the subnets of ports
   */
  public GuestDocuments(Function<List<Nic>, List<Subnet>> subnets) {
    this.subnets = subnets;
  }

  /** The files of a config drive, each as Base64. */
  public Map<String, String> configDrive(Server server, List<Nic> nics) {
    var out = new LinkedHashMap<String, String>();
    for (var version : List.of("2018-08-27", "2020-10-14", "latest")) {
      openstack(server, nics)
          .forEach((name, text) -> put(out, "openstack/" + version + "/" + name, text.get()));
    }
    int index = 0;
    for (var file : server.boot().files().values()) {
      out.put("openstack/content/" + String.format("%04d", index++), file);
    }
    put(
        out,
        "ec2/latest/meta-data.json",
        Json.text(ec2Json(server, nics)).getBytes(StandardCharsets.UTF_8));
    if (server.userData() != null) {
      put(out, "ec2/latest/user-data", decoded(server.userData()));
    }
    return out;
  }

  private static void put(Map<String, String> out, String path, byte[] content) {
    out.put(path, Base64.getEncoder().encodeToString(content));
  }

  /** OpenStack's documents by name, each made when it is asked for. */
  Map<String, Supplier<byte[]>> openstack(Server server, List<Nic> nics) {
    var out = new LinkedHashMap<String, Supplier<byte[]>>();
    out.put("meta_data.json", () -> Json.bytes(metaData(server, nics)));
    if (server.userData() != null) {
      out.put("user_data", () -> decoded(server.userData()));
    }
    out.put("network_data.json", () -> Json.bytes(networkData(nics)));
    out.put("vendor_data.json", () -> bytes("{}"));
    out.put("vendor_data2.json", () -> bytes("{}"));
    return out;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static byte[] decoded(String base64) {
    return Base64.getMimeDecoder().decode(base64);
  }

  private static ObjectNode metaData(Server server, List<Nic> nics) {
    var boot = server.boot();
    var out =
        Json.object()
            .put("uuid", server.id())
            .put("name", server.name())
            .put("hostname", server.hostname())
            .put("project_id", server.projectId())
            .put("launch_index", server.launchIndex())
            .put("availability_zone", server.zone() == null ? "nova" : server.zone());
    if (!server.metadata().isEmpty()) {
      out.set("meta", Json.tree(server.metadata()));
    }
    if (boot.publicKey() != null) {
      out.putObject("public_keys").put(server.keyName(), boot.publicKey());
      out.putArray("keys")
          .add(
              Json.object()
                  .put("name", server.keyName())
                  .put("type", boot.keyType())
                  .put("data", boot.publicKey()));
    }
    if (!boot.files().isEmpty()) {
      var files = out.putArray("files");
      int index = 0;
      for (var path : boot.files().keySet()) {
        files.add(
            Json.object()
                .put("path", path)
                .put("content_path", "/content/" + String.format("%04d", index++)));
      }
    }
    devices(out.putArray("devices"), nics);
    out.putArray("dedicated_cpus");
    // a seed that is the guest's own and the same whenever it asks
    out.put("random_seed", Seeds.of(server.id()));
    return out;
  }

  private static void devices(ArrayNode devices, List<Nic> nics) {
    for (var nic : nics) {
      if (nic.tag() != null) {
        var device = Json.object().put("type", "nic").put("bus", "none").put("address", "none");
        device.put("mac", nic.mac()).putArray("tags").add(nic.tag());
        devices.add(device);
      }
    }
  }

  private ObjectNode networkData(List<Nic> nics) {
    var byId = new LinkedHashMap<String, Subnet>();
    subnets.apply(nics).forEach(s -> byId.put(s.id(), s));
    var out = Json.object();
    var links = out.putArray("links");
    var networks = out.putArray("networks");
    var services = out.putArray("services");
    var told = new ArrayList<String>();
    int index = 0;
    for (var nic : nics) {
      var device = "tap" + nic.portId().substring(0, 11);
      links.add(
          Json.object()
              .put("id", device)
              .put("vif_id", nic.portId())
              .put("type", "bridge")
              .put("mtu", nic.mtu())
              .put("ethernet_mac_address", nic.mac()));
      for (var ip : nic.ips()) {
        var subnet = byId.get(ip.subnetId());
        if (subnet != null) {
          networks.add(network(nic, ip, subnet, device, "network" + index++));
          for (var dns : subnet.dnsNameservers()) {
            if (!told.contains(dns)) {
              told.add(dns);
              services.add(Json.object().put("type", "dns").put("address", dns));
            }
          }
        }
      }
    }
    return out;
  }

  private static ObjectNode network(Nic nic, Nic.Ip ip, Subnet subnet, String link, String id) {
    var out = Json.object().put("id", id).put("link", link).put("network_id", nic.networkId());
    if (subnet.dhcp() && subnet.version() == 4) {
      return out.put("type", "ipv4_dhcp");
    }
    if (subnet.version() == 6 && subnet.ipv6AddressMode() != null) {
      return out.put(
          "type",
          switch (subnet.ipv6AddressMode()) {
            case "slaac" -> "ipv6_slaac";
            case "dhcpv6-stateful" -> "ipv6_dhcpv6-stateful";
            default -> "ipv6_dhcpv6-stateless";
          });
    }
    int prefix = Integer.parseInt(subnet.cidr().substring(subnet.cidr().indexOf('/') + 1));
    out.put("type", subnet.version() == 4 ? "ipv4" : "ipv6")
        .put("ip_address", ip.address())
        .put("netmask", netmask(prefix, subnet.version()));
    var routes = out.putArray("routes");
    if (subnet.gateway() != null) {
      routes.add(
          Json.object()
              .put("network", subnet.version() == 4 ? "0.0.0.0" : "::")
              .put("netmask", subnet.version() == 4 ? "0.0.0.0" : "::")
              .put("gateway", subnet.gateway()));
    }
    out.putArray("services");
    return out;
  }

  static String netmask(int prefix, int version) {
    var bytes = new byte[version == 4 ? 4 : 16];
    for (int i = 0; i < prefix; i++) {
      bytes[i / 8] |= (byte) (0x80 >> (i % 8));
    }
    try {
      var text = java.net.InetAddress.getByAddress(bytes).getHostAddress();
      return version == 4 ? text : text.replaceFirst("(:0)+$", "::");
    } catch (java.net.UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  /** EC2's tree as nested maps, folders ending in nothing special: a map is a folder. */
  Map<String, Object> ec2(Server server, List<Nic> nics) {
    var data = new TreeMap<String, Object>(ec2Json(server, nics));
    var boot = server.boot();
    if (boot.publicKey() != null) {
      data.put(
          "public-keys",
          new TreeMap<>(
              Map.of(
                  "0=" + server.keyName(),
                  new TreeMap<>(Map.of("openssh-key", boot.publicKey())))));
    }
    var out = new TreeMap<String, Object>();
    out.put("meta-data", data);
    if (server.userData() != null) {
      out.put("user-data", decoded(server.userData()));
    }
    return out;
  }

  private static Map<String, Object> ec2Json(Server server, List<Nic> nics) {
    String local = "";
    String outside = "";
    for (var nic : nics) {
      for (var ip : nic.ips()) {
        if (local.isEmpty() && ip.version() == 4) {
          local = ip.address();
        }
        if (outside.isEmpty() && !ip.floating().isEmpty()) {
          outside = ip.floating().getFirst();
        }
      }
    }
    var data = new TreeMap<String, Object>();
    data.put("ami-id", Ec2Ids.of("ami", String.valueOf(server.imageId())));
    data.put("ami-launch-index", String.valueOf(server.launchIndex()));
    data.put("ami-manifest-path", "none");
    data.put("instance-id", Ec2Ids.of("i", server.id()));
    data.put("hostname", server.hostname());
    data.put("public-ipv4", outside);
    data.put("local-hostname", server.hostname());
    data.put("local-ipv4", local);
    data.put("reservation-id", server.reservationId());
    data.put(
        "security-groups",
        server.securityGroups().stream()
            .map(Server.Group::name)
            .reduce((a, b) -> a + "\n" + b)
            .orElse(""));
    data.put("public-hostname", server.hostname());
    data.put("instance-action", "none");
    data.put("instance-type", server.flavor().name());
    data.put(
        "placement",
        new TreeMap<>(Map.of("availability-zone", server.zone() == null ? "" : server.zone())));
    data.put(
        "block-device-mapping",
        new TreeMap<>(
            Map.of("ami", server.rootDevice().replace("/dev/", ""), "root", server.rootDevice())));
    return data;
  }
}
