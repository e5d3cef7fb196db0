package welkin.identity.ldap;

import com.unboundid.ldap.sdk.DN;
import com.unboundid.ldap.sdk.Entry;
import com.unboundid.ldap.sdk.Filter;
import com.unboundid.ldap.sdk.LDAPConnection;
import com.unboundid.ldap.sdk.LDAPException;
import com.unboundid.ldap.sdk.LDAPSearchException;
import com.unboundid.ldap.sdk.RDN;
import com.unboundid.ldap.sdk.ResultCode;
import com.unboundid.ldap.sdk.SearchRequest;
import com.unboundid.ldap.sdk.SearchScope;
import com.unboundid.ldap.sdk.controls.SimplePagedResultsControl;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.core.Secret;
import welkin.identity.ldap.LdapSettings.Members;
import welkin.identity.ldap.LdapSettings.Tree;

/**
 * Users and groups of an LDAP directory (RFC 4511), read as keystone's LDAP driver reads them and
 * never written. Values go into filters as values, never as text.
 */
final class LdapDirectory implements AutoCloseable {
  /** Active Directory's LDAP_MATCHING_RULE_IN_CHAIN. */
  private static final String IN_CHAIN = "1.2.840.113556.1.4.1941";

  /** Attributes a mapping must not set: they are what a user or group is. */
  private static final Set<String> RESERVED =
      Set.of("id", "name", "domain_id", "enabled", "password", "links", "options");

  private static final int AT_ONCE = 200;

  /** Which of many values an attribute has: {@code member;range=0-1499}, {@code *} for the last. */
  private static final Pattern RANGE =
      Pattern.compile(";range=\\d{1,9}-(\\d{1,9}|\\*)", Pattern.CASE_INSENSITIVE);

  private final LdapSettings settings;
  private final LdapServer server;

  LdapDirectory(String name, LdapSettings settings, InstantSource clock) {
    this.settings = settings;
    this.server = new LdapServer(name, settings.server(), clock);
  }

  Optional<LdapUser> user(String id) {
    return users(equal(settings.users().id(), id)).stream().findFirst();
  }

  Optional<LdapUser> userNamed(String name) {
    return users(Filter.createEqualityFilter(settings.users().name(), name)).stream().findFirst();
  }

  List<LdapUser> users() {
    return users((Filter) null);
  }

  Optional<LdapGroup> group(String id) {
    return groups(equal(settings.groups().id(), id)).stream().findFirst();
  }

  Optional<LdapGroup> groupNamed(String name) {
    return groups(Filter.createEqualityFilter(settings.groups().name(), name)).stream().findFirst();
  }

  List<LdapGroup> groups() {
    return groups((Filter) null);
  }

  /** The groups that name a user as a member. */
  List<LdapGroup> groupsOf(LdapUser user) {
    var m = settings.members();
    var value = m.ids() ? user.id() : user.dn();
    return groups(
        m.nested()
            ? Filter.createExtensibleMatchFilter("member", IN_CHAIN, false, value)
            : Filter.createEqualityFilter(m.attribute(), value));
  }

  /** The users a group names; who is named and no user is left out. */
  List<LdapUser> membersOf(LdapGroup group) {
    if (settings.members().nested()) {
      return users(Filter.createExtensibleMatchFilter("memberOf", IN_CHAIN, false, group.dn()));
    }
    var named = allValues(group.dn(), settings.members().attribute());
    if (settings.members().ids()) {
      return usersOf(named);
    }
    var ids = new LinkedHashSet<String>();
    var out = new LinkedHashMap<String, LdapUser>();
    for (var dn : named) {
      var id = idIn(dn);
      if (id != null) {
        ids.add(id);
      } else {
        usersAt(dn).forEach(u -> out.put(u.id(), u));
      }
    }
    // of the same id elsewhere in the tree: not who was named
    var dns = named.stream().map(LdapDirectory::normal).collect(Collectors.toSet());
    for (var user : usersOf(ids)) {
      if (dns.contains(normal(user.dn()))) {
        out.put(user.id(), user);
      }
    }
    return List.copyOf(out.values());
  }

  /** Whether a user's password is this one. */
  boolean accepts(LdapUser user, Secret password) {
    return server.accepts(user.dn(), password);
  }

  private List<LdapUser> usersOf(Collection<String> ids) {
    var out = new ArrayList<LdapUser>();
    var all = List.copyOf(ids);
    for (int at = 0; at < all.size(); at += AT_ONCE) {
      out.addAll(
          users(
              Filter.createORFilter(
                  all.subList(at, Math.min(all.size(), at + AT_ONCE)).stream()
                      .map(id -> equal(settings.users().id(), id))
                      .toList())));
    }
    return out;
  }

  private List<LdapUser> usersAt(String dn) {
    if (!isBelow(dn, settings.users().dn())) {
      return List.of();
    }
    return asUsers(lookUp(dn, SearchScope.BASE, all(settings.users(), null), userAttributes()));
  }

