package welkin.compute.api;

import java.nio.charset.StandardCharsets;
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

  /** What {@link #written} writes by itself: the years 1 to 9999. */
  private static final long FIRST_SECOND = -62_135_596_800L;

  private static final long LAST_SECOND = 253_402_300_799L;

  private Timestamps() {}

  /** {@code 2026-01-02T03:04:05.000000}, or null. */
  public static String naive(Instant t) {
    return t == null ? null : isUsual(t) ? written(t, true) : NAIVE.format(t);
  }

  /** {@code 2026-01-02T03:04:05Z}, or null. */
  public static String seconds(Instant t) {
    return t == null
        ? null
        : isUsual(t) ? written(t, false) : t.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private static boolean isUsual(Instant t) {
    return t.getEpochSecond() >= FIRST_SECOND && t.getEpochSecond() <= LAST_SECOND;
  }

  /** As formatters would; a page of servers has thousands of times. */
  private static String written(Instant t, boolean micros) {
    var d = LocalDateTime.ofEpochSecond(t.getEpochSecond(), 0, ZoneOffset.UTC);
    var out = new byte[micros ? 26 : 20];
    digits(out, 0, 4, d.getYear());
    out[4] = '-';
    digits(out, 5, 2, d.getMonthValue());
    out[7] = '-';
    digits(out, 8, 2, d.getDayOfMonth());
    out[10] = 'T';
    digits(out, 11, 2, d.getHour());
    out[13] = ':';
    digits(out, 14, 2, d.getMinute());
    out[16] = ':';
    digits(out, 17, 2, d.getSecond());
    if (micros) {
      out[19] = '.';
      digits(out, 20, 6, t.getNano() / 1000);
    } else {
      out[19] = 'Z';
    }
    return new String(out, StandardCharsets.ISO_8859_1);
  }

  private static void digits(byte[] out, int at, int count, int value) {
    for (int i = at + count - 1; i >= at; i--) {
      out[i] = (byte) ('0' + value % 10);
      value /= 10;
    }
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
