package welkin.placement;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.peers.Peers;

/**
 * The Placement API (1.39) as a typed client for these tests; Compute has its own words for it. The
 * verbs that bring a provider to a state read first, write only what differs, and try again when
 * somebody else was faster.
 *
 * <p>Faults carry the peer's status and code, e.g. 409 {@code placement.concurrent_update}.
 */
public final class PlacementPeer {
  private static final String BASE = "/placement";
  private static final String[] V = Peers.version("placement", "1.39");
  private static final int ATTEMPTS = 5;

  private final Peers peers;

  public PlacementPeer(Peers peers) {
    this.peers = peers;
  }

  /**
   * A resource provider.
   *
   * @param parent null for a root
   */
  public record Provider(String uuid, String name, int generation, String parent, String root) {}

  /**
   * How much of one resource class there is.
   *
   * @param maxUnit the most one allocation may take
   * @param ratio how often the same thing may be given away
   */
  public record Inventory(
      long total, long reserved, long minUnit, long maxUnit, long stepSize, double ratio) {
    /** All of it for one allocation, unit by unit. */
    public static Inventory of(long total, long reserved, double ratio) {
      return new Inventory(total, reserved, 1, total, 1, ratio);
    }
  }

  /**
   * What allocation candidates are asked for.
   *
   * @param resources resource class to amount
   * @param required each set is met by one of its traits
   * @param forbidden traits no provider may have
   * @param memberOf each set is met by one of its aggregates
   * @param forbiddenAggregates aggregates no provider may be in
   * @param inTree uuid of the one provider tree to look at, or null
   * @param limit at most so many, null for all
   */
  public record Request(
      Map<String, Long> resources,
      List<Set<String>> required,
      Set<String> forbidden,
      List<Set<String>> memberOf,
      Set<String> forbiddenAggregates,
      String inTree,
      Integer limit) {
    public static Request of(Map<String, Long> resources, Integer limit) {
      return new Request(resources, List.of(), Set.of(), List.of(), Set.of(), null, limit);
    }
  }

  /** Provider uuid to resource class to amount. */
  public record Candidate(Map<String, Map<String, Long>> allocations) {}

  /** What a provider has and gives of one resource class. */
  public record Room(long capacity, long used) {}

  public record Summary(
      String uuid, String parent, String root, Map<String, Room> resources, Set<String> traits) {}

  /** Candidates, and by uuid the providers that have a part in them. */
  public record Candidates(List<Candidate> list, Map<String, Summary> providers) {}

  /**
   * What a consumer has.
   *
   * @param generation null when it has nothing
   */
  public record Allocations(
      Map<String, Map<String, Long>> byProvider,
      String projectId,
      String userId,
      Integer generation,
      String type) {
    public boolean isEmpty() {
      return byProvider.isEmpty();
    }
  }

  /** The provider with this uuid, made when it is missing, renamed when its name is another. */
  public Provider ensureProvider(String uuid, String name, String parent) {
    var known = find(uuid);
    if (known == null) {
      var body = Peers.given(order("uuid", uuid, "name", name, "parent_provider_uuid", parent));
      try {
        return provider(peers.post(BASE + "/resource_providers", body, V));
      } catch (Fault f) {
        known = f.status() == 409 ? find(uuid) : null;
        if (known == null) {
          throw f;
        }
      }
    }
    return known.name().equals(name)
        ? known
        : provider(peers.put(path(uuid, ""), Map.of("name", name), V));
  }

  /** Null when there is none. */
  public Provider find(String uuid) {
    try {
      return provider(peers.get(path(uuid, ""), V));
    } catch (Fault f) {
      if (f.status() == 404) {
        return null;
      }
      throw f;
    }
  }

  /** Removes a provider; nothing happens when there is none. */
  public void deleteProvider(String uuid) {
    unlessMissing(() -> peers.delete(path(uuid, ""), V));
  }

  /** Brings the inventory of a provider to this and nothing else. */
  public void setInventory(String provider, Map<String, Inventory> wanted) {
    retrying(
        () -> {
          var now = peers.get(path(provider, "/inventories"), V);
          var all = Json.object();
          wanted.forEach(
              (name, i) ->
                  all.putObject(name)
                      .put("total", i.total())
                      .put("reserved", i.reserved())
                      .put("min_unit", i.minUnit())
                      .put("max_unit", i.maxUnit())
                      .put("step_size", i.stepSize())
                      .put("allocation_ratio", i.ratio()));
          if (!same(now.get("inventories"), wanted)) {
            peers.put(path(provider, "/inventories"), guarded(now, "inventories", all), V);
          }
        });
  }

