package welkin.compute.api;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import welkin.core.Fault;

/** Times as Compute writes them: some with {@code Z} and whole seconds, some naive with micros. */
public final class Timestamps {
  private static final DateTimeFormatter NAIVE =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS").withZone(ZoneOffset.UTC);

  private Timestamps() {}

  /** {@code 2026-01-02T03:04:05.000000}, or null. */
  public static String naive(Instant t) {
    return t == null ? null : NAIVE.format(t);
  }

  /** {@code 2026-01-02T03:04:05Z}, or null. */
  public static String seconds(Instant t) {
    return t == null ? null : t.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** Reads ISO 8601 with or without an offset; none means UTC. */
  public static Instant parse(String text, String parameter) {
    var t = text.strip().replace(' ', 'T');
    try {
      if (t.matches("\\d{4}-\\d{2}-\\d{2}")) {
        t += "T00:00:00";
      }
      return t.matches(".*(Z|[+-]\\d{2}:?\\d{2})$")
          ? OffsetDateTime.parse(t.replaceFirst("([+-]\\d{2})(\\d{2})$", "$1:$2")).toInstant()
          : LocalDateTime.parse(t).toInstant(ZoneOffset.UTC);
    } catch (DateTimeParseException e) {
      throw Fault.badRequest("Invalid " + parameter + " value");
    }
  }
}
