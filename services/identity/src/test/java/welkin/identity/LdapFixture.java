package welkin.identity;

import com.unboundid.ldap.listener.InMemoryDirectoryServer;
import com.unboundid.ldap.listener.InMemoryDirectoryServerConfig;
import com.unboundid.ldap.listener.InMemoryListenerConfig;
import com.unboundid.ldap.sdk.Attribute;
import com.unboundid.ldap.sdk.Entry;
import com.unboundid.ldap.sdk.LDAPConnection;
import com.unboundid.ldap.sdk.LDAPException;
import com.unboundid.ldap.sdk.LDAPURL;
import com.unboundid.ldap.sdk.Modification;
import com.unboundid.ldap.sdk.ModificationType;
import com.unboundid.ldap.sdk.schema.Schema;
import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import welkin.testkit.SlapdServer;

/** A directory with some people in it, on a server in memory or on OpenLDAP's. */
final class LdapFixture implements AutoCloseable {
  static final String SUFFIX = SlapdServer.SUFFIX;
  static final String PEOPLE = "ou=People," + SUFFIX;
  static final String TEAMS = "ou=Teams," + SUFFIX;

  private final String url;
  private final Runnable stop;
  private final Runnable resume;
  private final AutoCloseable end;
  private LDAPConnection root;

  private LdapFixture(String url, Runnable stop, Runnable resume, AutoCloseable end) {
    this.url = url;
    this.stop = stop;
    this.resume = resume;
    this.end = end;
    fill();
  }

  static LdapFixture inMemory() {
    try {
      var config = new InMemoryDirectoryServerConfig(SUFFIX);
      config.addAdditionalBindCredentials(SlapdServer.ROOT, SlapdServer.PASSWORD);
      config.setAuthenticationRequiredOperationTypes(com.unboundid.ldap.sdk.OperationType.SEARCH);
      config.setListenerConfigs(
          InMemoryListenerConfig.createLDAPConfig(
              "plain", InetAddress.getLoopbackAddress(), 0, null));
      config.setSchema(
          Schema.mergeSchemas(Schema.getDefaultStandardSchema(), new Schema(posixGroups())));
      var server = new InMemoryDirectoryServer(config);
      server.startListening();
      return new LdapFixture(
          "ldap://127.0.0.1:" + server.getListenPort(),
          () -> server.shutDown(true),
          () -> {
            try {
              server.startListening("plain");
            } catch (LDAPException e) {
              throw new IllegalStateException(e);
            }
          },
          () -> server.shutDown(true));
    } catch (LDAPException e) {
      throw new IllegalStateException(e);
    }
  }

  /** RFC 2307's, as far as it is needed. */
  private static Entry posixGroups() throws LDAPException {
    return new Entry(
        "cn=schema",
        new Attribute("objectClass", "top", "subschema"),
        new Attribute("cn", "schema"),
        new Attribute(
            "attributeTypes",
            "( 1.3.6.1.1.1.1.1 NAME 'gidNumber' EQUALITY integerMatch"
                + " SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )",
            "( 1.3.6.1.1.1.1.12 NAME 'memberUid' EQUALITY caseExactMatch"
                + " SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )"),
        new Attribute(
            "objectClasses",
            "( 1.3.6.1.1.1.2.2 NAME 'posixGroup' SUP top STRUCTURAL MUST ( cn $ gidNumber )"
                + " MAY memberUid )"));
  }

  static LdapFixture slapd() {
    var server = SlapdServer.start();
    return new LdapFixture(server.url(), server::kill, server::resume, server);
  }

  private void fill() {
    add(
        SUFFIX,
        "objectClass",
        "dcObject",
        "objectClass",
        "organization",
        "dc",
        "example",
        "o",
        "x");
    add(PEOPLE, "objectClass", "organizationalUnit", "ou", "People");
    add(TEAMS, "objectClass", "organizationalUnit", "ou", "Teams");
    person("alice", "Alice", "TRUE");
    person("bob", "Bob", "TRUE");
    person("carol", "Carol", "FALSE");
    team("ops", "alice", "bob");
    team("devs", "bob");
  }

