package welkin.compute.usage;

import java.time.Instant;
import welkin.compute.server.FlavorCopy;

/**
 * How long a server ran, and as what.
 *
 * @param terminated null while it runs
 */
record Span(
    String id,
    String projectId,
    String name,
    String vmState,
    FlavorCopy flavor,
    Instant launched,
    Instant terminated) {}
