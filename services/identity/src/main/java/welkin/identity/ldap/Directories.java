package welkin.identity.ldap;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Config;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.core.Secret;
import welkin.identity.domainconfig.DomainConfigs;
import welkin.identity.shared.Backend;
import welkin.store.Sql;

/**
 * Where each domain's users and groups come from: from here (SQL), or from an LDAP directory where
 * the domain's configuration says {@code identity.driver = ldap}, or the configuration file does
 * for the domain {@code default}.
 *
 * <p>The entries of a directory are mirrored as rows. Whoever is about to use such a row asks here
 * for a fresh one first: what is younger than {@code identity.cache_time} is fresh, and a login
 * always looks. When the directory is away, what was seen less than ten minutes ago (as long as
 * keystone's cache keeps it) is still used; after that the answer is 503.
 */
public final class Directories implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Directories.class);
  private static final String DEFAULT_DOMAIN = "default";
  private static final String LDAP = "ldap";
  private static final String SQL = "sql";
  private static final Duration USABLE = Duration.ofMinutes(10);

  private static final Config.Key<String> DRIVER =
      Config.Key.text(
          "identity.driver", SQL, "Where the domain default has its users: sql or ldap");
  private static final Config.Key<Integer> LIFE =
      Config.Key.number(
          "identity.cache_time", 60, "Seconds for which what a directory said is not asked again");

  private final Backend backend;
  private final Config config;
  private final DomainConfigs configs;
  private final Mirror mirror;
  private final Duration life;
  private final Cache<String, Optional<Mapping>> mappings;
  private final Cache<String, Seen> users = Caffeine.newBuilder().maximumSize(50_000).build();
  private final Cache<String, Seen> members = Caffeine.newBuilder().maximumSize(5_000).build();
  private final Map<String, Instant> listed = new ConcurrentHashMap<>();
  private volatile Map<String, Source> sources = Map.of();
  private Object built;

  /** When something was looked for last, and (of a user) how it was then. */
  private record Seen(Instant at, LdapUser user, AtomicBoolean asking) {}

  /**
   * A domain's directory.
   *
   * @param directory null when it cannot be
   * @param options what it was made from
   */
  private record Source(
      String domainId, LdapDirectory directory, String broken, Map<String, JsonNode> options) {
    LdapDirectory get() {
      if (directory == null) {
        throw new LdapAway(broken, null);
      }
      return directory;
    }
  }

  public Directories(Backend backend, Config config, DomainConfigs configs) {
    this.backend = backend;
    this.config = config;
    this.configs = configs;
    this.mirror = new Mirror(backend);
    this.life = Duration.ofSeconds(config.get(LIFE));
    this.mappings =
        Caffeine.newBuilder().maximumSize(50_000).expireAfterWrite(Duration.ofMinutes(1)).build();
    var driver = config.get(DRIVER);
    if (!driver.equals(SQL) && !driver.equals(LDAP)) {
      throw new IllegalArgumentException("identity.driver: '" + driver + "' is not sql or ldap");
    }
    if (driver.equals(LDAP)) {
      LdapSettings.of(LdapOptions.of(config)); // a mistake in the file stops the start
    }
    backend.database().<Void>read(this::reload);
    backend.epoch().onEnd(this::reload);
    configs.onChange(this::changed);
    backend
        .database()
        .change(
            sql -> {
              for (var domain : MirrorStore.domains(sql)) {
                if (!sources.containsKey(domain)) {
                  mirror.leave(sql, domain);
                }
              }
            });
  }

  /** The options it reads from the configuration file. */
  public static List<Config.Key<?>> options() {
    var out = new java.util.ArrayList<Config.Key<?>>(LdapOptions.keys());
    out.add(DRIVER);
    out.add(LIFE);
    return out;
  }

  private Void reload(Sql sql) {
    var all = configs.all(sql);
    if (all == built) {
      return null;
    }
    var was = sources;
    var now = new LinkedHashMap<String, Source>();
    wanted(all)
        .forEach(
            (domain, options) -> {
              var same = was.get(domain);
              now.put(
                  domain,
                  same != null && same.options.equals(options) ? same : open(domain, options));
            });
    sources = now;
    built = all;
    was.forEach(
        (domain, source) -> {
          if (now.get(domain) != source) {
            close(source);
            listed.clear();
            users.invalidateAll();
            members.invalidateAll();
          }
        });
    return null;
  }

  /** The options of each domain that has a directory. */
  private Map<String, Map<String, JsonNode>> wanted(Map<String, Map<String, ObjectNode>> all) {
    var wanted = new LinkedHashMap<String, Map<String, JsonNode>>();
    if (config.get(DRIVER).equals(LDAP)) {
      wanted.put(DEFAULT_DOMAIN, LdapOptions.of(config));
    }
    all.forEach(
        (domain, groups) -> {
          var driver = Json.string(groups.getOrDefault("identity", Json.object()), "driver");
          if (LDAP.equals(driver)) {
            var options = new HashMap<String, JsonNode>();
            groups.getOrDefault(LDAP, Json.object()).forEachEntry(options::put);
            wanted.put(domain, options);
          } else if (driver != null) {
            wanted.remove(domain);
          }
        });
    return wanted;
  }

  private Source open(String domainId, Map<String, JsonNode> options) {
    try {
      var settings = LdapSettings.of(options);
      return new Source(
          domainId,
          new LdapDirectory("domain " + domainId, settings, backend.clock()),
          null,
          options);
    } catch (IllegalArgumentException e) {
      log.warn(
          "domain {} has no users until its configuration is mended: {}", domainId, e.getMessage());
      return new Source(domainId, null, e.getMessage(), options);
    }
  }

  /** With every change of a domain's options, in its transaction. */
  private void changed(Sql sql, String domainId) {
    if (!wanted(configs.all(sql)).containsKey(domainId)) {
      mirror.leave(sql, domainId);
    }
    backend.epoch().end(sql);
  }

  /** Whether any domain has a directory. */
  public boolean any() {
    return !sources.isEmpty();
  }

  /** Whether a domain's users are in a directory. */
  public boolean has(String domainId) {
    return sources.containsKey(domainId);
  }

  /** Whether a user or group is an entry of its domain's directory. */
  public boolean owns(String id) {
    return source(id, false) != null;
  }

  /**
   * @throws Fault 403 for a domain whose users and groups are in a directory
   */
  public void mustBeWritable(String domainId) {
    if (has(domainId)) {
      throw readOnly();
    }
  }

  /**
   * @throws Fault 403 for an entry of a directory
   */
  public void mustNotOwn(String id) {
    if (owns(id)) {
      throw readOnly();
    }
  }

  /** Directories are read only, as with keystone since Ocata. */
  private static Fault readOnly() {
    return Fault.forbidden("LDAP does not support write operations");
  }

  /**
   * @throws Fault 403 when a membership would have to be written into a directory, or join an entry
   *     of one with what is not in it
   */
  public void mustBeJoinable(String groupId, String userId) {
    boolean group = owns(groupId);
    if (group != owns(userId)) {
      throw Fault.forbidden(
          "Group membership across backend boundaries is not allowed. Group in question is "
              + groupId
              + ", user is "
              + userId
              + ".");
    }
    if (group) {
      throw readOnly();
    }
  }

  private Optional<Mapping> mapping(String id, boolean remembered) {
    if (remembered) {
      var kept = mappings.getIfPresent(id);
      if (kept != null) {
        return kept;
      }
    }
    var found = backend.database().read(sql -> MirrorStore.find(sql, id));
    mappings.put(id, found);
    return found;
  }

  private Source source(String id, boolean remembered) {
    return sources.isEmpty()
        ? null
        : mapping(id, remembered).map(m -> sources.get(m.domainId())).orElse(null);
  }

  /**
   * Sees to it that the row of a user, and the groups it is in, are fresh.
   *
   * @throws Fault 503 when the directory is away, and was too long ago seen
   */
  public void freshUser(String id) {
    fresh(users, id, life, m -> lookAtUser(m));
  }

  /** The same for a login or a list of groups, which always look. */
  public void freshUserNow(String id) {
    fresh(users, id, Duration.ZERO, m -> lookAtUser(m));
  }

  /** Sees to it that the row of a group is fresh. */
  public void freshGroup(String id) {
    freshMembers(id);
  }

  /** Sees to it that it is known who is in a group. */
  public void freshMembers(String id) {
    fresh(members, id, life, m -> lookAtGroup(m));
  }

  /** The same for a list of them, which always looks. */
  public void freshMembersNow(String id) {
    fresh(members, id, Duration.ZERO, m -> lookAtGroup(m));
  }

  private void fresh(Cache<String, Seen> kept, String id, Duration young, Consumer<Mapping> look) {
    if (source(id, true) == null) {
      return;
    }
    var m = mapping(id, true).orElseThrow();
    var seen = kept.getIfPresent(id);
    boolean usable = false;
    if (seen != null) {
      var age = Duration.between(seen.at, backend.clock().instant());
      usable = age.compareTo(USABLE) < 0 && !young.isZero();
      if (age.compareTo(young) < 0 || usable && !seen.asking.compareAndSet(false, true)) {
        return; // fresh, or somebody is asking already
      }
    }
    try {
      look.accept(m);
    } catch (LdapAway e) {
      if (!usable) {
        throw e.fault(m.domainId());
      }
    } finally {
      if (seen != null) {
        seen.asking.set(false);
      }
    }
  }

  private void lookAtUser(Mapping m) {
    var directory = sources.get(m.domainId()).get();
    var found = directory.user(m.localId());
    mirror.one(m.domainId(), Kind.USER, m.localId(), found.map(Mirror::shown));
    keep(m.domainId(), directory, m.publicId(), found.orElse(null));
  }

  private void keep(String domainId, LdapDirectory directory, String id, LdapUser found) {
    if (found != null) {
      var groups = directory.groupsOf(found).stream().map(Mirror::shown).toList();
      mirror.groupsOf(id, mirror.some(domainId, Kind.GROUP, groups));
    }
    mappings.invalidate(id);
    users.put(id, new Seen(backend.clock().instant(), found, new AtomicBoolean()));
  }

  private void lookAtGroup(Mapping m) {
    var directory = sources.get(m.domainId()).get();
    var found = directory.group(m.localId());
    var id = mirror.one(m.domainId(), Kind.GROUP, m.localId(), found.map(Mirror::shown));
    if (id.isPresent()) {
      var in = directory.membersOf(found.orElseThrow()).stream().map(Mirror::shown).toList();
      mirror.membersOf(id.get(), mirror.some(m.domainId(), Kind.USER, in));
    }
    members.put(m.publicId(), new Seen(backend.clock().instant(), null, new AtomicBoolean()));
  }

  /**
   * The id of the user a directory has by a name, freshly looked for; names differ from each other
   * as the directory says, mostly not by case.
   *
   * @throws Fault 503 when the directory is away
   */
  public Optional<String> userNamed(String domainId, String name) {
    return named(sources.get(domainId), Kind.USER, name);
  }

  private Optional<String> named(Source source, Kind kind, String name) {
    if (source == null || name.isBlank()) {
      return Optional.empty();
    }
    try {
      var directory = source.get();
      if (kind == Kind.GROUP) {
        return mirror.named(
            source.domainId, kind, name, directory.groupNamed(name).map(Mirror::shown));
      }
      var found = directory.userNamed(name);
      var id = mirror.named(source.domainId, kind, name, found.map(Mirror::shown));
      id.ifPresent(i -> keep(source.domainId, directory, i, found.orElseThrow()));
      return id;
    } catch (LdapAway e) {
      throw e.fault(source.domainId);
    }
  }

  /**
   * Sees to it that a list of users is fresh.
   *
   * @param domainId the one domain it is of, null for all
   * @param name the one name it is of, or null
   * @param goesOn whether it is a further page: read from what the first one brought
   * @throws Fault 503 when the directory of the one domain is away; a list of all domains has what
   *     is known
   */
  public void freshUsers(String domainId, String name, boolean goesOn) {
    freshList(Kind.USER, domainId, name, goesOn);
  }

  /** Sees to it that a list of groups is fresh, as with {@link #freshUsers}. */
  public void freshGroups(String domainId, String name, boolean goesOn) {
    freshList(Kind.GROUP, domainId, name, goesOn);
  }

  private void freshList(Kind kind, String domainId, String name, boolean goesOn) {
    for (var source : sources.values()) {
      if (domainId != null && !domainId.equals(source.domainId)) {
        continue;
      }
      try {
        if (name != null) {
          named(source, kind, name);
        } else {
          list(source, kind, goesOn);
        }
      } catch (Fault away) {
        if (domainId != null || !away.isAway()) {
          throw away;
        }
      }
    }
  }

  private void list(Source source, Kind kind, boolean goesOn) {
    var key = kind + " " + source.domainId;
    var now = backend.clock().instant();
    var last = listed.get(key);
    if (goesOn && last != null && now.isBefore(last.plus(life))) {
      return;
    }
    try {
      var directory = source.get();
      mirror.all(
          source.domainId,
          kind,
          kind == Kind.USER
              ? directory.users().stream().map(Mirror::shown).toList()
              : directory.groups().stream().map(Mirror::shown).toList());
      listed.put(key, now);
    } catch (LdapAway e) {
      throw e.fault(source.domainId);
    }
  }

  /**
   * Sees to it that it is known who is in the groups that were given roles, as far as it can be.
   */
  public void freshAssignments() {
    if (!sources.isEmpty()) {
      for (var id : backend.database().read(MirrorStore::assignedGroups)) {
        try {
          freshMembers(id);
        } catch (Fault away) {
          log.debug("members of {} as they were seen last: {}", id, away.getMessage());
        }
      }
    }
  }

  /**
   * Whether a user of a directory, looked for just now, has a password: the directory says so.
   *
   * @throws Fault 503 when it is away, which says nothing of the password
   */
  public boolean accepts(String userId, Secret password) {
    var source = source(userId, true);
    var seen = users.getIfPresent(userId);
    if (source == null || seen == null || seen.user == null || password.reveal().isEmpty()) {
      return false;
    }
    try {
      return source.get().accepts(seen.user, password);
    } catch (LdapAway e) {
      throw e.fault(source.domainId);
    }
  }

  private static void close(Source source) {
    if (source.directory != null) {
      source.directory.close();
    }
  }

  @Override
  public void close() {
    sources.values().forEach(Directories::close);
  }
}
