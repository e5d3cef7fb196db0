package welkin.compute.server;

import java.util.List;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.compute.api.Links;
import welkin.compute.api.Timestamps;
import welkin.core.Json;
import welkin.http.Call;

/** Servers in JSON, per microversion. */
final class ServerWire {
  private static final Set<String> WITH_PROGRESS =
      Set.of("ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING");
  private static final Set<String> WITH_FAULT = Set.of("ERROR", "DELETED");

  /**
   * What the caller may see besides.
   *
   * @param attributes host, instance name and the like
   * @param extraSpecs the flavor's extra specs
   * @param hostStatus a host's state by its name, or null when it is not to be seen
   * @param groups the server's groups, or null when they are not shown
   */
  record Sight(
      boolean attributes,
      boolean extraSpecs,
      java.util.function.UnaryOperator<String> hostStatus,
      List<String> groups) {}

  private ServerWire() {}

  static ObjectNode brief(Call call, Server s) {
    var out = Json.object().put("id", s.id()).put("name", s.name());
    out.set("links", Links.of(call, "servers", s.id()));
    return out;
  }

  static ObjectNode created(Call call, Server s, String password) {
    var out = Json.object().put("id", s.id());
    out.set("links", Links.of(call, "servers", s.id()));
    out.put("OS-DCF:diskConfig", s.diskConfig());
    groups(out, s);
    return out.put("adminPass", password);
  }

  static ObjectNode full(Call call, Server s, Sight sight) {
    var status = s.status();
    var out = Json.object().put("id", s.id()).put("name", s.name()).put("status", status);
    out.put("tenant_id", s.projectId()).put("user_id", s.userId());
    var metadata = out.putObject("metadata");
    s.metadata().forEach(metadata::put);
    out.put("hostId", s.hostId(s.host()));
    image(out, call, s);
    out.set("flavor", flavor(call, s.flavor(), sight.extraSpecs()));
    out.put("created", Timestamps.seconds(s.createdAt()))
        .put("updated", Timestamps.seconds(s.updatedAt()));
    out.set("addresses", addresses(s));
    out.put("accessIPv4", text(s.accessIpV4())).put("accessIPv6", text(s.accessIpV6()));
    out.set("links", Links.of(call, "servers", s.id()));
    out.put("OS-DCF:diskConfig", s.diskConfig());
    if (WITH_FAULT.contains(status) && s.fault() != null) {
      out.set("fault", fault(call, s));
    }
    if (WITH_PROGRESS.contains(status)) {
      out.put("progress", s.progress());
    }
    out.put("OS-EXT-AZ:availability_zone", text(zone(s)));
    out.put("config_drive", s.configDrive() ? "True" : "");
    out.put("key_name", s.keyName());
    out.put("OS-SRV-USG:launched_at", Timestamps.naive(s.launchedAt()))
        .put("OS-SRV-USG:terminated_at", Timestamps.naive(s.terminatedAt()));
    if (!s.securityGroups().isEmpty()) {
      groups(out, s);
    }
    if (sight.attributes()) {
      attributes(out, call, s);
    }
    out.put("OS-EXT-STS:task_state", s.taskState())
        .put("OS-EXT-STS:vm_state", s.vmState())
        .put("OS-EXT-STS:power_state", s.powerState());
    out.putArray("os-extended-volumes:volumes_attached");
    newer(out, call, s, sight);
    return out;
  }

  private static void attributes(ObjectNode out, Call call, Server s) {
    out.put("OS-EXT-SRV-ATTR:host", s.host())
        .put("OS-EXT-SRV-ATTR:hypervisor_hostname", s.node())
        .put("OS-EXT-SRV-ATTR:instance_name", s.instanceName());
    if (call.at(2, 3)) {
      out.put("OS-EXT-SRV-ATTR:reservation_id", s.reservationId())
          .put("OS-EXT-SRV-ATTR:launch_index", s.launchIndex())
          .put("OS-EXT-SRV-ATTR:kernel_id", "")
          .put("OS-EXT-SRV-ATTR:ramdisk_id", "")
          .put("OS-EXT-SRV-ATTR:root_device_name", s.rootDevice())
          .put("OS-EXT-SRV-ATTR:user_data", s.userData());
      if (!call.at(2, 90)) {
        out.put("OS-EXT-SRV-ATTR:hostname", s.hostname());
      }
    }
  }

