package welkin.compute.scheduler;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.peers.Peers;

/** Placement in Compute's words: hosts are providers, servers are consumers. */
public final class Placement {
  private static final String[] VERSION = Peers.version("placement", "1.36");
  private static final String ROOT = "/placement";
  private static final int CANDIDATES = 1000;
  private static final int WRITES = 4;

  private final Peers peers;

  public Placement(Peers peers) {
    this.peers = peers;
  }

  /** What a host has of one resource. */
  public record Inventory(long total, long reserved, double ratio, long maxUnit) {}

  /** What a candidate has of one resource. */
  public record Summary(long capacity, long used) {
    public long free() {
      return capacity - used;
    }
  }

  /** A provider that has room. */
  public record Candidate(
      String provider, Map<String, Summary> resources, Collection<String> traits) {}

  /** The id of the provider with a name. */
  public Optional<String> providerNamed(String name) {
    var found =
        peers
            .get(ROOT + "/resource_providers?name=" + Peers.encode(name), VERSION)
            .get("resource_providers");
    return found.isEmpty() ? Optional.empty() : Optional.of(Json.string(found.get(0), "uuid"));
  }

  /** Makes a host's provider, inventory and traits what they should be. */
  public void register(
      String id, String name, Map<String, Inventory> inventory, Collection<String> traits) {
    var path = ROOT + "/resource_providers/" + id;
    long generation;
    try {
      generation = peers.get(path, VERSION).get("generation").longValue();
    } catch (Fault f) {
      if (f.status() != 404) {
        throw f;
      }
      generation =
          peers
              .post(ROOT + "/resource_providers", Map.of("uuid", id, "name", name), VERSION)
              .get("generation")
              .longValue();
    }
    var inventories = new HashMap<String, Object>();
    inventory.forEach(
        (resource, i) ->
            inventories.put(
                resource,
                Map.of(
                    "total",
                    i.total(),
                    "reserved",
                    i.reserved(),
                    "allocation_ratio",
                    i.ratio(),
                    "min_unit",
                    1,
                    "max_unit",
                    i.maxUnit(),
                    "step_size",
                    1)));
    generation =
        peers
            .put(
                path + "/inventories",
                Map.of("resource_provider_generation", generation, "inventories", inventories),
                VERSION)
            .get("resource_provider_generation")
            .longValue();
    var known = known(traits);
    peers.put(
        path + "/traits",
        Map.of("resource_provider_generation", generation, "traits", known),
        VERSION);
  }

  /** The traits Placement knows; a host's own ones are made known. */
  private Collection<String> known(Collection<String> traits) {
    var asked = new TreeSet<>(traits);
    for (var t : asked) {
      if (t.startsWith("CUSTOM_")) {
        peers.put(ROOT + "/traits/" + t, null, VERSION);
      }
    }
    if (asked.isEmpty()) {
      return asked;
    }
    var names = new TreeSet<String>();
    peers
        .get(ROOT + "/traits?name=in:" + String.join(",", asked), VERSION)
        .get("traits")
        .forEach(t -> names.add(t.stringValue()));
    return names;
  }

  /** Forgets a host. */
  public void forget(String id) {
    try {
      peers.delete(ROOT + "/resource_providers/" + id, VERSION);
    } catch (Fault f) {
      if (f.status() != 404) {
        throw f;
      }
    }
  }

  /**
   * The providers that have room.
   *
   * @param required traits a provider must have
   * @param forbidden traits it must not have
   */
  public List<Candidate> candidates(
      Map<String, Long> resources, Collection<String> required, Collection<String> forbidden) {
    var query =
        new StringBuilder(ROOT)
            .append("/allocation_candidates?limit=")
            .append(CANDIDATES)
            .append("&resources=")
            .append(
                new TreeMap<>(resources)
                    .entrySet().stream()
                        .map(e -> e.getKey() + ":" + e.getValue())
                        .collect(Collectors.joining(",")));
    var traits = new ArrayList<>(required);
    forbidden.forEach(t -> traits.add("!" + t));
    if (!traits.isEmpty()) {
      query.append("&required=").append(Peers.encode(String.join(",", traits)));
    }
    var answer = peers.get(query.toString(), VERSION);
    var out = new ArrayList<Candidate>();
    for (var e : answer.get("provider_summaries").properties()) {
      out.add(candidate(e.getKey(), e.getValue()));
    }
    return out;
  }

  private static Candidate candidate(String id, JsonNode summary) {
    var resources = new HashMap<String, Summary>();
    for (var r : summary.get("resources").properties()) {
      resources.put(
          r.getKey(),
          new Summary(
              r.getValue().get("capacity").longValue(), r.getValue().get("used").longValue()));
    }
    var traits = new ArrayList<String>();
    summary.path("traits").forEach(t -> traits.add(t.stringValue()));
    return new Candidate(id, resources, traits);
  }

  /**
   * Takes a server's resources from a provider; taking the same again changes nothing.
   *
   * @return false when another was faster and there is no room any more
   */
  public boolean claim(
      String serverId,
      String projectId,
      String userId,
      String provider,
      Map<String, Long> resources) {
    try {
      put(serverId, projectId, userId, provider, resources);
      return true;
    } catch (Fault f) {
      if (f.status() != 409) {
        throw f;
      }
      var held = peers.get(ROOT + "/allocations/" + serverId, VERSION).get("allocations");
      if (held.has(provider)) {
        return true;
      }
      if (!held.isEmpty()) { // left by an attempt that was cut off
        release(serverId);
        return claim(serverId, projectId, userId, provider, resources);
      }
      return false;
    }
  }

