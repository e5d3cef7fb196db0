package welkin.compute.server;

import static welkin.http.Version.v;

import welkin.http.ObjectShape;
import welkin.http.Shape;
import welkin.http.StringShape;

/** What requests about servers must look like. */
final class ServerShapes {
  private static final StringShape NAME = Shape.string().length(1, 255).name();
  private static final String KEY = "^[a-zA-Z0-9-_:. ]{1,255}$";
  private static final String HOSTNAME = "^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$|^[a-zA-Z0-9]$";
  private static final String FQDN = "^[a-zA-Z0-9]+[a-zA-Z0-9.-]*[a-zA-Z0-9]+$|^[a-zA-Z0-9]$";
  private static final Shape COUNT = Shape.integer().lenient().min(1);
  private static final Shape UUID = Shape.string().format("uuid");
  private static final Shape ACCESS_V4 = Shape.string().format("ipv4").orEmpty();
  private static final Shape ACCESS_V6 = Shape.string().format("ipv6").orEmpty();
  private static final Shape DISK_CONFIG = Shape.string().oneOf("AUTO", "MANUAL");
  private static final Shape DESCRIPTION = Shape.string().length(0, 255).nullable();
  static final Shape TAG = Shape.string().length(1, 60).pattern("^[^,/]*$");
  static final Shape TAGS = Shape.array(TAG).max(50);
  static final Shape METADATA_ITEMS =
      Shape.object().patternOthers(KEY, Shape.string().length(0, 255));

  private static final ObjectShape NIC =
      Shape.object()
          .optional("fixed_ip", Shape.anyOf(Shape.string().format("ip"), Shape.nothing()))
          .optional("port", UUID.nullable())
          .optional("uuid", UUID);

  private static final Shape OLD_NICS = Shape.array(NIC.noOthers());
  private static final Shape TAGGED_NICS = Shape.array(NIC.optional("tag", TAG).noOthers());

  private static final Shape HINTS =
      Shape.object()
          .optional("group", UUID)
          .optional("different_host", Shape.anyOf(UUID, Shape.array(UUID)))
          .optional("same_host", Shape.anyOf(UUID, Shape.array(UUID)));

  private static final Shape PERSONALITY =
      Shape.array(
          Shape.object()
              .required("path", Shape.string())
              .required("contents", Shape.string().format("base64"))
              .noOthers());

  static final ObjectShape SERVER =
      Shape.object()
          .required("name", NAME)
          .optional("imageRef", Shape.anyOf(UUID, Shape.string().length(0, 0)))
          .required("flavorRef", Shape.anyOf(Shape.string().length(1, 255), Shape.integer()))
          .optional("adminPass", Shape.string().secret())
          .optional("metadata", METADATA_ITEMS)
          .optional("networks", OLD_NICS)
          .until("networks", v(2, 31))
          .optional("networks", TAGGED_NICS)
          .since("networks", v(2, 32))
          .until("networks", v(2, 36))
          .required("networks", Shape.oneOf(OLD_NICS, Shape.string().oneOf("none", "auto")))
          .since("networks", v(2, 37))
          .until("networks", v(2, 41))
          .required("networks", Shape.oneOf(TAGGED_NICS, Shape.string().oneOf("none", "auto")))
          .since("networks", v(2, 42))
          .optional("OS-DCF:diskConfig", DISK_CONFIG)
          .optional("accessIPv4", ACCESS_V4)
          .optional("accessIPv6", ACCESS_V6)
          .optional("personality", PERSONALITY)
          .until("personality", v(2, 56))
          .optional("availability_zone", NAME)
          .optional("block_device_mapping", Shape.array(Shape.object()))
          .optional("block_device_mapping_v2", Shape.array(Shape.object()))
          .optional("config_drive", Shape.bool().lenient().nullable())
          .optional("key_name", NAME.nullable())
          .optional("min_count", COUNT)
          .optional("max_count", COUNT)
          .optional("return_reservation_id", Shape.bool().lenient())
          .optional(
              "security_groups",
              Shape.array(
                  Shape.object().required("name", Shape.string().length(1, 255)).noOthers()))
          .optional("user_data", Shape.string().format("base64").length(0, 65535).nullable())
          .optional("description", DESCRIPTION)
          .since("description", v(2, 19))
          .optional("tags", TAGS)
          .since("tags", v(2, 52))
          .optional(
              "trusted_image_certificates",
              Shape.array(Shape.string().length(1, 255)).max(50).nullable())
          .since("trusted_image_certificates", v(2, 63))
          .optional("host", NAME)
          .since("host", v(2, 74))
          .optional("hypervisor_hostname", NAME)
          .since("hypervisor_hostname", v(2, 74))
          .optional("hostname", Shape.string().length(1, 63).pattern(HOSTNAME))
          .since("hostname", v(2, 90))
          .until("hostname", v(2, 93))
          .optional("hostname", Shape.string().length(1, 255).pattern(FQDN))
          .since("hostname", v(2, 94))
          .noOthers();

  static final Shape CREATE =
      Shape.object()
          .required("server", SERVER)
          .optional("os:scheduler_hints", HINTS)
          .optional("OS-SCH-HNT:scheduler_hints", HINTS)
          .noOthers();

  static final Shape UPDATE =
      Shape.object()
          .required(
              "server",
              Shape.object()
                  .optional("name", NAME)
                  .optional("OS-DCF:diskConfig", DISK_CONFIG)
                  .optional("accessIPv4", ACCESS_V4)
                  .optional("accessIPv6", ACCESS_V6)
                  .optional("description", DESCRIPTION)
                  .since("description", v(2, 19))
                  .optional("hostname", Shape.string().length(1, 63).pattern(HOSTNAME))
                  .since("hostname", v(2, 90))
                  .until("hostname", v(2, 93))
                  .optional("hostname", Shape.string().length(1, 255).pattern(FQDN))
                  .since("hostname", v(2, 94))
                  .noOthers())
          .noOthers();

  static final Shape METADATA = Shape.object().required("metadata", METADATA_ITEMS).noOthers();

  static final Shape META =
      Shape.object()
          .required(
              "meta",
              Shape.object()
                  .patternOthers(KEY, Shape.string().length(0, 255))
                  .minProps(1)
                  .maxProps(1))
          .noOthers();

  static final Shape ALL_TAGS = Shape.object().required("tags", TAGS).noOthers();

  private ServerShapes() {}

  /** An action whose value says nothing. */
  static Shape bare(String action) {
    return Shape.object().required(action, Shape.any()).noOthers();
  }
}
