package welkin.compute.hypervisor;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;
import welkin.compute.api.Links;
import welkin.compute.host.Host;
import welkin.compute.host.Hosts;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Paging;
import welkin.http.Routes;
import welkin.store.Database;

/** {@code /os-hypervisors}: the hosts as machines, and how full they are. */
public final class HypervisorApi {
  private static final String RULE = "os_compute_api:os-hypervisors:";
  private static final int PAGE_MAX = 1000;

  private final Database database;
  private final Hosts hosts;
  private final int reservedRamMb;

  /**
   * @param reservedRamMb memory each host keeps for itself; upstream counts it as used
   */
  public HypervisorApi(Database database, Hosts hosts, int reservedRamMb) {
    this.database = database;
    this.hosts = hosts;
    this.reservedRamMb = reservedRamMb;
  }

  public Routes routes() {
    var r = new Routes("/v2.1");
    r.get("/os-hypervisors", c -> list(c, false)).policy(RULE + "list").summary("The hypervisors.");
    r.get("/os-hypervisors/detail", c -> list(c, true))
        .policy(RULE + "list-detail")
        .summary("The hypervisors and how full they are.");
    r.get("/os-hypervisors/statistics", this::statistics)
        .policy(RULE + "statistics")
        .until(2, 87)
        .summary("Sums over all hypervisors.");
    r.get("/os-hypervisors/{id}", this::show).policy(RULE + "show").summary("One hypervisor.");
    r.get("/os-hypervisors/{id}/uptime", this::uptime).policy(RULE + "uptime").until(2, 87);
    r.get("/os-hypervisors/{id}/search", this::search).policy(RULE + "search").until(2, 52);
    r.get("/os-hypervisors/{id}/servers", this::servers).policy(RULE + "servers").until(2, 52);
    return r;
  }

  private Answer list(Call call, boolean detail) {
    var found = new ArrayList<Host>();
    var pattern = call.at(2, 53) ? call.query("hypervisor_hostname_pattern") : null;
    for (var h : hosts.list()) {
      if (pattern == null || h.host().contains(pattern)) {
        found.add(h);
      }
    }
    if (pattern != null && found.isEmpty()) {
      throw Fault.notFound("No hypervisor matching '" + pattern + "' could be found.");
    }
    var page =
        call.at(2, 33) && pattern == null
            ? Paging.of(call, PAGE_MAX, List.of())
            : new Paging(null, null, List.of());
    var rows = page(found, page, call);
    boolean withServers = call.at(2, 53) && call.queryFlag("with_servers", false);
    var loads =
        detail || withServers
            ? database.read(sql -> HypervisorLoad.read(sql, null))
            : Map.<String, HypervisorLoad>of();
    var out = Json.object();
    var array = out.putArray("hypervisors");
    for (var h : rows) {
      var load = loads.getOrDefault(h.host(), HypervisorLoad.NONE);
      var o = detail ? full(h, load, call) : brief(h, call);
      if (withServers) {
        addServers(o, load);
      }
      array.add(o);
    }
    Links.next(out, "hypervisors", call, page, rows.stream().map(h -> id(h, call)).toList());
    return Answer.ok(out);
  }

  private static List<Host> page(List<Host> all, Paging page, Call call) {
    int from = 0;
    if (page.marker() != null) {
      from = -1;
      for (int i = 0; i < all.size(); i++) {
        if (id(all.get(i), call).equals(page.marker())) {
          from = i + 1;
        }
      }
      if (from < 0) {
        throw Fault.badRequest("Marker " + page.marker() + " could not be found.");
      }
    }
    int to = page.limit() == null ? all.size() : Math.min(all.size(), from + page.limit());
    return all.subList(from, to);
  }

  private static String id(Host h, Call call) {
    return call.at(2, 53) ? h.nodeUuid() : Long.toString(h.nodeId());
  }

  private ObjectNode brief(Host h, Call call) {
    var o = Json.object();
    if (call.at(2, 53)) {
      o.put("id", h.nodeUuid());
    } else {
      o.put("id", h.nodeId());
    }
    o.put("hypervisor_hostname", h.host());
    o.put("state", hosts.up(h) ? "up" : "down");
    o.put("status", h.disabled() ? "disabled" : "enabled");
    return o;
  }

