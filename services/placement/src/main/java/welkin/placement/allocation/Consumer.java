package welkin.placement.allocation;

/**
 * Who has allocations: a server, a migration, a volume.
 *
 * @param type null for one that was made before types
 */
record Consumer(String uuid, String projectId, String userId, String type, int generation) {}
