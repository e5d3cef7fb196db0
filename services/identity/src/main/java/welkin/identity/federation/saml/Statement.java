package welkin.identity.federation.saml;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What this cloud says of one of its users to another.
 *
 * @param groups each {@code JSON:} and an object of the group's name and its domain's
 */
record Statement(
    String user,
    String userDomain,
    List<String> roles,
    String project,
    String projectDomain,
    List<String> groups) {

  /** By keystone's names for them. */
  Map<String, List<String>> attributes() {
    var out = new LinkedHashMap<String, List<String>>();
    out.put("openstack_user", List.of(user));
    out.put("openstack_roles", roles);
    out.put("openstack_project", List.of(project));
    out.put("openstack_project_domain", List.of(projectDomain));
    out.put("openstack_user_domain", List.of(userDomain));
    if (!groups.isEmpty()) {
      out.put("openstack_groups", groups);
    }
    return out;
  }
}