  private ObjectNode full(Host h, HypervisorLoad load, Call call) {
    var o = brief(h, call);
    var r = h.report();
    o.put("hypervisor_type", r.hypervisorType())
        .put("hypervisor_version", r.hypervisorVersion())
        .put("host_ip", r.hostIp());
    var service = o.putObject("service");
    service.put("host", h.host()).put("disabled_reason", h.disabledReason());
    if (call.at(2, 53)) {
      service.put("id", h.serviceUuid());
    } else {
      service.put("id", h.serviceId());
    }
    if (call.at(2, 88)) {
      o.put("uptime", r.uptime());
      return o;
    }
    sums(o, List.of(h), Map.of(h.host(), load));
    if (call.at(2, 28)) {
      o.set(
          "cpu_info",
          r.cpuInfo() == null || r.cpuInfo().isEmpty() ? Json.object() : Json.parse(r.cpuInfo()));
    } else {
      o.put("cpu_info", r.cpuInfo());
    }
    return o;
  }

  /** The figures that statistics sum up and one hypervisor shows, to 2.87. */
  private void sums(ObjectNode o, List<Host> of, Map<String, HypervisorLoad> loads) {
    long vcpus = 0,
        vcpusUsed = 0,
        ram = 0,
        ramUsed = 0,
        disk = 0,
        diskUsed = 0,
        running = 0,
        busy = 0,
        least = 0;
    for (var h : of) {
      var load = loads.getOrDefault(h.host(), HypervisorLoad.NONE);
      vcpus += h.report().vcpus();
      vcpusUsed += load.vcpus();
      ram += h.report().memoryMb();
      ramUsed += reservedRamMb + load.ramMb();
      disk += h.report().diskGb();
      diskUsed += load.diskGb();
      running += load.guests().size();
      busy += load.busy();
      least += h.report().diskGb() - h.report().diskUsedGb();
    }
    o.put("vcpus", vcpus).put("vcpus_used", vcpusUsed);
    o.put("memory_mb", ram).put("memory_mb_used", ramUsed).put("free_ram_mb", ram - ramUsed);
    o.put("local_gb", disk).put("local_gb_used", diskUsed).put("free_disk_gb", disk - diskUsed);
    o.put("running_vms", running).put("current_workload", busy).put("disk_available_least", least);
  }

  private Answer statistics(Call call) {
    var all = hosts.list();
    var o = Json.object().put("count", all.size());
    sums(o, all, database.read(sql -> HypervisorLoad.read(sql, null)));
    return Answer.ok(Json.object().set("hypervisor_statistics", o));
  }

  private Host find(Call call) {
    var id = call.path("id");
    return hosts.list().stream()
        .filter(h -> id(h, call).equals(id))
        .findFirst()
        .orElseThrow(() -> Fault.notFound("Hypervisor with ID '" + id + "' could not be found."));
  }

  private Answer show(Call call) {
    var h = find(call);
    var load =
        database
            .read(sql -> HypervisorLoad.read(sql, h.host()))
            .getOrDefault(h.host(), HypervisorLoad.NONE);
    var o = full(h, load, call);
    if (call.at(2, 53) && call.queryFlag("with_servers", false)) {
      addServers(o, load);
    }
    return Answer.ok(Json.object().set("hypervisor", o));
  }

  private static void addServers(ObjectNode o, HypervisorLoad load) {
    if (!load.guests().isEmpty()) {
      var array = o.putArray("servers");
      load.guests().forEach(g -> array.addObject().put("uuid", g.id()).put("name", g.name()));
    }
  }

  /** To 2.87 a call of its own; a host that does not tell is refused as upstream's drivers are. */
  private Answer uptime(Call call) {
    var h = find(call);
    if (!hosts.up(h)) {
      throw Fault.badRequest("Compute host " + h.host() + " is down: its uptime is not known.");
    }
    if (h.report().uptime() == null) {
      throw Fault.of(501, "NotImplemented", "Virt driver does not implement uptime function.");
    }
    return Answer.ok(
        Json.object().set("hypervisor", brief(h, call).put("uptime", h.report().uptime())));
  }

  private List<Host> matching(Call call) {
    var pattern = call.path("id");
    var found = hosts.list().stream().filter(h -> h.host().contains(pattern)).toList();
    if (found.isEmpty()) {
      throw Fault.notFound("No hypervisor matching '" + pattern + "' could be found.");
    }
    return found;
  }

  private Answer search(Call call) {
    var out = Json.object();
    var array = out.putArray("hypervisors");
    matching(call).forEach(h -> array.add(brief(h, call)));
    return Answer.ok(out);
  }

  private Answer servers(Call call) {
    var loads = database.read(sql -> HypervisorLoad.read(sql, null));
    var out = Json.object();
    var array = out.putArray("hypervisors");
    for (var h : matching(call)) {
      var o = brief(h, call);
      addServers(o, loads.getOrDefault(h.host(), HypervisorLoad.NONE));
      array.add(o);
    }
    return Answer.ok(out);
  }
}
