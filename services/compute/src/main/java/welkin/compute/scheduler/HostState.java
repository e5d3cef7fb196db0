package welkin.compute.scheduler;

import java.util.Map;
import java.util.Set;
import welkin.agents.contracts.HostReport;

/**
 * What the scheduler knows of a host.
 *
 * @param down why it cannot be used, or null
 * @param zone its availability zone
 * @param free resources nobody holds; empty when Placement did not offer it
 * @param busy servers that something is being done to
 * @param failures builds that failed since the last that succeeded
 * @param servers how many servers it has
 * @param metadata what its aggregates say, every value of each key
 * @param isolated whether only isolated images may run there
 */
public record HostState(
    String host,
    String provider,
    HostReport report,
    String down,
    String zone,
    Map<String, Long> free,
    int busy,
    int failures,
    int servers,
    Map<String, Set<String>> metadata,
    boolean isolated) {
  /** The same host with another server. */
  public HostState with(Map<String, Long> left, int worked, int there) {
    return new HostState(
        host, provider, report, down, zone, left, worked, failures, there, metadata, isolated);
  }

  boolean offered() {
    return !free.isEmpty();
  }
}
