package welkin.compute.aggregate;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * A set of hosts with metadata.
 *
 * @param metadata {@code availability_zone} makes it an availability zone
 */
record Aggregate(
    long id,
    String uuid,
    String name,
    Map<String, String> metadata,
    List<String> hosts,
    Instant createdAt,
    Instant updatedAt) {
  static final String ZONE = "availability_zone";

  String zone() {
    return metadata.get(ZONE);
  }
}
