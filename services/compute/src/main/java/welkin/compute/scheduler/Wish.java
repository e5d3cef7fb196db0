package welkin.compute.scheduler;

import java.util.Map;
import java.util.Set;

/**
 * What a server asks of its host.
 *
 * @param projectId whose server it is
 * @param flavor the flavor's name
 * @param resources what it takes of its host
 * @param zone wanted availability zone, or null
 * @param forced a host taken without asking the filters, or null
 * @param wanted a host that must be taken and pass the filters, or null
 * @param barred hosts that are out of the question, with the reason
 * @param tried hosts where it failed, with the reason
 * @param groupPolicy its server group's policy, or null
 * @param groupHosts hosts where its group is, each with how many of it
 * @param groupMax how many of an anti-affinity group one host may have
 * @param differentHosts hosts of servers it must be apart from
 * @param sameHosts hosts of servers it must be with; null when that does not matter
 * @param isolatedImage whether its image runs only on isolated hosts
 * @param sparesIsolated whether isolated hosts take nothing but isolated images
 */
public record Wish(
    String projectId,
    String flavor,
    Map<String, Long> resources,
    Map<String, String> extraSpecs,
    Map<String, String> imageProperties,
    String zone,
    String forced,
    String wanted,
    Map<String, String> barred,
    Map<String, String> tried,
    String groupPolicy,
    Map<String, Integer> groupHosts,
    int groupMax,
    Set<String> differentHosts,
    Set<String> sameHosts,
    boolean isolatedImage,
    boolean sparesIsolated) {}
