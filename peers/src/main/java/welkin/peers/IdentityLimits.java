package welkin.peers;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import tools.jackson.databind.JsonNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.store.Quotas;
import welkin.store.UnifiedLimits;

/**
 * The limits a service enforces for Identity, as upstream's oslo.limit does: registered limits of
 * the service in its region, a project's own, and with the strict two-level model those of the
 * project's domain, which bound the sum over its projects. What was answered is good for a few
 * seconds.
 */
public final class IdentityLimits implements UnifiedLimits {
  private static final Duration GOOD = Duration.ofSeconds(5);
  private static final int PROJECTS_MAX = 10_000;

  private record Known(Bounds bounds, Instant until) {}

  private final Peers peers;
  private final InstantSource clock;
  private final String type;
  private final Cache<String, Known> known =
      Caffeine.newBuilder().maximumSize(PROJECTS_MAX).build();

  /**
   * @param type of the service whose limits these are, e.g. {@code compute}
   */
  public IdentityLimits(Peers peers, InstantSource clock, String type) {
    this.peers = peers;
    this.clock = clock;
    this.type = type;
  }

  /**
   * By a service's option.
   *
   * @param driver {@code local}, where limits are the service's own, or {@code unified}
   * @return null for local ones
   * @throws IllegalArgumentException for another word
   */
  public static IdentityLimits chosen(Platform platform, String type, String driver) {
    return switch (driver) {
      case "local" -> null;
      case "unified" -> new IdentityLimits(platform.peers(), platform.clock(), type);
      default ->
          throw new IllegalArgumentException(
              "The quota driver of " + type + " is '" + driver + "'; local and unified are known");
    };
  }

  @Override
  public Bounds known(String projectId) {
    var k = known.getIfPresent(projectId);
    if (k == null || !clock.instant().isBefore(k.until)) {
      throw new Unknown(projectId);
    }
    return k.bounds;
  }

  @Override
  public void ask(String projectId) {
    var service = first("/v3/services?type=" + type, "services", "service of type " + type);
    var id = Json.string(service, "id");
    var endpoint =
        first(
            "/v3/endpoints?interface=public&service_id=" + Peers.encode(id),
            "endpoints",
            "public endpoint of the service of type " + type);
    var region = Json.string(endpoint, "region_id");
    var registered = limits("registered_limits", "default_limit", id, region, "");
    if (projectId.equals(Quotas.EVERYONE)) {
      keep(projectId, new Bounds(registered, Map.of(), null, Map.of(), List.of()));
      return;
    }
    var own =
        limits("limits", "resource_limit", id, region, "&project_id=" + Peers.encode(projectId));
    var model = Json.string(peers.get("/v3/limits/model").path("model"), "name");
    keep(
        projectId,
        "strict_two_level".equals(model)
            ? hierarchy(projectId, registered, own, id, region)
            : new Bounds(registered, own, null, Map.of(), List.of()));
  }

  private Bounds hierarchy(
      String projectId,
      Map<String, Long> registered,
      Map<String, Long> own,
      String serviceId,
      String region) {
    JsonNode project;
    try {
      project = peers.get("/v3/projects/" + Peers.encode(projectId)).path("project");
    } catch (Fault f) {
      if (f.status() != 404) {
        throw f;
      }
      return new Bounds(registered, own, null, Map.of(), List.of()); // its last things go
    }
    var domain = Json.string(project, "domain_id");
    var shared =
        limits("limits", "resource_limit", serviceId, region, "&domain_id=" + Peers.encode(domain));
    var tree = new ArrayList<String>();
    peers
        .get("/v3/projects?domain_id=" + Peers.encode(domain))
        .path("projects")
        .forEach(p -> tree.add(Json.string(p, "id")));
    return new Bounds(registered, own, domain, shared, tree);
  }

  /** By resource; one for the region counts more than one for every region. */
  private Map<String, Long> limits(
      String noun, String field, String serviceId, String region, String filter) {
    var out = new HashMap<String, Long>();
    var list =
        peers.get("/v3/" + noun + "?service_id=" + Peers.encode(serviceId) + filter).path(noun);
    for (boolean ours : new boolean[] {false, true}) {
      for (var l : list) {
        var where = Json.string(l, "region_id");
        if (ours ? where != null && Objects.equals(where, region) : where == null) {
          out.put(Json.string(l, "resource_name"), l.path(field).asLong(0));
        }
      }
    }
    return Map.copyOf(out);
  }

  private JsonNode first(String path, String noun, String what) {
    var list = peers.get(path).path(noun);
    if (list.isEmpty()) {
      throw Fault.unavailable("Limits cannot be looked up: Identity has no " + what + ".", 30);
    }
    return list.get(0);
  }

  private void keep(String projectId, Bounds bounds) {
    known.put(projectId, new Known(bounds, clock.instant().plus(GOOD)));
  }
}
