package welkin.identity.ldap;

import com.unboundid.ldap.sdk.DereferencePolicy;
import com.unboundid.ldap.sdk.Filter;
import com.unboundid.ldap.sdk.LDAPException;
import com.unboundid.ldap.sdk.LDAPURL;
import com.unboundid.ldap.sdk.SearchScope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import welkin.core.Json;
import welkin.core.Secret;

/**
 * How a domain's directory is reached and read: the options of group {@code ldap}, checked.
 *
 * @param pageSize entries asked for at once; 0 for all
 */
record LdapSettings(
    Server server,
    SearchScope scope,
    int pageSize,
    DereferencePolicy aliases,
    Tree users,
    Tree groups,
    Enabled enabled,
    Members members) {

  /**
   * @param account DN that looks up, null for nobody
   * @param connect how long a connection may take to be made
   * @param answer how long an answer may take
   * @param pool for looking up; size 0 for none kept
   * @param logins for binding as users; size 0 for none kept
   */
  record Server(
      List<LDAPURL> urls,
      boolean randomize,
      String account,
      Secret password,
      boolean referrals,
      boolean startTls,
      boolean anyCertificate,
      String caFile,
      String caFolder,
      Duration connect,
      Duration answer,
      Pool pool,
      Pool logins) {}

  record Pool(int size, Duration life) {}

  /**
   * Where entries of one kind stand, and how they are read.
   *
   * @param filter what entries must match, null for nothing more than their class
   * @param attributes what is shown, by the attribute that holds it
   * @param project attribute with a default project's id, null when it is not read
   */
  record Tree(
      String dn,
      Filter filter,
      String objectClass,
      String id,
      String name,
      String project,
      Map<String, String> attributes) {}

  /**
   * How a user is known to be enabled.
   *
   * @param attribute null when nothing is read: everyone is
   * @param group the group of those who are, null for none
   */
  record Enabled(String attribute, boolean invert, int mask, String missing, Members group) {}

  /**
   * How a group tells who is in it.
   *
   * @param dn the one group, null for any
   */
  record Members(String dn, String attribute, boolean ids, boolean nested) {}

  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration ANSWER = Duration.ofSeconds(10);

  /**
   * @param given what is set, by option
   * @throws IllegalArgumentException naming an option whose value cannot be
   */
  static LdapSettings of(Map<String, JsonNode> given) {
    return new Reader(given).settings();
  }

  /** Reads options as clients send them: numbers and flags as texts, too. */
  private static final class Reader {
    private final Map<String, JsonNode> given = new LinkedHashMap<>();

    Reader(Map<String, JsonNode> given) {
      LdapOptions.defaults().forEachEntry(this.given::put);
      this.given.putAll(given);
    }

    LdapSettings settings() {
      var suffix = text("suffix");
      var userDn = or(text("user_tree_dn"), "ou=Users," + suffix);
      var groupDn = or(text("group_tree_dn"), "ou=UserGroups," + suffix);
      var member = or(text("group_member_attribute"), "member");
      boolean ids = flag("group_members_are_ids");
      var ignored = list("user_attribute_ignore");
      return new LdapSettings(
          server(),
          choice("query_scope", Map.of("one", SearchScope.ONE, "sub", SearchScope.SUB)),
          number("page_size"),
          choice(
              "alias_dereferencing",
              Map.of(
                  "default", DereferencePolicy.NEVER,
                  "never", DereferencePolicy.NEVER,
                  "searching", DereferencePolicy.SEARCHING,
                  "finding", DereferencePolicy.FINDING,
                  "always", DereferencePolicy.ALWAYS)),
          tree(
              "user",
              userDn,
              ignored.contains("default_project_id")
                  ? null
                  : text("user_default_project_id_attribute"),
              Map.of("email", "user_mail_attribute", "description", "user_description_attribute"),
              ignored),
          tree(
              "group",
              groupDn,
              null,
              Map.of("description", "group_desc_attribute"),
              list("group_attribute_ignore")),
          enabled(userDn, ignored.contains("enabled"), member, ids),
          new Members(null, member, ids, flag("group_ad_nesting")));
    }

    private Server server() {
      var urls = new ArrayList<LDAPURL>();
      boolean startTls = flag("use_tls");
      for (var url : or(text("url"), "").strip().split("[\\s,]+")) {
        try {
          var one = new LDAPURL(url);
          if (!one.getScheme().equals("ldap") && !one.getScheme().equals("ldaps")) {
            throw wrong("url", url, "an ldap:// or ldaps:// URL");
          }
          if (startTls && one.getScheme().equals("ldaps")) {
            throw wrong("use_tls", "true", "for ldap:// only; ldaps:// has TLS from the start");
          }
          urls.add(one);
        } catch (LDAPException e) {
          throw wrong("url", url, "an ldap:// or ldaps:// URL");
        }
      }
      int seconds = number("connection_timeout");
      int pooled = number("pool_connection_timeout");
      boolean use = flag("use_pool");
      var password = text(LdapOptions.SECRET);
      return new Server(
          List.copyOf(urls),
          flag("randomize_urls"),
          text("user"),
          password == null ? null : Secret.of(password),
          text("chase_referrals") != null && flag("chase_referrals"),
          startTls,
          choice("tls_req_cert", Map.of("demand", false, "allow", true, "never", true)),
          text("tls_cacertfile"),
          text("tls_cacertdir"),
          pooled > 0
              ? Duration.ofSeconds(pooled)
              : seconds > 0 ? Duration.ofSeconds(seconds) : CONNECT,
          seconds > 0 ? Duration.ofSeconds(seconds) : ANSWER,
          pool(use, "pool_size", "pool_connection_lifetime"),
          pool(use && flag("use_auth_pool"), "auth_pool_size", "auth_pool_connection_lifetime"));
    }

    private Pool pool(boolean use, String size, String life) {
      return new Pool(
          use ? Math.max(1, number(size)) : 0, Duration.ofSeconds(Math.max(1, number(life))));
    }

    private Tree tree(
        String kind, String dn, String project, Map<String, String> known, List<String> ignored) {
      var shown = new LinkedHashMap<String, String>();
      known.forEach(
          (name, option) -> {
            if (!ignored.contains(name) && text(option) != null) {
              shown.put(name, text(option));
            }
          });
      for (var pair : list(kind + "_additional_attribute_mapping")) {
        var parts = pair.split(":");
        if (parts.length != 2 || parts[0].isBlank() || parts[1].isBlank()) {
          throw wrong(
              kind + "_additional_attribute_mapping", pair, "ldap_attribute:shown_attribute");
        }
        shown.put(parts[1].strip(), parts[0].strip());
      }
      return new Tree(
          dn,
          filter(kind + "_filter"),
          text(kind + "_objectclass"),
          or(text(kind + "_id_attribute"), "cn"),
          must(kind + "_name_attribute"),
          project,
          shown);
    }

    private Enabled enabled(String userDn, boolean ignored, String member, boolean ids) {
      int mask = number("user_enabled_mask");
      boolean emulated = flag("user_enabled_emulation") && !ignored;
      boolean asGroups = flag("user_enabled_emulation_use_group_config");
      var group =
          new Members(
              or(text("user_enabled_emulation_dn"), "cn=enabled_users," + userDn),
              asGroups ? member : "member",
              asGroups && ids,
              false);
      var attribute = text("user_enabled_attribute");
      return new Enabled(
          ignored || emulated ? null : attribute,
          flag("user_enabled_invert"),
          mask,
          or(text("user_enabled_default"), "True"),
          emulated ? group : null);
    }

    private Filter filter(String option) {
      var text = text(option);
      try {
        return text == null ? null : Filter.create(text);
      } catch (LDAPException e) {
        throw wrong(option, text, "an LDAP filter, e.g. (memberOf=cn=cloud,ou=groups,dc=example)");
      }
    }

    /** Null when it is not set, or empty. */
    private String text(String option) {
      var v = given.get(option);
      if (v == null || v.isNull()) {
        return null;
      }
      var text = v.isValueNode() ? v.asString() : Json.text(v);
      return text.isBlank() ? null : text;
    }

    private String must(String option) {
      var v = text(option);
      if (v == null) {
        throw wrong(option, "", "the name of an attribute");
      }
      return v;
    }

    private int number(String option) {
      var v = text(option);
      try {
        return v == null ? 0 : Integer.parseInt(v.strip());
      } catch (NumberFormatException e) {
        throw wrong(option, v, "a whole number");
      }
    }

    private boolean flag(String option) {
      var v = text(option);
      return switch (v == null ? "false" : v.strip().toLowerCase(Locale.ROOT)) {
        case "true", "yes", "on", "1" -> true;
        case "false", "no", "off", "0" -> false;
        default -> throw wrong(option, v, "true or false");
      };
    }

    private List<String> list(String option) {
      var v = given.get(option);
      var out = new ArrayList<String>();
      if (v != null && v.isArray()) {
        v.forEach(one -> out.add(one.asString().strip()));
      } else if (text(option) != null) {
        for (var one : text(option).split(",")) {
          out.add(one.strip());
        }
      }
      out.removeIf(String::isEmpty);
      return out;
    }

    private <T> T choice(String option, Map<String, T> choices) {
      var v = String.valueOf(text(option)).toLowerCase(Locale.ROOT);
      if (!choices.containsKey(v)) {
        throw wrong(
            option, v, "one of " + String.join(", ", choices.keySet().stream().sorted().toList()));
      }
      return choices.get(v);
    }

    private static String or(String text, String otherwise) {
      return text == null ? otherwise : text;
    }

    private static IllegalArgumentException wrong(String option, String value, String wanted) {
      return new IllegalArgumentException("ldap." + option + ": '" + value + "' is not " + wanted);
    }
  }
}
