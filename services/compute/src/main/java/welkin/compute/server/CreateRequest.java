package welkin.compute.server;

import java.util.List;
import java.util.Map;

/**
 * A request for servers in today's words, whatever microversion it came in.
 *
 * @param networks "auto", "none", "given" or "default" (not said)
 * @param nics the wanted ports when {@code given}
 * @param zone as asked: a zone, {@code zone:host} or {@code zone:host:node}; or null
 * @param hosts a host that must pass the filters, or null
 * @param securityGroups names or ids, empty when not said
 * @param hints the scheduler hints
 */
record CreateRequest(
    String name,
    String hostname,
    String description,
    String imageId,
    String flavorId,
    String keyName,
    String userData,
    boolean configDrive,
    Map<String, String> metadata,
    List<String> tags,
    Map<String, String> files,
    String networks,
    List<Boot.WantedNic> nics,
    List<String> securityGroups,
    String zone,
    String hosts,
    String accessIpV4,
    String accessIpV6,
    String diskConfig,
    int minCount,
    int maxCount,
    Map<String, List<String>> hints,
    List<String> trustedCertificates) {}
