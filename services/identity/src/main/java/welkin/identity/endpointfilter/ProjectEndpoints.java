package welkin.identity.endpointfilter;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import welkin.identity.endpoint.Endpoint;
import welkin.identity.shared.ListRequest;
import welkin.store.Sql;

/** Which endpoints the projects see that were given some of their own. */
public final class ProjectEndpoints {
  private ProjectEndpoints() {}

  /**
   * Project id to endpoint ids; a project that has neither endpoints nor groups is not in it and
   * sees all, as with keystone's {@code return_all_endpoints_if_no_filter}.
   */
  public static Map<String, Set<String>> load(Sql sql, List<Endpoint> all) {
    Map<String, Set<String>> out = new HashMap<>();
    for (var a : EndpointFilterStore.endpointAssociations(sql)) {
      out.computeIfAbsent(a.projectId(), p -> new HashSet<>()).add(a.otherId());
    }
    var associations = EndpointFilterStore.groupAssociations(sql);
    if (!associations.isEmpty()) {
      Map<String, EndpointGroup> groups = new HashMap<>();
      EndpointFilterStore.groups(sql, ListRequest.all()).forEach(g -> groups.put(g.id(), g));
      for (var a : associations) {
        var own = out.computeIfAbsent(a.projectId(), p -> new HashSet<>());
        var group = groups.get(a.otherId());
        all.stream().filter(group::holds).forEach(e -> own.add(e.id()));
      }
    }
    return out;
  }
}
