package welkin.compute.host;

import java.time.Instant;
import welkin.agents.contracts.HostReport;

/**
 * A compute host: its service and its hypervisor.
 *
 * @param nodeId the hypervisor's number, its id before 2.53
 * @param nodeUuid the hypervisor's id since 2.53, also the Placement provider's
 * @param serviceId the service's number, its id before 2.53
 * @param seenAt its last sign of life, by the database's clock
 * @param heard the same by the clock that runs while somebody listens, in microseconds
 * @param updatedAt when its report was last written
 * @param report what it said then
 * @param buildFailures builds that failed there since one went well
 * @param told a digest of what Placement was told of it
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
    long heard,
    Instant createdAt,
    Instant updatedAt,
    HostReport report,
    int buildFailures,
    String told) {

  /** What of a host changes often; the rest only when its report is written. */
  record Pulse(
      String host,
      long serviceId,
      boolean disabled,
      String disabledReason,
      boolean forcedDown,
      Instant seenAt,
      long heard,
      Instant updatedAt,
      int buildFailures,
      String told) {}

  Host with(Pulse p) {
    return new Host(
        host,
        nodeId,
        nodeUuid,
        serviceId,
        serviceUuid,
        p.disabled,
        p.disabledReason,
        p.forcedDown,
        p.seenAt,
        p.heard,
        createdAt,
        updatedAt,
        report,
        p.buildFailures,
        p.told);
  }

  /** Whether a pulse is of this very row, report and all. */
  boolean matches(Pulse p) {
    return serviceId == p.serviceId && updatedAt.equals(p.updatedAt);
  }
}
