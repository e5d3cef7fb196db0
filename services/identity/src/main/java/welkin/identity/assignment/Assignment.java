package welkin.identity.assignment;

/**
 * A role given to an actor on a target. Of {@code userId} and {@code groupId} one is set, of {@code
 * projectId}, {@code domainId} and {@code system} one.
 *
 * @param inherited it holds on the projects below the target, not on the target itself
 */
public record Assignment(
    String userId,
    String groupId,
    String projectId,
    String domainId,
    boolean system,
    String roleId,
    boolean inherited) {

  /** What makes it unique. */
  String key() {
    return (userId != null ? "u:" + userId : "g:" + groupId)
        + (projectId != null ? "|p:" + projectId : domainId != null ? "|d:" + domainId : "|s")
        + "|"
        + roleId
        + (inherited ? "|i" : "");
  }
}
