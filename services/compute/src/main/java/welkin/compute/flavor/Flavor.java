package welkin.compute.flavor;

import java.time.Instant;
import java.util.Map;

/**
 * A size of server.
 *
 * @param id the id clients know, any short text
 * @param ramMb memory in MiB
 * @param diskGb root disk in GiB, 0 for the image's own size
 * @param ephemeralGb second disk in GiB
 * @param swapMb swap disk in MiB
 * @param disabled hidden from those who may not see everything
 * @param isPublic whether projects need no access entry
 */
public record Flavor(
    String id,
    String name,
    int vcpus,
    int ramMb,
    int diskGb,
    int ephemeralGb,
    int swapMb,
    double rxtxFactor,
    boolean disabled,
    boolean isPublic,
    String description,
    Map<String, String> extraSpecs,
    Instant createdAt) {}
