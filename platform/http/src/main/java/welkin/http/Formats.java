package welkin.http;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The formats a text may be required to have; none of them ever asks a name server. */
public final class Formats {
  private static final Pattern UUID = Pattern.compile("[0-9a-fA-F]{32}");
  private static final Pattern IPV4 =
      Pattern.compile("(?:(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(?:\\.(?!$)|$)){4}");
  private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:.]{2,45}");
  private static final Pattern MAC = Pattern.compile("[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}");
  private static final Pattern LABEL =
      Pattern.compile("[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?");

  private static final Map<String, Predicate<String>> ALL =
      Map.ofEntries(
          Map.entry("uuid", Formats::isUuid),
          Map.entry("ip", Formats::isIp),
          Map.entry("ipv4", Formats::isIpv4),
          Map.entry("ipv6", Formats::isIpv6),
          Map.entry("cidr", Formats::isCidr),
          Map.entry("mac", Formats::isMac),
          Map.entry("mac-address", Formats::isMac),
          Map.entry("date-time", Formats::isDateTime),
          Map.entry("uri", Formats::isUri),
          Map.entry("base64", Formats::isBase64),
          Map.entry("hostname", Formats::isHostname));

  private Formats() {}

  static Predicate<String> of(String name) {
    var f = ALL.get(name);
    if (f == null) {
      throw new IllegalArgumentException("no format '" + name + "', there are " + ALL.keySet());
    }
    return f;
  }

  /** With dashes or without, in braces or as a URN: what upstream's is_uuid_like takes. */
  public static boolean isUuid(String s) {
    if (s.length() == 36 || s.length() == 32) {
      return UUID.matcher(s.replace("-", "")).matches();
    }
    return UUID.matcher(s.replace("urn:", "").replace("uuid:", "").replaceAll("[{}-]", ""))
        .matches();
  }

  public static boolean isIp(String s) {
    return isIpv4(s) || isIpv6(s);
  }

  public static boolean isIpv4(String s) {
    return IPV4.matcher(s).matches();
  }

  public static boolean isIpv6(String s) {
    if (s.indexOf(':') < 0 || !IPV6.matcher(s).matches()) {
      return false;
    }
    try {
      InetAddress.ofLiteral(s);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** An address, a slash and a prefix length; host bits may be set. */
  public static boolean isCidr(String s) {
    int slash = s.indexOf('/');
    if (slash < 0 || s.length() - slash > 4 || s.length() - slash < 2) {
      return false;
    }
    int bits;
    try {
      bits = Integer.parseInt(s.substring(slash + 1));
    } catch (NumberFormatException e) {
      return false;
    }
    var address = s.substring(0, slash);
    return bits >= 0 && (isIpv4(address) ? bits <= 32 : isIpv6(address) && bits <= 128);
  }

  public static boolean isMac(String s) {
    return MAC.matcher(s).matches();
  }

  /** ISO 8601, with {@code T} or a blank between date and time, with or without an offset. */
  public static boolean isDateTime(String s) {
    var iso = s.length() > 10 && s.charAt(10) == ' ' ? s.replaceFirst(" ", "T") : s;
    try {
      OffsetDateTime.parse(iso.replaceFirst("([+-]\\d\\d)(\\d\\d)$", "$1:$2"));
      return true;
    } catch (DateTimeException e) {
      try {
        LocalDateTime.parse(iso);
        return true;
      } catch (DateTimeException e2) {
        return false;
      }
    }
  }

  public static boolean isUri(String s) {
    try {
      return new URI(s).isAbsolute();
    } catch (URISyntaxException e) {
      return false;
    }
  }

  /** Base64, line breaks allowed; the MIME decoder would skip any stray character, so not that. */
  public static boolean isBase64(String s) {
    try {
      Base64.getDecoder().decode(s.replace("\r", "").replace("\n", ""));
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** RFC 1123: labels of letters, digits and inner dashes; a trailing dot is allowed. */
  public static boolean isHostname(String s) {
    if (s.isEmpty() || s.length() > 254) {
      return false;
    }
    for (var label : (s.endsWith(".") ? s.substring(0, s.length() - 1) : s).split("\\.", -1)) {
      if (!LABEL.matcher(label).matches()) {
        return false;
      }
    }
    return true;
  }

  /** Whether Python calls a character printable, the blank aside. */
  static boolean printable(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SPACE_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
