package welkin.identity.ldap;

import java.util.Locale;
import welkin.identity.ldap.LdapSettings.Enabled;

/**
 * What an attribute says of whether a user is enabled. Directories write it in many ways, always as
 * a text: {@code FALSE} is a text that is not empty, and must not count as true (OSSA-2026-007).
 * What cannot be understood counts as disabled.
 */
enum Enablement {
  ENABLED,
  DISABLED,
  UNCLEAR;

  boolean isEnabled() {
    return this == ENABLED;
  }

  /**
   * @param value as the directory has it, null when it has none
   */
  static Enablement of(Enabled how, String value) {
    var said = value == null ? how.missing() : value;
    return how.mask() != 0 ? bit(said, how.mask()) : flag(said, how.invert());
  }

  private static Enablement bit(String said, int mask) {
    try {
      return (Integer.parseInt(said.strip()) & mask) == mask ? DISABLED : ENABLED;
    } catch (NumberFormatException e) {
      return UNCLEAR;
    }
  }

  private static Enablement flag(String said, boolean invert) {
    return switch (said.strip().toLowerCase(Locale.ROOT)) {
      case "true", "yes", "on", "t", "y", "1" -> invert ? DISABLED : ENABLED;
      case "false", "no", "off", "f", "n", "0", "" -> invert ? ENABLED : DISABLED;
      default -> UNCLEAR;
    };
  }
}
