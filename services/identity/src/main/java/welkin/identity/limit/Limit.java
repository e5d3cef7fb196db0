package welkin.identity.limit;

/**
 * A project's or a domain's own limit of a registered resource. What it is of is told by its
 * registered limit.
 */
record Limit(
    String id,
    RegisteredLimit registered,
    String projectId,
    String domainId,
    long resourceLimit,
    String description) {

  String owner() {
    return projectId != null ? projectId : domainId;
  }
}
