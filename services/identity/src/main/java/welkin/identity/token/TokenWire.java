package welkin.identity.token;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;

/** A token's body, put together from pieces that are JSON already. */
public final class TokenWire {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);
  private static final byte[] CATALOG = ",\"catalog\":".getBytes(StandardCharsets.UTF_8);
  private static final byte[] END = "}}".getBytes(StandardCharsets.UTF_8);

  private TokenWire() {}

  /** Microseconds and {@code Z}, as keystone writes times. */
  public static String time(Instant t) {
    return TIME.format(t);
  }

  /** What a token's body says of how its user came in. */
  static ObjectNode federation(Federation f) {
    var out = Json.object();
    var groups = out.putArray("groups");
    f.groupIds().forEach(g -> groups.addObject().put("id", g));
    out.putObject("identity_provider").put("id", f.identityProviderId());
    out.putObject("protocol").put("id", f.protocolId());
    return out;
  }

  /** An object's fields without its braces. */
  static byte[] unbraced(ObjectNode node) {
    var all = Json.bytes(node);
    return Arrays.copyOfRange(all, 1, all.length - 1);
  }

  /** Ids and methods are of our own making and need no escaping. */
  static byte[] body(Payload token, Authorization authorization, boolean withCatalog) {
    var head = new StringBuilder(256).append("{\"token\":{\"methods\":[\"");
    head.append(String.join("\",\"", token.methods()));
    head.append("\"],\"audit_ids\":[\"");
    head.append(String.join("\",\"", token.auditIds()));
    head.append("\"],\"expires_at\":\"").append(time(token.expiresAt()));
    head.append("\",\"issued_at\":\"").append(time(token.issuedAt())).append("\",");
    var first = head.toString().getBytes(StandardCharsets.UTF_8);
    var catalog = withCatalog ? authorization.catalog() : null;
    var out =
        new ByteArrayOutputStream(
            first.length
                + authorization.fields().length
                + (catalog == null ? 0 : catalog.length + CATALOG.length)
                + END.length);
    out.writeBytes(first);
    out.writeBytes(authorization.fields());
    if (catalog != null) {
      out.writeBytes(CATALOG);
      out.writeBytes(catalog);
    }
    out.writeBytes(END);
    return out.toByteArray();
  }
}
