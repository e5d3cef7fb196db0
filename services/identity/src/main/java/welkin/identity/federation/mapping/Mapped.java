package welkin.identity.federation.mapping;

import java.util.List;
import java.util.Set;

/**
 * Who somebody is here, by the rules of a mapping.
 *
 * @param groupIds groups by id
 * @param groupNames groups by name in a domain
 * @param projects projects to be made unless they are there, and the roles on them
 * @param exactProjects whether roles on other projects are taken away
 */
public record Mapped(
    User user,
    Set<String> groupIds,
    List<Group> groupNames,
    List<Project> projects,
    boolean exactProjects) {
  /**
   * A domain by id, else by name.
   *
   * @param id or null
   * @param name or null
   */
  public record Domain(String id, String name) {}

  /**
   * @param id unique at the provider, or null
   * @param name or null
   * @param email or null
   * @param local whether it is a user of this cloud's own, to be found by id or name
   * @param domain null for the provider's
   */
  public record User(String id, String name, String email, boolean local, Domain domain) {}

  /** A group by name. */
  public record Group(String name, Domain domain) {}

  /**
   * @param domain null for the provider's
   * @param roles names
   */
  public record Project(String name, Domain domain, List<String> roles) {}
}