  /** A person; {@code enabled} stands in {@code employeeType}, null for nothing. */
  void person(String uid, String name, String enabled) {
    var all = new java.util.ArrayList<String>();
    all.addAll(
        java.util.List.of(
            "objectClass",
            "inetOrgPerson",
            "uid",
            uid,
            "cn",
            name,
            "sn",
            name,
            "userPassword",
            password(uid),
            "mail",
            uid + "@example.org",
            "title",
            "Dr."));
    if (enabled != null) {
      all.add("employeeType");
      all.add(enabled);
    }
    add(dn(uid), all.toArray(String[]::new));
  }

  static String password(String uid) {
    return uid + "'s pass";
  }

  static String dn(String uid) {
    return new com.unboundid.ldap.sdk.RDN("uid", uid) + "," + PEOPLE;
  }

  static String teamDn(String cn) {
    return "cn=" + cn + "," + TEAMS;
  }

  void team(String cn, String... uids) {
    var all = new java.util.ArrayList<String>();
    all.addAll(
        java.util.List.of("objectClass", "groupOfNames", "cn", cn, "description", "of " + cn));
    for (var uid : uids) {
      all.add("member");
      all.add(dn(uid));
    }
    add(teamDn(cn), all.toArray(String[]::new));
  }

  private interface Work {
    void on(LDAPConnection c) throws LDAPException;
  }

  private void asRoot(Work work) {
    try {
      if (root == null || !root.isConnected()) {
        var at = new LDAPURL(url);
        root =
            new LDAPConnection(at.getHost(), at.getPort(), SlapdServer.ROOT, SlapdServer.PASSWORD);
      }
      work.on(root);
    } catch (LDAPException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Name, value, name, value ...; a name may come again. */
  void add(String dn, String... attributes) {
    var entry = new Entry(dn);
    for (int i = 0; i < attributes.length; i += 2) {
      entry.addAttribute(attributes[i], attributes[i + 1]);
    }
    asRoot(c -> c.add(entry));
  }

  void set(String dn, String attribute, String... values) {
    asRoot(c -> c.modify(dn, new Modification(ModificationType.REPLACE, attribute, values)));
  }

  void addTo(String dn, String attribute, String value) {
    asRoot(c -> c.modify(dn, new Modification(ModificationType.ADD, attribute, value)));
  }

  void takeFrom(String dn, String attribute, String value) {
    asRoot(c -> c.modify(dn, new Modification(ModificationType.DELETE, attribute, value)));
  }

  void delete(String dn) {
    asRoot(c -> c.delete(dn));
  }

  void move(String dn, String to) {
    asRoot(c -> c.modifyDN(dn, to, true));
  }

  /** It is away until {@link #resume}. */
  void stop() {
    root.close();
    stop.run();
  }

  void resume() {
    resume.run();
  }

  String url() {
    return url;
  }

  /** Options of group ldap, the usual ones and some more: name, value ... */
  Map<String, Object> options(Object... more) {
    var out = new LinkedHashMap<String, Object>();
    out.put("url", url);
    out.put("user", SlapdServer.ROOT);
    out.put("password", SlapdServer.PASSWORD);
    out.put("suffix", SUFFIX);
    out.put("user_tree_dn", PEOPLE);
    out.put("user_id_attribute", "uid");
    out.put("user_name_attribute", "uid");
    out.put("user_enabled_attribute", "employeeType");
    out.put("user_additional_attribute_mapping", "title:title");
    out.put("group_tree_dn", TEAMS);
    out.put("group_name_attribute", "cn");
    out.put("connection_timeout", 2);
    for (int i = 0; i < more.length; i += 2) {
      out.put((String) more[i], more[i + 1]);
    }
    return out;
  }

  @Override
  public void close() throws Exception {
    if (root != null) {
      root.close();
    }
    end.close();
  }
}
