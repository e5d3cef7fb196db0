package welkin.identity.ldap;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Config;
import welkin.core.Json;

/**
 * The options of group {@code ldap}, with keystone's names and defaults: the configuration file's
 * for the domain {@code default}, and what any other domain may set for itself.
 */
public final class LdapOptions {
  /** Kept, and never shown. */
  public static final String SECRET = "password";

  private static final Map<String, Option> ALL = new LinkedHashMap<>();

  private record Option(String name, Object fallback, String help) {
    /** An option without a default is a text, empty where it is not set. */
    Config.Key<?> key() {
      var path = "ldap." + name;
      return switch (fallback) {
        case Integer i -> Config.Key.number(path, i, help);
        case Boolean b -> Config.Key.flag(path, b, help);
        case Double d -> Config.Key.decimal(path, d, help);
        case null, default ->
            Config.Key.text(path, fallback == null ? "" : fallback.toString(), help);
      };
    }
  }

  static {
    add(
        "url",
        "ldap://localhost",
        "Where the directory answers; several, tried in turn, by commas");
    add("randomize_urls", false, "Whether each process tries the servers in an order of its own");
    add("user", null, "DN of the account that looks up; empty to look up without one");
    add(SECRET, null, "That account's password");
    add(
        "suffix",
        "cn=example,cn=com",
        "What user_tree_dn and group_tree_dn stand below by default");
    add("query_scope", "one", "one: entries just below a tree's DN, sub: all below it");
    add("page_size", 0, "Entries asked for at once, 0 for all; AD gives no more than 1000");
    add("alias_dereferencing", "default", "never, searching, finding, always; default is never");
    add("debug_level", null, "Of python-ldap; taken and not used");
    add("chase_referrals", null, "Whether referrals to other servers are followed; false if empty");
    add("user_tree_dn", null, "What users stand below; empty for ou=Users and the suffix");
    add("user_filter", null, "An LDAP filter that users must match, too");
    add("user_objectclass", "inetOrgPerson", "Object class of users");
    add("user_id_attribute", "cn", "What a user's id is made of; one value that never changes");
    add("user_name_attribute", "sn", "The name a user logs in with");
    add("user_mail_attribute", "mail", "Shown as email");
    add("user_description_attribute", "description", "Shown as description");
    add("user_pass_attribute", "userPassword", "Taken and not used: a login is a bind");
    add("user_enabled_attribute", "enabled", "Says whether a user may log in");
    add("user_enabled_invert", false, "The attribute says that a user is locked");
    add("user_enabled_mask", 0, "Bit of the attribute that says locked, 2 with AD; 0 for none");
    add("user_enabled_default", "True", "Where the attribute is missing; 512 with AD's mask");
    add("user_attribute_ignore", "default_project_id", "Attributes that are not read, by commas");
    add("user_default_project_id_attribute", null, "Holds the id of a user's default project");
    add("user_enabled_emulation", false, "Who is in user_enabled_emulation_dn is enabled");
    add("user_enabled_emulation_dn", null, "Empty for cn=enabled_users below the users' DN");
    add("user_enabled_emulation_use_group_config", false, "It is a group as group_* tell");
    add("user_additional_attribute_mapping", "", "More of them: ldap_name:shown_name, by commas");
    add("group_tree_dn", null, "What groups stand below; empty for ou=UserGroups and the suffix");
    add("group_filter", null, "An LDAP filter that groups must match, too");
    add("group_objectclass", "groupOfNames", "Object class of groups");
    add("group_id_attribute", "cn", "What a group's id is made of; one value that never changes");
    add("group_name_attribute", "ou", "A group's name");
    add("group_member_attribute", "member", "Names a group's members");
    add("group_members_are_ids", false, "Members are ids (posixGroup), not DNs");
    add("group_desc_attribute", "description", "Shown as description");
    add("group_attribute_ignore", "", "Attributes that are not read, by commas");
    add("group_additional_attribute_mapping", "", "More of them: ldap_name:shown_name, by commas");
    add("group_ad_nesting", false, "Groups in groups, by AD's matching rule in chain");
    add("tls_cacertfile", null, "CA certificates (PEM); empty for those of the Java runtime");
    add("tls_cacertdir", null, "A folder of such files");
    add("use_tls", false, "StartTLS on ldap:// before anything is said");
    add("tls_req_cert", "demand", "demand: a good certificate; allow, never: any");
    add("connection_timeout", -1, "Seconds to connect and for an answer; -1 for 5 and 10");
    add("use_pool", true, "Connections are kept");
    add("pool_size", 10, "Connections kept to look up");
    add("pool_retry_max", 3, "Taken and not used: a broken connection is replaced once");
    add("pool_retry_delay", 0.1, "Taken and not used");
    add("pool_connection_timeout", -1, "Seconds to connect, where set");
    add("pool_connection_lifetime", 600, "Seconds after which a connection is made anew");
    add("use_auth_pool", true, "Connections for logins are kept, too");
    add("auth_pool_size", 100, "How many at most");
    add("auth_pool_connection_lifetime", 60, "Seconds after which one is made anew");
  }

  private LdapOptions() {}

  private static void add(String name, Object fallback, String help) {
    ALL.put(name, new Option(name, fallback, help));
  }

  /** Every option that may be shown, with its default; null where it has none. */
  public static ObjectNode defaults() {
    var out = Json.object();
    ALL.forEach(
        (name, option) -> {
          if (!name.equals(SECRET)) {
            out.set(name, Json.tree(option.fallback));
          }
        });
    return out;
  }

  /** The options as the configuration file has them. */
  public static List<Config.Key<?>> keys() {
    var out = new ArrayList<Config.Key<?>>();
    ALL.values().forEach(o -> out.add(o.key()));
    return out;
  }

  /** What the configuration file says, or the defaults. */
  static Map<String, JsonNode> of(Config config) {
    var out = new LinkedHashMap<String, JsonNode>();
    ALL.values().forEach(o -> out.put(o.name, Json.tree(config.get(o.key()))));
    return out;
  }
}
