package welkin.identity.catalog;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import welkin.core.Json;
import welkin.identity.endpoint.Endpoint;
import welkin.identity.endpoint.EndpointStore;
import welkin.identity.endpointfilter.ProjectEndpoints;
import welkin.identity.service.ServiceEntry;
import welkin.identity.service.ServiceStore;
import welkin.store.Sql;

/** The services and endpoints a token shows, as they were at one moment. */
public final class Catalog {
  private record Entry(ServiceEntry service, List<Endpoint> endpoints) {}

  private final List<Entry> entries = new ArrayList<>();

  /** Projects that see only some endpoints, with those endpoints. */
  private final Map<String, Set<String>> filtered;

  private final byte[] same;

  private Catalog(List<Entry> entries, Map<String, Set<String>> filtered) {
    this.entries.addAll(entries);
    this.filtered = filtered;
    boolean personal =
        entries.stream().flatMap(e -> e.endpoints.stream()).anyMatch(e -> personal(e.url()));
    same = personal ? null : Json.bytes(render(null, null));
  }

  public static Catalog load(Sql sql) {
    var endpoints = EndpointStore.all(sql);
    var entries = new ArrayList<Entry>();
    for (var s : ServiceStore.all(sql)) {
      if (s.enabled()) {
        entries.add(
            new Entry(
                s,
                endpoints.stream()
                    .filter(e -> e.enabled() && e.serviceId().equals(s.id()))
                    .toList()));
      }
    }
    return new Catalog(entries, ProjectEndpoints.load(sql, endpoints));
  }

  /**
   * The {@code catalog} of a token as JSON; shared by all tokens unless a URL names the project or
   * the user, or the project has endpoints of its own ({@code OS-EP-FILTER}).
   */
  public byte[] json(String userId, String projectId) {
    return same != null && !filtered.containsKey(String.valueOf(projectId))
        ? same
        : Json.bytes(render(userId, projectId));
  }

  private ArrayNode render(String userId, String projectId) {
    var out = Json.array();
    var only = filtered.get(String.valueOf(projectId));
    for (var entry : entries) {
      var shown =
          only == null
              ? entry.endpoints
              : entry.endpoints.stream().filter(e -> only.contains(e.id())).toList();
      if (only != null && shown.isEmpty()) {
        continue;
      }
      var service = out.addObject();
      var list = service.putArray("endpoints");
      for (var e : shown) {
        var url = url(e.url(), userId, projectId);
        if (url != null) {
          list.addObject()
              .put("id", e.id())
              .put("interface", e.serviceInterface())
              .put("region_id", e.regionId())
              .put("url", url)
              .put("region", e.regionId());
        }
      }
      service
          .put("id", entry.service.id())
          .put("type", entry.service.type())
          .put("name", entry.service.name());
    }
    return out;
  }

  private static boolean personal(String url) {
    return url.contains("$(") || url.contains("%(");
  }

  /** The URL with its variables filled in; null when it needs a project and there is none. */
  private static String url(String url, String userId, String projectId) {
    if (!personal(url)) {
      return url;
    }
    var open = url.replace("%(", "$(");
    if (projectId == null && (open.contains("$(project_id)s") || open.contains("$(tenant_id)s"))) {
      return null;
    }
    return open.replace("$(project_id)s", String.valueOf(projectId))
        .replace("$(tenant_id)s", String.valueOf(projectId))
        .replace("$(user_id)s", String.valueOf(userId));
  }
}
