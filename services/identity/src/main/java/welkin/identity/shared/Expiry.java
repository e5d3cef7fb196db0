package welkin.identity.shared;

import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import welkin.core.Fault;

/** The {@code expires_at} of a request. */
public final class Expiry {
  private Expiry() {}

  /**
   * A moment in the future; one without an offset is in UTC.
   *
   * @param text ISO 8601, or null
   * @return null when nothing was given
   * @throws Fault 400 for anything else, or a moment that is past
   */
  public static Instant read(String text, InstantSource clock) {
    if (text == null) {
      return null;
    }
    Instant at;
    try {
      at =
          text.endsWith("Z") || text.matches(".*[+-]\\d\\d:?\\d\\d$")
              ? OffsetDateTime.parse(text).toInstant()
              : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
    } catch (DateTimeParseException e) {
      throw Fault.badRequest(
          "Invalid input for field 'expires_at': '" + text + "' is not a date and time.");
    }
    if (!at.isAfter(clock.instant())) {
      throw Fault.badRequest(
          "The server could not comply with the request since it is either malformed or otherwise"
              + " incorrect: expires_at must not be in the past.");
    }
    return at;
  }
}
