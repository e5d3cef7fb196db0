package welkin.compute.metadata;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Random bytes for a guest's generator; kept while the process lives, so that answers agree. */
final class Seeds {
  private static final Map<String, String> KNOWN = new ConcurrentHashMap<>();
  private static final SecureRandom RANDOM = new SecureRandom();

  private Seeds() {}

  static String of(String serverId) {
    if (KNOWN.size() > 10_000) {
      KNOWN.clear();
    }
    return KNOWN.computeIfAbsent(
        serverId,
        id -> {
          var bytes = new byte[512];
          RANDOM.nextBytes(bytes);
          return Base64.getEncoder().encodeToString(bytes);
        });
  }
}