  private static boolean same(JsonNode now, Map<String, Inventory> wanted) {
    if (now.size() != wanted.size()) {
      return false;
    }
    for (var e : wanted.entrySet()) {
      var n = now.get(e.getKey());
      if (n == null
          || !e.getValue()
              .equals(
                  new Inventory(
                      n.get("total").asLong(),
                      n.get("reserved").asLong(),
                      n.get("min_unit").asLong(),
                      n.get("max_unit").asLong(),
                      n.get("step_size").asLong(),
                      n.get("allocation_ratio").asDouble()))) {
        return false;
      }
    }
    return true;
  }

  /** Brings the traits of a provider to these; custom ones are made when they are missing. */
  public void setTraits(String provider, Collection<String> wanted) {
    retrying(
        () -> {
          var now = peers.get(path(provider, "/traits"), V);
          var names = new LinkedHashSet<>(wanted);
          if (!names.equals(texts(now.get("traits")))) {
            for (var name : names) {
              if (name.startsWith("CUSTOM_")) {
                peers.put(BASE + "/traits/" + name, null, V);
              }
            }
            peers.put(path(provider, "/traits"), guarded(now, "traits", names), V);
          }
        });
  }

  public Set<String> traits(String provider) {
    return texts(peers.get(path(provider, "/traits"), V).get("traits"));
  }

  /** Brings the aggregates of a provider to these uuids. */
  public void setAggregates(String provider, Collection<String> wanted) {
    retrying(
        () -> {
          var now = peers.get(path(provider, "/aggregates"), V);
          var uuids = new LinkedHashSet<>(wanted);
          if (!uuids.equals(texts(now.get("aggregates")))) {
            peers.put(path(provider, "/aggregates"), guarded(now, "aggregates", uuids), V);
          }
        });
  }

  public Set<String> aggregates(String provider) {
    return texts(peers.get(path(provider, "/aggregates"), V).get("aggregates"));
  }

  /** Makes a custom resource class unless it is there. */
  public void ensureResourceClass(String name) {
    peers.put(BASE + "/resource_classes/" + name, null, V);
  }

  public Candidates candidates(Request request) {
    var q = new StringBuilder(BASE).append("/allocation_candidates?resources=");
    char sep = 0;
    for (var e : request.resources().entrySet()) {
      if (sep != 0) {
        q.append(sep);
      }
      sep = ',';
      q.append(e.getKey()).append(':').append(e.getValue());
    }
    for (var any : request.required()) {
      q.append("&required=")
          .append(any.size() == 1 ? any.iterator().next() : "in:" + String.join(",", any));
    }
    if (!request.forbidden().isEmpty()) {
      q.append("&required=!").append(String.join(",!", request.forbidden()));
    }
    for (var any : request.memberOf()) {
      q.append("&member_of=in:").append(String.join(",", any));
    }
    if (!request.forbiddenAggregates().isEmpty()) {
      q.append("&member_of=!in:").append(String.join(",", request.forbiddenAggregates()));
    }
    if (request.inTree() != null) {
      q.append("&in_tree=").append(request.inTree());
    }
    if (request.limit() != null) {
      q.append("&limit=").append(request.limit());
    }
    var answer = peers.get(q.toString(), V);
    var list = new ArrayList<Candidate>();
    for (var one : answer.get("allocation_requests")) {
      list.add(new Candidate(byProvider(one.get("allocations"))));
    }
    var providers = new LinkedHashMap<String, Summary>();
    answer
        .get("provider_summaries")
        .forEachEntry((uuid, n) -> providers.put(uuid, summary(uuid, n)));
    return new Candidates(list, providers);
  }

  /**
   * Takes resources for a consumer that has none yet; claiming the same again is fine.
   *
   * @param type e.g. {@code INSTANCE} or {@code MIGRATION}
   * @throws Fault 409 when there is no room, or the consumer has something else
   */
  public void claim(
      String consumer,
      Map<String, Map<String, Long>> byProvider,
      String projectId,
      String userId,
      String type) {
    try {
      put(consumer, byProvider, projectId, userId, type, null);
    } catch (Fault f) {
      if (f.status() != 409 || !allocations(consumer).byProvider().equals(byProvider)) {
        throw f;
      }
    }
  }

  /** Replaces what a consumer has, at the generation that was read. */
  public void replace(String consumer, Map<String, Map<String, Long>> byProvider, Allocations had) {
    put(consumer, byProvider, had.projectId(), had.userId(), had.type(), had.generation());
  }