  private static void newer(ObjectNode out, Call call, Server s, Sight sight) {
    if (call.at(2, 9)) {
      out.put("locked", s.lockedBy() != null);
    }
    if (call.at(2, 16) && sight.hostStatus() != null) {
      out.put("host_status", s.host() == null ? "" : sight.hostStatus().apply(s.host()));
    }
    if (call.at(2, 19)) {
      out.put("description", s.description());
    }
    if (call.at(2, 26)) {
      var tags = out.putArray("tags");
      s.tags().forEach(tags::add);
    }
    if (call.at(2, 63)) {
      if (s.boot() == null || s.boot().trustedCertificates().isEmpty()) {
        out.putNull("trusted_image_certificates");
      } else {
        out.set("trusted_image_certificates", Json.tree(s.boot().trustedCertificates()));
      }
    }
    if (call.at(2, 71) && sight.groups() != null) {
      out.set("server_groups", Json.tree(sight.groups()));
    }
    if (call.at(2, 73)) {
      out.put("locked_reason", s.lockedReason());
    }
    if (call.at(2, 90)) {
      out.put("OS-EXT-SRV-ATTR:hostname", s.hostname());
    }
    if (call.at(2, 96)) {
      out.put("pinned_availability_zone", s.pinnedZone());
    }
  }

  private static void image(ObjectNode out, Call call, Server s) {
    if (s.imageId() == null) {
      out.put("image", "");
    } else {
      out.putObject("image")
          .put("id", s.imageId())
          .set("links", Links.bookmarkOnly(call, "images", s.imageId()));
    }
  }

  private static ObjectNode flavor(Call call, FlavorCopy f, boolean specs) {
    if (!call.at(2, 47)) {
      var out = Json.object().put("id", f.id());
      out.set("links", Links.bookmarkOnly(call, "flavors", f.id()));
      return out;
    }
    var out =
        Json.object()
            .put("vcpus", f.vcpus())
            .put("ram", f.ramMb())
            .put("disk", f.diskGb())
            .put("ephemeral", f.ephemeralGb())
            .put("swap", f.swapMb())
            .put("original_name", f.name());
    if (specs) {
      var object = out.putObject("extra_specs");
      f.extraSpecs().forEach(object::put);
    }
    return out;
  }

  private static ObjectNode fault(Call call, Server s) {
    var fault = (ObjectNode) s.fault().deepCopy();
    if (!call.caller().isAdmin() && fault.path("code").asInt(500) == 500) {
      fault.remove("details");
    }
    return fault;
  }

  static ObjectNode addresses(Server s) {
    var out = Json.object();
    for (var nic : s.nics()) {
      address(out, nic);
    }
    return out;
  }

  private static void address(ObjectNode out, Nic nic) {
    var array =
        out.get(nic.network()) instanceof ArrayNode there ? there : out.putArray(nic.network());
    for (var ip : nic.ips()) {
      array.add(
          Json.object()
              .put("version", ip.version())
              .put("addr", ip.address())
              .put("OS-EXT-IPS:type", "fixed")
              .put("OS-EXT-IPS-MAC:mac_addr", nic.mac()));
      for (var floating : ip.floating()) {
        array.add(
            Json.object()
                .put("version", 4)
                .put("addr", floating)
                .put("OS-EXT-IPS:type", "floating")
                .put("OS-EXT-IPS-MAC:mac_addr", nic.mac()));
      }
    }
  }

  private static void groups(ObjectNode out, Server s) {
    var array = out.putArray("security_groups");
    s.securityGroups().forEach(g -> array.add(Json.object().put("name", g.name())));
  }

  private static String zone(Server s) {
    return s.zone() != null ? s.zone() : s.pinnedZone();
  }

  private static String text(String value) {
    return value == null ? "" : value;
  }
}
