package welkin.compute.server;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What projects see instead of host names: SHA-224 of project id and host name. */
final class HostIds {
  private static final Map<String, String> KNOWN = new ConcurrentHashMap<>();

  private HostIds() {}

  static String of(String projectId, String host) {
    if (KNOWN.size() > 10_000) {
      KNOWN.clear();
    }
    return KNOWN.computeIfAbsent(projectId + host, HostIds::sha224);
  }

  private static String sha224(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-224").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
