package welkin.compute.servergroup;

import java.time.Instant;
import java.util.List;

/**
 * Servers that belong on the same host, or apart.
 *
 * @param policy affinity, anti-affinity, soft-affinity or soft-anti-affinity
 * @param maxPerHost how many an anti-affinity group may have on one host; null for the usual one
 */
record ServerGroup(
    String id,
    String projectId,
    String userId,
    String name,
    String policy,
    Integer maxPerHost,
    Instant createdAt,
    List<String> members) {

  ServerGroup with(List<String> members) {
    return new ServerGroup(id, projectId, userId, name, policy, maxPerHost, createdAt, members);
  }
}
