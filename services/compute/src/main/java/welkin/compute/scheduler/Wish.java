package welkin.compute.scheduler;

import java.util.Map;
import java.util.Set;

/**
 * What a server asks of its host.
 *
 * @param resources what it takes of it
 * @param zone wanted availability zone, or null
 * @param forced a host taken without asking the filters, or null
 * @param wanted a host that must be taken and pass the filters, or null
 * @param tried hosts where it failed, with the reason
 * @param groupPolicy its server group's policy, or null
 * @param groupHosts hosts where its group is, each with how many of it
 * @param groupMax how many of an anti-affinity group one host may have
 */
public record Wish(
    Map<String, Long> resources,
    Map<String, String> extraSpecs,
    Map<String, String> imageProperties,
    String zone,
    String forced,
    String wanted,
    Map<String, String> tried,
    String groupPolicy,
    Map<String, Integer> groupHosts,
    int groupMax,
    Set<String> differentHosts) {}
