package welkin.compute.server;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * A server.
 *
 * @param vmState what it is, see {@link States}
 * @param taskState what is being done to it, or null
 * @param powerState what its host said last, upstream's numbers
 * @param lockedBy {@code owner}, {@code admin} or null
 * @param zone the availability zone it is in, null before it has a host
 * @param pinnedZone the zone that was asked for, or null
 * @param userData Base64; only read where it is shown
 * @param fault code, message, details, created; or null
 * @param boot only read where it is needed
 */
public record Server(
    String id,
    String projectId,
    String userId,
    String name,
    String hostname,
    String description,
    String vmState,
    String taskState,
    int powerState,
    int progress,
    String lockedBy,
    String lockedReason,
    String host,
    String node,
    String zone,
    String pinnedZone,
    String imageId,
    FlavorCopy flavor,
    String keyName,
    boolean configDrive,
    String reservationId,
    int launchIndex,
    String rootDevice,
    String accessIpV4,
    String accessIpV6,
    String diskConfig,
    Map<String, String> metadata,
    List<String> tags,
    List<Group> securityGroups,
    List<Nic> nics,
    String userData,
    JsonNode fault,
    Instant createdAt,
    Instant updatedAt,
    Instant launchedAt,
    Instant terminatedAt,
    boolean deleted,
    Boot boot) {

  /** A security group. */
  public record Group(String id, String name) {}

  public boolean is(String state) {
    return vmState.equals(state);
  }

  /** The status clients see. */
  public String status() {
    return States.status(vmState, taskState);
  }

  /** The name of the guest on its host. */
  public String instanceName() {
    return "instance-" + id.substring(0, 8);
  }

  /** Tells hosts apart without naming them, differently for each project. */
  public String hostId(String onHost) {
    return onHost == null ? "" : HostIds.of(projectId, onHost);
  }
}
