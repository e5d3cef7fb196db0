package welkin.compute.server;

import java.util.Map;

/** A flavor as it was when the server was made; what became of the flavor since is no matter. */
public record FlavorCopy(
    String id,
    String name,
    int vcpus,
    int ramMb,
    int diskGb,
    int ephemeralGb,
    int swapMb,
    Map<String, String> extraSpecs) {}
