package welkin.compute.server;

import java.net.InetAddress;
import java.net.UnknownHostException;
import welkin.http.Formats;

/** IP addresses as text. */
final class Addresses {
  private Addresses() {}

  /** An IPv6 address in its one short form (RFC 5952); anything else as it is. */
  static String canonical(String text) {
    if (text == null || !Formats.isIpv6(text)) {
      return text;
    }
    try {
      var bytes = InetAddress.getByName(text).getAddress();
      return bytes.length == 16 ? shortest(bytes) : text;
    } catch (UnknownHostException e) {
      return text;
    }
  }

  private static String shortest(byte[] bytes) {
    var groups = new int[8];
    for (int i = 0; i < 8; i++) {
      groups[i] = (bytes[2 * i] & 0xFF) << 8 | bytes[2 * i + 1] & 0xFF;
    }
    int best = -1;
    int length = 1;
    for (int i = 0; i < 8; i++) {
      int j = i;
      while (j < 8 && groups[j] == 0) {
        j++;
      }
      if (j - i > length) {
        best = i;
        length = j - i;
      }
    }
    var out = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      if (i == best) {
        out.append("::");
        i += length - 1;
      } else {
        out.append(out.isEmpty() || out.charAt(out.length() - 1) == ':' ? "" : ":")
            .append(Integer.toHexString(groups[i]));
      }
    }
    return out.toString();
  }
}
