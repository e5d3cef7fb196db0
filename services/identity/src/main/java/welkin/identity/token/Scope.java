package welkin.identity.token;

/**
 * What a token is good for: a project, a domain, the system, or nothing yet.
 *
 * @param projectId the project, or null
 * @param domainId the domain, or null
 * @param system the whole cloud
 */
public record Scope(String projectId, String domainId, boolean system) {
  public static final Scope UNSCOPED = new Scope(null, null, false);
  public static final Scope SYSTEM = new Scope(null, null, true);

  public static Scope project(String id) {
    return new Scope(id, null, false);
  }

  public static Scope domain(String id) {
    return new Scope(null, id, false);
  }

  public boolean isUnscoped() {
    return projectId == null && domainId == null && !system;
  }
}
