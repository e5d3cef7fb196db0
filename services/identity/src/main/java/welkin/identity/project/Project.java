package welkin.identity.project;

import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/**
 * A project, or a domain, which is a project that acts as one: names are unique inside it.
 *
 * @param domainId the domain it is in; null for a domain
 * @param parentId the project or domain above it; null for a domain
 * @param extra attributes the client made up
 */
public record Project(
    String id,
    String domainId,
    String parentId,
    String name,
    boolean isDomain,
    boolean enabled,
    String description,
    List<String> tags,
    ObjectNode options,
    ObjectNode extra) {

  /** The domain whose administrators it belongs to: its own when it is one. */
  public String owningDomainId() {
    return isDomain ? id : domainId;
  }

  /** May be neither changed nor deleted until the option is taken away. */
  public boolean isImmutable() {
    return options.path("immutable").asBoolean(false);
  }
}
