package welkin.identity.limit;

/**
 * The limit of a resource for whoever has none of their own.
 *
 * @param regionId null for every region
 */
record RegisteredLimit(
    String id,
    String serviceId,
    String regionId,
    String resourceName,
    long defaultLimit,
    String description) {}