  private List<LdapUser> users(Filter wanted) {
    return asUsers(
        lookUp(
            settings.users().dn(),
            settings.scope(),
            all(settings.users(), wanted),
            userAttributes()));
  }

  private List<LdapUser> asUsers(List<Entry> entries) {
    if (entries.isEmpty()) {
      return List.of();
    }
    var enabled = enabled(entries);
    var tree = settings.users();
    return read(
        entries,
        tree,
        e ->
            new LdapUser(
                id(e, tree),
                e.getDN(),
                value(e, tree.name()),
                enabled.test(e),
                tree.project() == null ? null : value(e, tree.project()),
                extra(e, tree, Set.of())));
  }

  private List<LdapGroup> groups(Filter wanted) {
    var tree = settings.groups();
    return read(
        lookUp(tree.dn(), settings.scope(), all(tree, wanted), attributes(tree)),
        tree,
        e -> {
          var about = tree.attributes().get("description");
          var text = about == null ? null : value(e, about);
          return new LdapGroup(
              id(e, tree),
              e.getDN(),
              value(e, tree.name()),
              text == null ? "" : text,
              extra(e, tree, Set.of("description")));
        });
  }

  /** An entry without an id or a name is none of ours. */
  private static <T> List<T> read(List<Entry> entries, Tree tree, Function<Entry, T> as) {
    var out = new ArrayList<T>();
    for (var e : entries) {
      var name = value(e, tree.name());
      if (name != null && !name.isBlank() && id(e, tree) != null) {
        out.add(as.apply(e));
      }
    }
    return out;
  }

  private static ObjectNode extra(Entry e, Tree tree, Set<String> without) {
    var out = Json.object();
    tree.attributes()
        .forEach(
            (shown, attribute) -> {
              var v =
                  RESERVED.contains(shown) || without.contains(shown) ? null : value(e, attribute);
              if (v != null) {
                out.put(shown, v);
              }
            });
    return out;
  }

  private Predicate<Entry> enabled(List<Entry> entries) {
    var how = settings.enabled();
    if (how.group() != null) {
      var members = enabledMembers(how.group(), entries);
      return e -> members.contains(how.group().ids() ? id(e, settings.users()) : normal(e.getDN()));
    }
    return e ->
        how.attribute() == null || Enablement.of(how, value(e, how.attribute())).isEnabled();
  }

  private Set<String> enabledMembers(Members group, List<Entry> entries) {
    var out = new HashSet<String>();
    if (entries.size() > 1) {
      allValues(group.dn(), group.attribute()).forEach(v -> out.add(group.ids() ? v : normal(v)));
      return out;
    }
    // a group of thousands need not come for one
    var one = entries.getFirst();
    var id = id(one, settings.users());
    var is =
        Filter.createEqualityFilter(
            group.attribute(), group.ids() && id != null ? id : one.getDN());
    if (!lookUp(group.dn(), SearchScope.BASE, is, SearchRequest.NO_ATTRIBUTES).isEmpty()) {
      out.add(group.ids() ? id : normal(one.getDN()));
    }
    return out;
  }

  /** All values of an attribute; Active Directory gives 1500 at once, and says which. */
  private Set<String> allValues(String dn, String attribute) {
    var out = new LinkedHashSet<String>();
    for (int from = 0; from >= 0; ) {
      var found =
          lookUp(
              dn,
              SearchScope.BASE,
              everything(),
              from == 0 ? attribute : attribute + ";range=" + from + "-*");
      int next = -1;
      for (var e : found) {
        out.addAll(values(e, attribute));
        for (var a : e.getAttributes()) {
          var range = RANGE.matcher(a.getName());
          if (a.getBaseName().equalsIgnoreCase(attribute) && range.find()) {
            out.addAll(values(e, a.getName()));
            next = range.group(1).equals("*") ? -1 : Integer.parseInt(range.group(1)) + 1;
          }
        }
      }
      from = next > from ? next : -1;
    }
    return out;
  }

  private String[] userAttributes() {
    var out = new LinkedHashSet<>(List.of(attributes(settings.users())));
    if (settings.users().project() != null) {
      out.add(settings.users().project());
    }
    if (settings.enabled().attribute() != null) {
      out.add(settings.enabled().attribute());
    }
    return out.toArray(String[]::new);
  }

  private static String[] attributes(Tree tree) {
    var out = new LinkedHashSet<String>();
    out.add(tree.id());
    out.add(tree.name());
    out.addAll(tree.attributes().values());
    return out.toArray(String[]::new);
  }

  private static Filter everything() {
    return Filter.createPresenceFilter("objectClass");
  }

  private static Filter all(Tree tree, Filter wanted) {
    var parts = new ArrayList<Filter>();
    if (tree.objectClass() != null) {
      parts.add(Filter.createEqualityFilter("objectClass", tree.objectClass()));
    }
    parts.add(Filter.createPresenceFilter(tree.id()));
    if (tree.filter() != null) {
      parts.add(tree.filter());
    }
    if (wanted != null) {
      parts.add(wanted);
    }
    return Filter.createANDFilter(parts);
  }

