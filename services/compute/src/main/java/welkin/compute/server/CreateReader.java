package welkin.compute.server;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.BoolShape;
import welkin.http.Call;
import welkin.http.NumberShape;

/** Turns the body of {@code POST /servers}, checked already, into today's request. */
final class CreateReader {
  private CreateReader() {}

  static CreateRequest read(Call call) {
    var s = call.object("server");
    int min = (int) NumberShape.read(s.get("min_count"), 1);
    int max = (int) NumberShape.read(s.get("max_count"), s.has("min_count") ? min : 1);
    if (min > max) {
      throw Fault.badRequest("min_count must be <= max_count");
    }
    var hints = call.object().path("os:scheduler_hints");
    if (hints.isMissingNode()) {
      hints = call.object().path("OS-SCH-HNT:scheduler_hints");
    }
    var networks = s.get("networks");
    return new CreateRequest(
        s.get("name").stringValue(),
        Json.string(s, "hostname"),
        Json.string(s, "description"),
        image(s),
        flavor(s),
        Json.string(s, "key_name"),
        Json.string(s, "user_data"),
        BoolShape.read(s.get("config_drive"), false),
        texts(s.path("metadata")),
        tags(s.path("tags")),
        files(s.path("personality")),
        networks == null || networks.isNull()
            ? "default"
            : networks.isString()
                ? networks.stringValue()
                : networks.isEmpty() ? "default" : "given",
        networks != null && networks.isArray() ? nics(networks) : List.of(),
        groups(s.path("security_groups")),
        Json.string(s, "availability_zone"),
        Json.string(s, s.has("host") ? "host" : "hypervisor_hostname"),
        Json.string(s, "accessIPv4"),
        Addresses.canonical(Json.string(s, "accessIPv6")),
        s.path("OS-DCF:diskConfig").asString("AUTO"),
        min,
        max,
        hints(hints),
        tags(s.path("trusted_image_certificates")));
  }

  /** The image, said in one of two ways; everything that would need a volume is refused. */
  private static String image(ObjectNode s) {
    var direct = Json.string(s, "imageRef");
    String mapped = null;
    if (!s.path("block_device_mapping").isEmpty()) {
      throw noVolumes();
    }
    for (var device : s.path("block_device_mapping_v2")) {
      var source = device.path("source_type").asString("");
      var destination = device.path("destination_type").asString("local");
      if (!source.equals("image") || !destination.equals("local")) {
        throw noVolumes();
      }
      if (device.path("boot_index").asInt(-1) == 0) {
        mapped = Json.string(device, "uuid");
      }
    }
    var image = direct == null || direct.isEmpty() ? mapped : direct;
    if (image == null) {
      throw Fault.badRequest(
          "Block Device Mapping is Invalid: Boot sequence for the instance and image/block device"
              + " mapping combination is not valid.");
    }
    return image;
  }

  private static Fault noVolumes() {
    return Fault.badRequest(
        "Block Device Mapping is Invalid: this cloud has no Block Storage service, servers boot"
            + " from an image on a local disk.");
  }

  /** An id or the URL of a flavor, whose last part is the id. */
  private static String flavor(ObjectNode s) {
    var ref = s.get("flavorRef").asString();
    return ref.substring(ref.lastIndexOf('/') + 1);
  }

  static Map<String, String> texts(JsonNode object) {
    var out = new LinkedHashMap<String, String>();
    object.properties().forEach(e -> out.put(e.getKey(), e.getValue().asString()));
    return out;
  }

  static List<String> tags(JsonNode array) {
    return array.valueStream().map(JsonNode::asString).distinct().toList();
  }

  private static Map<String, String> files(JsonNode personality) {
    var out = new LinkedHashMap<String, String>();
    personality.forEach(f -> out.put(Json.string(f, "path"), Json.string(f, "contents")));
    return out;
  }

  private static List<String> groups(JsonNode array) {
    return array.valueStream().map(g -> Json.string(g, "name")).distinct().toList();
  }

  private static List<Boot.WantedNic> nics(JsonNode networks) {
    var out = new ArrayList<Boot.WantedNic>();
    for (var n : networks) {
      var port = Json.string(n, "port");
      var network = Json.string(n, "uuid");
      if (port == null && network == null) {
        throw Fault.badRequest("Bad networks format: network uuid is not in proper format (None)");
      }
      if (port != null && n.hasNonNull("fixed_ip")) {
        throw Fault.badRequest(
            "Specified Fixed IP '"
                + Json.string(n, "fixed_ip")
                + "' cannot be used with port '"
                + port
                + "': the two cannot be specified together.");
      }
      out.add(new Boot.WantedNic(network, port, Json.string(n, "fixed_ip"), Json.string(n, "tag")));
    }
    return out;
  }

  private static Map<String, List<String>> hints(JsonNode hints) {
    var out = new LinkedHashMap<String, List<String>>();
    hints
        .properties()
        .forEach(
            e ->
                out.put(
                    e.getKey(),
                    e.getValue().isArray()
                        ? tags(e.getValue())
                        : List.of(e.getValue().asString())));
    return out;
  }
}
