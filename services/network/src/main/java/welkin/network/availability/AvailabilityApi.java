package welkin.network.availability;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.network.ip.AllocationStore;
import welkin.network.ip.Ip;
import welkin.network.network.NetworkStore;
import welkin.network.resource.Faults;
import welkin.network.resource.Resource;
import welkin.network.subnet.SubnetStore;
import welkin.store.Database;
import welkin.store.Sql;

/** {@code /network-ip-availabilities}. */
public final class AvailabilityApi {
  private final Database database;
  private final NetworkStore networks;
  private final SubnetStore subnets;

  public AvailabilityApi(Database database, NetworkStore networks, SubnetStore subnets) {
    this.database = database;
    this.networks = networks;
    this.subnets = subnets;
  }

  public Routes routes(Routes routes) {
    routes
        .get("/network-ip-availabilities", this::list)
        .policyOnTarget("get_network_ip_availability");
    routes
        .get("/network-ip-availabilities/{id}", this::show)
        .policyOnTarget("get_network_ip_availability");
    return routes;
  }

  private Answer list(Call call) {
    call.enforcedByFilter();
    var out = Json.object();
    var list = out.putArray("network_ip_availabilities");
    if (call.allows("get_network_ip_availability", call.own())) {
      database.read(
          sql -> {
            var page = networks.rows().all(sql).stream().filter(n -> matches(call, n)).toList();
            shown(sql, page, call.query("ip_version")).forEach(list::add);
            return null;
          });
    }
    return Answer.ok(out);
  }

  private static boolean matches(Call call, Resource n) {
    for (var e :
        Map.of(
                "network_id", n.id(),
                "network_name", n.name(),
                "tenant_id", n.projectId(),
                "project_id", n.projectId())
            .entrySet()) {
      var wanted = call.queryAll(e.getKey());
      if (!wanted.isEmpty() && !wanted.contains(e.getValue())) {
        return false;
      }
    }
    return true;
  }

  private Answer show(Call call) {
    call.enforcedByFilter();
    return database.read(
        sql -> {
          var n =
              networks
                  .find(sql, call.path("id"))
                  .filter(x -> call.allows("get_network_ip_availability", call.own()))
                  .orElseThrow(() -> Faults.notFound("Network", call.path("id")));
          return Answer.ok(
              Json.object()
                  .set("network_ip_availability", shown(sql, List.of(n), null).getFirst()));
        });
  }

  private List<ObjectNode> shown(Sql sql, List<Resource> page, String version) {
    var ids = page.stream().map(Resource::id).toList();
    var all =
        subnets.rows().whereIn(sql, "network_id", ids).stream()
            .filter(s -> version == null || version.equals(s.text("ip_version")))
            .sorted(Comparator.comparing(Resource::id))
            .toList();
    var used = AllocationStore.countBySubnet(sql, all.stream().map(Resource::id).toList());
    var byNetwork = all.stream().collect(Collectors.groupingBy(s -> s.text("network_id")));
    return page.stream()
        .map(n -> shown(n, byNetwork.getOrDefault(n.id(), List.of()), used))
        .toList();
  }

  private static ObjectNode shown(
      Resource network, List<Resource> subnets, Map<String, Long> used) {
    List<ObjectNode> parts = new ArrayList<>();
    var total = BigInteger.ZERO;
    long taken = 0;
    for (var s : subnets) {
      var size = BigInteger.ZERO;
      for (var p : s.list("allocation_pools")) {
        size =
            size.add(Ip.of(Json.string(p, "end")).value())
                .subtract(Ip.of(Json.string(p, "start")).value())
                .add(BigInteger.ONE);
      }
      long n = used.getOrDefault(s.id(), 0L);
      total = total.add(size);
      taken += n;
      var d = Json.object();
      d.put("subnet_id", s.id());
      d.put("subnet_name", s.name());
      d.put("ip_version", s.number("ip_version"));
      d.put("cidr", s.text("cidr"));
      d.put("total_ips", size);
      d.put("used_ips", n);
      parts.add(d);
    }
    var d = Json.object();
    d.put("network_id", network.id());
    d.put("network_name", network.name());
    d.put("tenant_id", network.projectId());
    d.put("project_id", network.projectId());
    d.put("total_ips", total);
    d.put("used_ips", taken);
    var list = d.putArray("subnet_ip_availability");
    parts.forEach(list::add);
    return d;
  }
}
