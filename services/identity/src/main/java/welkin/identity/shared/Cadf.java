package welkin.identity.shared;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Caller;
import welkin.core.Json;

/**
 * Events as auditors read them: DMTF's Cloud Auditing Data Federation (DSP0262 1.0), with the type
 * URIs that keystone gives its resources.
 */
public final class Cadf {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'+0000'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);
  private static final String USER = "service/security/account/user";
  private static final Map<String, String> TYPES =
      Map.ofEntries(
          Map.entry("user", "data/security/account/user"),
          Map.entry("group", "data/security/group"),
          Map.entry("project", "data/security/project"),
          Map.entry("domain", "data/security/domain"),
          Map.entry("role", "data/security/role"),
          Map.entry("role_assignment", "data/security/role"),
          Map.entry("trust", "data/security/trust"),
          Map.entry("OS-TRUST:trust", "data/security/trust"),
          Map.entry("region", "data/security/region"),
          Map.entry("endpoint", "data/security/endpoint"),
          Map.entry("service", "data/security/service"),
          Map.entry("policy", "data/security/policy"),
          Map.entry("credential", "data/security/credential"),
          Map.entry("application_credential", "data/security/application-credential"));

  private Cadf() {}

  /**
   * @param action e.g. {@code created.user} or {@code authenticate}
   * @param outcome {@code success}, {@code failure} or {@code pending}
   * @param noun what it was done to, e.g. {@code user}
   */
  public static ObjectNode event(
      String id,
      Instant at,
      String action,
      String outcome,
      Caller initiator,
      String requestId,
      String noun,
      String targetId) {
    var out = Json.object();
    out.put("typeURI", "http://schemas.dmtf.org/cloud/audit/1.0/event");
    out.put("eventType", "activity");
    out.put("id", id);
    out.put("eventTime", TIME.format(at));
    out.put("action", action);
    out.put("outcome", outcome);
    var who = out.putObject("initiator");
    who.put("typeURI", USER).put("id", initiator.userId() == null ? "-" : initiator.userId());
    if (initiator.userId() != null) {
      who.put("user_id", initiator.userId());
    }
    if (initiator.projectId() != null) {
      who.put("project_id", initiator.projectId());
    }
    who.put("request_id", requestId);
    out.putObject("target")
        .put("typeURI", TYPES.getOrDefault(noun, "service/security"))
        .put("id", targetId);
    out.putObject("observer").put("typeURI", "service/security").put("id", "identity");
    return out;
  }
}
