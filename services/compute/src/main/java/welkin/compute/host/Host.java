package welkin.compute.host;

import java.time.Instant;
import welkin.agents.contracts.HostReport;

/**
 * A compute host: its service and its hypervisor.
 *
 * @param nodeId the hypervisor's number, its id before 2.53
 * @param nodeUuid the hypervisor's id since 2.53, also the Placement provider's
 * @param serviceId the service's number, its id before 2.53
 * @param seenAt its last sign of life
 * @param report what it said then
 */
public record Host(
    String host,
    long nodeId,
    String nodeUuid,
    long serviceId,
    String serviceUuid,
    boolean disabled,
    String disabledReason,
    boolean forcedDown,
    Instant seenAt,
    Instant createdAt,
    Instant updatedAt,
    HostReport report) {

  Host seen(Instant at, HostReport newer) {
    return new Host(
        host,
        nodeId,
        nodeUuid,
        serviceId,
        serviceUuid,
        disabled,
        disabledReason,
        forcedDown,
        at,
        createdAt,
        at,
        newer);
  }
}