  private List<Entry> lookUp(String base, SearchScope scope, Filter filter, String... attributes) {
    var request = new SearchRequest(base, scope, filter, attributes);
    request.setDerefPolicy(settings.aliases());
    return server.lookUp(
        connection -> {
          try {
            return scope == SearchScope.BASE || settings.pageSize() == 0
                ? List.copyOf(connection.search(request).getSearchEntries())
                : paged(connection, request);
          } catch (LDAPSearchException e) {
            if (e.getResultCode().equals(ResultCode.NO_SUCH_OBJECT)) {
              return List.of();
            }
            throw e;
          }
        });
  }

  /** RFC 2696; all on one connection, which the cookie belongs to. */
  private List<Entry> paged(LDAPConnection connection, SearchRequest request) throws LDAPException {
    var out = new ArrayList<Entry>();
    var control = new SimplePagedResultsControl(settings.pageSize(), null);
    while (true) {
      request.setControls(control);
      var result = connection.search(request);
      out.addAll(result.getSearchEntries());
      var more = SimplePagedResultsControl.get(result);
      if (more == null || !more.moreResultsToReturn()) {
        return out;
      }
      control = new SimplePagedResultsControl(settings.pageSize(), more.getCookie());
    }
  }

  /** The id a DN tells by itself, when its first part is the id attribute of a user. */
  private String idIn(String dn) {
    try {
      var rdn = new DN(dn).getRDN();
      return rdn != null
              && rdn.getAttributeNames().length == 1
              && rdn.getAttributeNames()[0].equalsIgnoreCase(settings.users().id())
              && isBelow(dn, settings.users().dn())
          ? rdn.getAttributeValues()[0]
          : null;
    } catch (LDAPException e) {
      return null;
    }
  }

  private static boolean isBelow(String dn, String tree) {
    try {
      return new DN(dn).isDescendantOf(tree, false);
    } catch (LDAPException e) {
      return false;
    }
  }

  private static String normal(String dn) {
    try {
      return DN.normalize(dn);
    } catch (LDAPException e) {
      return dn.toLowerCase(Locale.ROOT);
    }
  }

  /** With several values of the id attribute, the one in the DN. */
  private static String id(Entry e, Tree tree) {
    var values = values(e, tree.id());
    if (values.size() < 2) {
      return values.isEmpty() || values.getFirst().isBlank() ? null : values.getFirst();
    }
    try {
      RDN rdn = e.getRDN();
      for (int i = 0; i < rdn.getAttributeNames().length; i++) {
        if (rdn.getAttributeNames()[i].equalsIgnoreCase(tree.id())) {
          return rdn.getAttributeValues()[i];
        }
      }
    } catch (LDAPException ignored) {
      // a DN that cannot be read names no id
    }
    return null;
  }

  private static String value(Entry e, String attribute) {
    var values = values(e, attribute);
    return values.isEmpty() ? null : values.getFirst();
  }

  private static List<String> values(Entry e, String attribute) {
    var a = e.getAttribute(attribute);
    var out = new ArrayList<String>();
    if (a != null) {
      for (var bytes : a.getValueByteArrays()) {
        var text = text(attribute, bytes);
        if (text != null && text.indexOf('\0') < 0) {
          out.add(text);
        }
      }
    }
    return out;
  }

  /** A text; 16 bytes that are none, or Active Directory's objectGUID, as a UUID. */
  private static String text(String attribute, byte[] bytes) {
    if (bytes.length == 16 && isGuid(attribute)) {
      return uuid(bytes);
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return bytes.length == 16 ? uuid(bytes) : null;
    }
  }

  private static boolean isGuid(String attribute) {
    return attribute.equalsIgnoreCase("objectGUID");
  }

  /** Its first three fields are little-endian. */
  private static String uuid(byte[] bytes) {
    var b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long high =
        (b.getInt() & 0xffffffffL) << 32 | (b.getShort() & 0xffffL) << 16 | b.getShort() & 0xffffL;
    return new UUID(high, b.order(ByteOrder.BIG_ENDIAN).getLong()).toString();
  }

  private static Filter equal(String attribute, String value) {
    if (isGuid(attribute)) {
      try {
        var id = UUID.fromString(value);
        long high = id.getMostSignificantBits();
        var b = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        b.putInt((int) (high >>> 32)).putShort((short) (high >>> 16)).putShort((short) high);
        b.order(ByteOrder.BIG_ENDIAN).putLong(id.getLeastSignificantBits());
        return Filter.createEqualityFilter(attribute, b.array());
      } catch (IllegalArgumentException e) {
        // not one: compared as it stands
      }
    }
    return Filter.createEqualityFilter(attribute, value);
  }

  @Override
  public void close() {
    server.close();
  }
}