  private void put(
      String consumer,
      Map<String, Map<String, Long>> byProvider,
      String projectId,
      String userId,
      String type,
      Integer generation) {
    peers.put(
        BASE + "/allocations/" + consumer,
        claimBody(byProvider, projectId, userId, type, generation),
        V);
  }

  /** What one consumer shall have, for {@link #replaceAll}. */
  public record Wanted(
      Map<String, Map<String, Long>> byProvider,
      String projectId,
      String userId,
      String type,
      Integer generation) {}

  /** Replaces what several consumers have, all or none: how a resize moves what a server holds. */
  public void replaceAll(Map<String, Wanted> byConsumer) {
    var body = Json.object();
    byConsumer.forEach(
        (uuid, w) ->
            body.set(
                uuid,
                claimBody(w.byProvider(), w.projectId(), w.userId(), w.type(), w.generation())));
    peers.post(BASE + "/allocations", body, V);
  }

  private static JsonNode claimBody(
      Map<String, Map<String, Long>> byProvider,
      String projectId,
      String userId,
      String type,
      Integer generation) {
    var body = Json.object();
    var allocations = body.putObject("allocations");
    byProvider.forEach(
        (uuid, resources) -> allocations.putObject(uuid).set("resources", Json.tree(resources)));
    body.put("project_id", projectId);
    body.put("user_id", userId);
    body.put("consumer_type", type);
    body.put("consumer_generation", generation);
    return body;
  }

  public Allocations allocations(String consumer) {
    var n = peers.get(BASE + "/allocations/" + consumer, V);
    return new Allocations(
        byProvider(n.get("allocations")),
        Json.string(n, "project_id"),
        Json.string(n, "user_id"),
        n.has("consumer_generation") ? (Integer) n.get("consumer_generation").asInt() : null,
        Json.string(n, "consumer_type"));
  }

  /** Gives back all a consumer has; nothing happens when it has nothing. */
  public void release(String consumer) {
    unlessMissing(() -> peers.delete(BASE + "/allocations/" + consumer, V));
  }

  /** The consumers that have something of a provider, and what. */
  public Map<String, Map<String, Long>> allocationsOf(String provider) {
    return byProvider(peers.get(path(provider, "/allocations"), V).get("allocations"));
  }

  private static String path(String provider, String below) {
    return BASE + "/resource_providers/" + provider + below;
  }

  private static JsonNode guarded(JsonNode read, String name, Object value) {
    var body = Json.object();
    body.set("resource_provider_generation", read.get("resource_provider_generation"));
    body.set(name, Json.tree(value));
    return body;
  }

  private static void retrying(Runnable work) {
    for (int i = 1; ; i++) {
      try {
        work.run();
        return;
      } catch (Fault f) {
        if (i == ATTEMPTS || !f.code().equals("placement.concurrent_update")) {
          throw f;
        }
      }
    }
  }

  private static void unlessMissing(Runnable delete) {
    try {
      delete.run();
    } catch (Fault f) {
      if (f.status() != 404) {
        throw f;
      }
    }
  }

  private static Provider provider(JsonNode n) {
    return new Provider(
        n.get("uuid").stringValue(),
        n.get("name").stringValue(),
        n.get("generation").asInt(),
        Json.string(n, "parent_provider_uuid"),
        Json.string(n, "root_provider_uuid"));
  }

  private static Summary summary(String uuid, JsonNode n) {
    var resources = new LinkedHashMap<String, Room>();
    n.get("resources")
        .forEachEntry(
            (name, r) ->
                resources.put(name, new Room(r.get("capacity").asLong(), r.get("used").asLong())));
    return new Summary(
        uuid,
        Json.string(n, "parent_provider_uuid"),
        Json.string(n, "root_provider_uuid"),
        resources,
        texts(n.get("traits")));
  }

  private static Map<String, Map<String, Long>> byProvider(JsonNode n) {
    var out = new LinkedHashMap<String, Map<String, Long>>();
    n.forEachEntry(
        (uuid, one) -> {
          var amounts = new LinkedHashMap<String, Long>();
          one.get("resources").forEachEntry((name, v) -> amounts.put(name, v.asLong()));
          out.put(uuid, amounts);
        });
    return out;
  }

  private static Set<String> texts(JsonNode array) {
    var out = new LinkedHashSet<String>();
    array.forEach(n -> out.add(n.stringValue()));
    return out;
  }

  private static Map<String, Object> order(Object... pairs) {
    var out = new LinkedHashMap<String, Object>();
    for (int i = 0; i < pairs.length; i += 2) {
      out.put((String) pairs[i], pairs[i + 1]);
    }
    return out;
  }
}
