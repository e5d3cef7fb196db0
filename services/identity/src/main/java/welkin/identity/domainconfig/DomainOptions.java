package welkin.identity.domainconfig;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.identity.ldap.LdapOptions;

/**
 * The options a domain may set for itself, with their defaults: keystone's groups {@code identity}
 * and {@code ldap}.
 */
final class DomainOptions {
  static final String COMPLIANCE = "security_compliance";

  /** Options that are kept, and never shown. */
  private static final Set<String> SECRET = Set.of("ldap/" + LdapOptions.SECRET);

  private static final Map<String, ObjectNode> DEFAULTS = new LinkedHashMap<>();

  static {
    DEFAULTS.put(
        "identity", Json.object().put("driver", "sql").set("list_limit", NullNode.getInstance()));
    DEFAULTS.put("ldap", LdapOptions.defaults());
  }

  private DomainOptions() {}

  static Map<String, ObjectNode> defaults() {
    return DEFAULTS;
  }

  static boolean isSecret(String group, String option) {
    return SECRET.contains(group + "/" + option);
  }

  /**
   * @throws Fault 403 for a group or an option that no domain may set
   */
  static void mustBeKnown(String group, String option) {
    var options = DEFAULTS.get(group);
    if (options == null) {
      throw invalid("Group " + group + " is not supported for domain specific configurations");
    }
    if (option != null && !options.has(option) && !isSecret(group, option)) {
      throw invalid(
          "Option "
              + option
              + " in group "
              + group
              + " is not supported for domain specific configurations");
    }
  }

  static Fault invalid(String reason) {
    return Fault.forbidden("Invalid domain specific configuration: " + reason + ".");
  }
}
