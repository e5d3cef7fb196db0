package welkin.peers;

import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import welkin.core.Config;

/**
 * What a process plays of the cloud. {@code api,worker} makes it a control host for every service,
 * {@code identity:api} for that one alone, {@code compute,network-agent} a hypervisor's agents,
 * {@code all} everything on one machine.
 */
public final class Roles {
  /** A part to play; the first two are a service's, the others a host's. */
  public enum Role {
    /** Answers requests. */
    API,
    /** Runs workflows and reconcilers, hears the hosts. */
    WORKER,
    /** A hypervisor. */
    COMPUTE,
    /** The network of this host: L2, L3, DHCP, metadata. */
    NETWORK_AGENT;

    private static Role of(String word) {
      for (var role : values()) {
        if (role.word().equals(word)) {
          return role;
        }
      }
      var words = EnumSet.allOf(Role.class).stream().map(Role::word).toList();
      var near = Config.nearest(word, words);
      throw new IllegalArgumentException(
          "unknown role '"
              + word
              + "'"
              + (near == null ? "" : ", did you mean '" + near + "'?")
              + " The roles are all, "
              + String.join(", ", words)
              + ", and SERVICE:api, SERVICE:worker for one service alone.");
    }

    /** As people write it, {@code network-agent}. */
    public String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private boolean ofHost() {
      return this == COMPUTE || this == NETWORK_AGENT;
    }
  }

  private static final String EVERY = "";

  /** Everything, and nobody else works on these schemas. */
  public static final Roles ALL = parse(List.of("all"));

  /** Service type, or {@code ""} for every service and for the host, to what is played of it. */
  private final Map<String, Set<Role>> parts;

  private Roles(Map<String, Set<Role>> parts) {
    this.parts = parts;
  }

  /**
   * Reads roles as {@code --roles} and the option {@code roles} give them.
   *
   * @throws IllegalArgumentException for a word that is none, naming the nearest
   */
  public static Roles parse(Collection<String> words) {
    var parts = new TreeMap<String, Set<Role>>();
    for (var word : words) {
      var text = word.strip();
      int colon = text.indexOf(':');
      if (text.equals("all")) {
        parts.computeIfAbsent(EVERY, s -> EnumSet.noneOf(Role.class)).addAll(Set.of(Role.values()));
        continue;
      }
      var service = colon < 0 ? EVERY : text.substring(0, colon);
      var role = Role.of(text.substring(colon + 1));
      if (colon >= 0 && role.ofHost()) {
        throw new IllegalArgumentException(
            "role '" + text + "': " + role.word() + " is a host's, write '" + role.word() + "'");
      }
      parts.computeIfAbsent(service, s -> EnumSet.noneOf(Role.class)).add(role);
    }
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("no roles: name one, or leave the option out for 'all'");
    }
    return new Roles(parts);
  }

  private boolean plays(String service, Role role) {
    return parts.getOrDefault(EVERY, Set.of()).contains(role)
        || parts.getOrDefault(service, Set.of()).contains(role);
  }

  /** Whether this process answers requests for a service. */
  public boolean api(String service) {
    return plays(service, Role.API);
  }

  /** Whether this process does a service's work: workflows, reconcilers, what hosts say. */
  public boolean worker(String service) {
    return plays(service, Role.WORKER);
  }

  /** Whether this process has anything of a service, and so opens its schema. */
  public boolean has(String service) {
    return api(service) || worker(service);
  }

  /** Whether this host is a hypervisor. */
  public boolean compute() {
    return plays(EVERY, Role.COMPUTE);
  }

  /** Whether this process keeps the network of its host. */
  public boolean networkAgent() {
    return plays(EVERY, Role.NETWORK_AGENT);
  }

  /** Whether it plays any host. */
  public boolean host() {
    return compute() || networkAgent();
  }

  /** Whether it plays nothing of any service: agents alone, without a database. */
  public boolean hostOnly() {
    return parts.values().stream().allMatch(p -> p.stream().allMatch(Role::ofHost));
  }

  /** Whether it is the whole cloud in one process. */
  public boolean all() {
    return parts.getOrDefault(EVERY, Set.of()).size() == Role.values().length;
  }

  /** The services named one by one. */
  public Set<String> named() {
    var names = new TreeSet<>(parts.keySet());
    names.remove(EVERY);
    return names;
  }

  /** The words they were read from, in one order. */
  public List<String> words() {
    var out = new LinkedHashSet<String>();
    if (all()) {
      out.add("all");
    } else {
      parts.getOrDefault(EVERY, Set.of()).forEach(r -> out.add(r.word()));
    }
    parts.forEach(
        (service, roles) -> {
          if (!service.equals(EVERY)) {
            roles.forEach(r -> out.add(service + ":" + r.word()));
          }
        });
    return List.copyOf(out);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Roles r && parts.equals(r.parts);
  }

  @Override
  public int hashCode() {
    return Objects.hash(parts);
  }

  @Override
  public String toString() {
    return words().stream().collect(Collectors.joining(","));
  }
}
