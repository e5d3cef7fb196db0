package welkin.network.ip;

import java.math.BigInteger;
import java.util.regex.Pattern;

/**
 * An IPv4 or IPv6 address as a number.
 *
 * @param version 4 or 6
 */
public record Ip(int version, BigInteger value) implements Comparable<Ip> {
  private static final Pattern V4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");

  /** Reads a literal; null when it is none. Names are never looked up. */
  public static Ip parse(String text) {
    if (V4.matcher(text).matches()) {
      long v = 0;
      for (var part : text.split("\\.")) {
        int n = Integer.parseInt(part);
        if (n > 255 || part.length() > 1 && part.charAt(0) == '0') {
          return null;
        }
        v = v << 8 | n;
      }
      return new Ip(4, BigInteger.valueOf(v));
    }
    return text.indexOf(':') < 0 ? null : parse6(text);
  }

  private static Ip parse6(String text) {
    int gap = text.indexOf("::");
    if (gap >= 0 && text.indexOf("::", gap + 1) >= 0) {
      return null;
    }
    var head = words(gap < 0 ? text : text.substring(0, gap));
    var tail = gap < 0 ? new int[0] : words(text.substring(gap + 2));
    if (head == null || tail == null) {
      return null;
    }
    int count = head.length + tail.length;
    if (gap < 0 ? count != 8 : count > 7) {
      return null;
    }
    var all = new int[8];
    System.arraycopy(head, 0, all, 0, head.length);
    System.arraycopy(tail, 0, all, 8 - tail.length, tail.length);
    var v = BigInteger.ZERO;
    for (int w : all) {
      v = v.shiftLeft(16).or(BigInteger.valueOf(w));
    }
    return new Ip(6, v);
  }

  private static int[] words(String text) {
    if (text.isEmpty()) {
      return new int[0];
    }
    var parts = text.split(":", -1);
    var last = parts[parts.length - 1];
    var v4 = last.indexOf('.') >= 0 ? parse(last) : null;
    if (last.indexOf('.') >= 0 && (v4 == null || v4.version != 4)) {
      return null;
    }
    var out = new int[parts.length + (v4 == null ? 0 : 1)];
    for (int i = 0; i < parts.length - (v4 == null ? 0 : 1); i++) {
      if (!parts[i].matches("[0-9a-fA-F]{1,4}")) {
        return null;
      }
      out[i] = Integer.parseInt(parts[i], 16);
    }
    if (v4 != null) {
      out[out.length - 2] = v4.value.shiftRight(16).intValue() & 0xFFFF;
      out[out.length - 1] = v4.value.intValue() & 0xFFFF;
    }
    return out;
  }

  /** The address a text gives; for what was checked before. */
  public static Ip of(String text) {
    var ip = parse(text);
    if (ip == null) {
      throw new IllegalArgumentException("not an address: " + text);
    }
    return ip;
  }

  public Ip plus(long n) {
    return new Ip(version, value.add(BigInteger.valueOf(n)));
  }

  /** Fixed-width hexadecimal, which sorts as the addresses do. */
  public String key() {
    var hex = value.toString(16);
    return "0".repeat((version == 4 ? 8 : 32) - hex.length()) + hex;
  }

  public static Ip ofKey(String key) {
    return new Ip(key.length() == 8 ? 4 : 6, new BigInteger(key, 16));
  }

  /**
   * The address an interface forms by itself (RFC 4291, modified EUI-64).
   *
   * @param prefix a /64
   */
  public static Ip eui64(Cidr prefix, String mac) {
    long m = Long.parseLong(mac.replace(":", ""), 16);
    long id = (m >>> 24 ^ 0x020000L) << 40 | 0xFFFE000000L | m & 0xFFFFFFL;
    return new Ip(6, prefix.first().value().or(new BigInteger(Long.toUnsignedString(id, 16), 16)));
  }

  @Override
  public int compareTo(Ip o) {
    return version != o.version ? Integer.compare(version, o.version) : value.compareTo(o.value);
  }

  /** Dotted decimal, or RFC 5952 form. */
  @Override
  public String toString() {
    if (version == 4) {
      long v = value.longValue();
      return (v >> 24 & 255) + "." + (v >> 16 & 255) + "." + (v >> 8 & 255) + "." + (v & 255);
    }
    var w = new int[8];
    for (int i = 0; i < 8; i++) {
      w[i] = value.shiftRight(16 * (7 - i)).intValue() & 0xFFFF;
    }
    int best = -1;
    int length = 1;
    for (int i = 0; i < 8; i++) {
      int j = i;
      while (j < 8 && w[j] == 0) {
        j++;
      }
      if (j - i > length) {
        best = i;
        length = j - i;
      }
    }
    var b = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      if (i == best) {
        b.append("::");
        i += length - 1;
      } else {
        if (!b.isEmpty() && b.charAt(b.length() - 1) != ':') {
          b.append(':');
        }
        b.append(Integer.toHexString(w[i]));
      }
    }
    return b.toString();
  }
}
