package welkin.compute.service;

import java.time.Instant;

/**
 * One of Compute's services: {@code nova-scheduler}, {@code nova-conductor}, or a host's {@code
 * nova-compute}.
 *
 * @param binary upstream's name of the program
 * @param zone its availability zone; {@code internal} for those that are no hosts
 */
public record ServiceRow(
    long id,
    String uuid,
    String binary,
    String host,
    String zone,
    boolean disabled,
    String disabledReason,
    boolean forcedDown,
    boolean up,
    Instant updatedAt) {}