  private void put(
      String serverId,
      String projectId,
      String userId,
      String provider,
      Map<String, Long> resources) {
    var body = new LinkedHashMap<String, Object>();
    body.put("allocations", Map.of(provider, Map.of("resources", resources)));
    body.put("project_id", projectId);
    body.put("user_id", userId);
    body.put("consumer_generation", null);
    peers.put(ROOT + "/allocations/" + serverId, body, VERSION);
  }

  /** Everyone who holds something of a provider; nobody of one that is not there. */
  public Set<String> consumers(String provider) {
    try {
      var out = new HashSet<String>();
      peers
          .get(ROOT + "/resource_providers/" + provider + "/allocations", VERSION)
          .get("allocations")
          .properties()
          .forEach(e -> out.add(e.getKey()));
      return out;
    } catch (Fault f) {
      if (f.status() == 404) {
        return Set.of();
      }
      throw f;
    }
  }

  /** What a consumer holds: amounts by resource, by provider. */
  public Map<String, Map<String, Long>> held(String consumer) {
    return amounts(peers.get(ROOT + "/allocations/" + consumer, VERSION).get("allocations"));
  }

  private static Map<String, Map<String, Long>> amounts(JsonNode allocations) {
    var out = new TreeMap<String, Map<String, Long>>();
    for (var provider : allocations.properties()) {
      var resources = new TreeMap<String, Long>();
      provider
          .getValue()
          .get("resources")
          .properties()
          .forEach(r -> resources.put(r.getKey(), r.getValue().longValue()));
      out.put(provider.getKey(), resources);
    }
    return out;
  }

  /**
   * Writes what several consumers hold from now on, all or none; a consumer that shall hold nothing
   * is forgotten. Writing the same again changes nothing.
   *
   * @throws Fault 409 when there is no room
   */
  public void assign(
      String projectId, String userId, Map<String, Map<String, Map<String, Long>>> byConsumer) {
    for (int attempt = 1; ; attempt++) {
      var body = new LinkedHashMap<String, Object>();
      for (var e : byConsumer.entrySet()) {
        var now = peers.get(ROOT + "/allocations/" + e.getKey(), VERSION);
        var has = amounts(now.get("allocations"));
        if (!has.equals(e.getValue())) {
          body.put(e.getKey(), claim(projectId, userId, e.getValue(), now));
        }
      }
      try {
        if (!body.isEmpty()) {
          peers.post(ROOT + "/allocations", body, VERSION);
        }
        return;
      } catch (Fault f) {
        if (f.status() != 409 || attempt >= WRITES) { // else somebody wrote since it was read
          throw f;
        }
      }
    }
  }

  private static Map<String, Object> claim(
      String projectId, String userId, Map<String, Map<String, Long>> wanted, JsonNode now) {
    var allocations = new LinkedHashMap<String, Object>();
    wanted.forEach((provider, amounts) -> allocations.put(provider, Map.of("resources", amounts)));
    var generation = now.get("consumer_generation");
    var out = new LinkedHashMap<String, Object>();
    out.put("allocations", allocations);
    out.put("project_id", projectId);
    out.put("user_id", userId);
    out.put(
        "consumer_generation",
        generation == null || generation.isNull() ? null : generation.longValue());
    return out;
  }

  /** Gives back what a server holds; nothing held is no fault. */
  public void release(String serverId) {
    try {
      peers.delete(ROOT + "/allocations/" + serverId, VERSION);
    } catch (Fault f) {
      if (f.status() != 404) {
        throw f;
      }
    }
  }

  /** Why a provider has no room: what is wanted beside what is free, and traits. */
  public String shortage(
      String provider,
      Map<String, Long> resources,
      Collection<String> required,
      Collection<String> forbidden) {
    var inventories =
        peers
            .get(ROOT + "/resource_providers/" + provider + "/inventories", VERSION)
            .get("inventories");
    var usages =
        peers.get(ROOT + "/resource_providers/" + provider + "/usages", VERSION).get("usages");
    var missing = new ArrayList<String>();
    new TreeMap<>(resources)
        .forEach(
            (resource, wanted) -> {
              var i = inventories.get(resource);
              if (i == null) {
                missing.add(resource + ": none here, " + wanted + " wanted");
                return;
              }
              long capacity =
                  (long)
                      ((i.get("total").longValue() - i.path("reserved").asLong(0))
                          * i.path("allocation_ratio").asDouble(1));
              long free = capacity - usages.path(resource).asLong(0);
              if (free < wanted) {
                missing.add(
                    resource + ": " + free + " of " + capacity + " free, " + wanted + " wanted");
              } else if (i.path("max_unit").asLong(Long.MAX_VALUE) < wanted) {
                missing.add(
                    resource
                        + ": at most "
                        + i.get("max_unit")
                        + " for one server, "
                        + wanted
                        + " wanted");
              }
            });
    if (!required.isEmpty() || !forbidden.isEmpty()) {
      var has = new TreeSet<String>();
      peers
          .get(ROOT + "/resource_providers/" + provider + "/traits", VERSION)
          .get("traits")
          .forEach(t -> has.add(t.stringValue()));
      required.stream().filter(t -> !has.contains(t)).forEach(t -> missing.add("no trait " + t));
      forbidden.stream().filter(has::contains).forEach(t -> missing.add("forbidden trait " + t));
    }
    return missing.isEmpty() ? "there was no room a moment ago" : String.join("; ", missing);
  }
}
