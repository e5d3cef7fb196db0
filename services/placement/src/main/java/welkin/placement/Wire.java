package welkin.placement;

import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import tools.jackson.databind.JsonNode;
import welkin.core.Fault;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Shape;

/** What all nouns share at the edge: freshness headers, links, ids, query checks. */
public final class Wire {
  /** Where the service is mounted; links and locations are relative to the authority. */
  public static final String MOUNT = "/placement";

  /** Name of a resource class or trait. */
  public static final String NAME = "^[A-Z0-9_]+$";

  public static final String CUSTOM_NAME = "^CUSTOM_[A-Z0-9_]+$";

  /** 32 hexadecimal digits, with dashes anywhere uuids have them. */
  public static final String UUID_PATTERN =
      "^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}$";

  /** Any whole number; see {@link #generation}. */
  public static final Shape GENERATION = Shape.integer().range(Long.MIN_VALUE, Long.MAX_VALUE);

  private static final DateTimeFormatter HTTP_DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)
          .withZone(ZoneOffset.UTC);

  private Wire() {}

  /** From 1.15: when it last changed, and that it may change at any moment. */
  public static Answer fresh(Call call, Answer answer, Instant lastModified) {
    return call.at(1, 15)
        ? answer
            .with("Last-Modified", HTTP_DATE.format(lastModified))
            .with("Cache-Control", "no-cache")
        : answer;
  }

  public static Answer fresh(Call call, Answer answer, InstantSource clock) {
    return call.at(1, 15) ? fresh(call, answer, clock.instant()) : answer;
  }

  /** A path of this service as clients want it in {@code Location}: links in bodies are paths. */
  public static String location(Call call, String path) {
    return call.request().base() + path;
  }

  /** A generation that was sent; one that cannot be is told as one that never is. */
  public static int generation(JsonNode number) {
    return number.canConvertToInt() ? number.intValue() : -1;
  }

  /** A uuid in its dashed form, or null when the text is none. */
  public static String uuid(String text) {
    if (text == null || !text.matches(UUID_PATTERN)) {
      return null;
    }
    var hex = text.replace("-", "").toLowerCase(Locale.ROOT);
    return new UUID(
            Long.parseUnsignedLong(hex.substring(0, 16), 16),
            Long.parseUnsignedLong(hex.substring(16), 16))
        .toString();
  }

  /** Refuses query parameters that this version does not know. */
  public static void only(Call call, String... names) {
    only(call, Arrays.asList(names));
  }

  public static void only(Call call, List<String> names) {
    for (var name : call.query().keySet()) {
      if (!names.contains(name)) {
        throw unexpected(name);
      }
    }
  }

  public static Fault unexpected(String name) {
    return badQuery("Additional properties are not allowed ('" + name + "' was unexpected)");
  }

  public static Fault badQuery(String reason) {
    return Fault.badRequest("Invalid query string parameters: " + reason);
  }
}
