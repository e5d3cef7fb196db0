package welkin.compute.scheduler;

import java.util.Map;
import welkin.agents.contracts.HostReport;

/**
 * What the scheduler knows of a host.
 *
 * @param down why it cannot be used, or null
 * @param zone its availability zone
 * @param free resources nobody holds; empty when Placement did not offer it
 * @param busy servers that something is being done to
 * @param failures builds that failed since the last that succeeded
 */
public record HostState(
    String host,
    String provider,
    HostReport report,
    String down,
    String zone,
    Map<String, Long> free,
    int busy,
    int failures) {
  boolean offered() {
    return !free.isEmpty();
  }
}
