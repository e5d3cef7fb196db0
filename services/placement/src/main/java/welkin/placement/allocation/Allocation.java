package welkin.placement.allocation;

import java.time.Instant;

/** An amount of one resource class of one provider, taken by one consumer. */
record Allocation(
    String consumer, String provider, String resourceClass, long used, Instant updatedAt) {}
