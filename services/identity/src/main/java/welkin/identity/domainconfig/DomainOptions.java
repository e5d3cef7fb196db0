package welkin.identity.domainconfig;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;

/**
 * The options a domain may set for itself, with their defaults: keystone's groups {@code identity}
 * and {@code ldap}.
 */
final class DomainOptions {
  static final String COMPLIANCE = "security_compliance";

  /** Options that are kept, and never shown. */
  private static final Set<String> SECRET = Set.of("ldap/password");

  private static final Map<String, ObjectNode> DEFAULTS = new LinkedHashMap<>();

  static {
    DEFAULTS.put(
        "identity", Json.object().put("driver", "sql").set("list_limit", NullNode.getInstance()));
    var ldap =
        Json.object()
            .put("url", "ldap://localhost")
            .put("suffix", "cn=example,cn=com")
            .put("query_scope", "one")
            .put("page_size", 0)
            .put("alias_dereferencing", "default")
            .put("user_objectclass", "inetOrgPerson")
            .put("user_id_attribute", "cn")
            .put("user_name_attribute", "sn")
            .put("user_mail_attribute", "mail")
            .put("user_description_attribute", "description")
            .put("user_pass_attribute", "userPassword")
            .put("user_enabled_attribute", "enabled")
            .put("user_enabled_invert", false)
            .put("user_enabled_mask", 0)
            .put("user_enabled_default", "True")
            .put("user_attribute_ignore", "default_project_id")
            .put("user_enabled_emulation", false)
            .put("user_enabled_emulation_use_group_config", false)
            .put("user_additional_attribute_mapping", "")
            .put("group_objectclass", "groupOfNames")
            .put("group_id_attribute", "cn")
            .put("group_name_attribute", "ou")
            .put("group_members_are_ids", false)
            .put("group_member_attribute", "member")
            .put("group_desc_attribute", "description")
            .put("group_attribute_ignore", "")
            .put("group_additional_attribute_mapping", "")
            .put("use_tls", false)
            .put("tls_req_cert", "demand")
            .put("use_pool", true)
            .put("pool_size", 10)
            .put("pool_retry_max", 3)
            .put("pool_retry_delay", 0.1)
            .put("pool_connection_timeout", -1)
            .put("pool_connection_lifetime", 600)
            .put("use_auth_pool", true)
            .put("auth_pool_size", 100)
            .put("auth_pool_connection_lifetime", 60);
    for (var unset :
        new String[] {
          "user",
          "debug_level",
          "chase_referrals",
          "user_tree_dn",
          "user_filter",
          "user_default_project_id_attribute",
          "user_enabled_emulation_dn",
          "group_tree_dn",
          "group_filter",
          "tls_cacertfile",
          "tls_cacertdir"
        }) {
      ldap.putNull(unset);
    }
    DEFAULTS.put("ldap", ldap);
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
