package welkin.compute.zone;

import java.util.TreeMap;
import tools.jackson.databind.node.ObjectNode;
import welkin.compute.api.Timestamps;
import welkin.compute.host.Host;
import welkin.compute.host.Hosts;
import welkin.compute.service.ComputeServices;
import welkin.compute.service.ServiceRow;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Routes;

/** {@code /os-availability-zone}. */
public final class ZoneApi {
  private static final String INTERNAL = "internal";
  private final Hosts hosts;
  private final ComputeServices services;

  public ZoneApi(Hosts hosts, ComputeServices services) {
    this.hosts = hosts;
    this.services = services;
  }

  public Routes routes() {
    var r = new Routes("/v2.1");
    r.get("/os-availability-zone", c -> answer(false))
        .policy("os_compute_api:os-availability-zone:list")
        .summary("The availability zones.");
    r.get("/os-availability-zone/detail", c -> answer(true))
        .policy("os_compute_api:os-availability-zone:detail")
        .summary("The availability zones with their hosts.");
    return r;
  }

  private Answer answer(boolean detail) {
    var zones = hosts.zones();
    var byZone = new TreeMap<String, ObjectNode>();
    var usable = new TreeMap<String, Boolean>();
    for (var h : hosts.list()) {
      var zone = zones.getOrDefault(h.host(), hosts.defaultZone());
      byZone
          .computeIfAbsent(zone, z -> Json.object())
          .set(h.host(), Json.object().set("nova-compute", state(h)));
      usable.merge(zone, hosts.up(h) && !h.disabled(), Boolean::logicalOr);
    }
    if (detail) { // the services that are no hosts stand in a zone that is not for guests
      services.list(null, null).stream()
          .filter(s -> s.zone().equals(INTERNAL))
          .forEach(s -> internal(byZone, s));
      usable.putIfAbsent(INTERNAL, true);
    }
    var out = Json.object();
    var array = out.putArray("availabilityZoneInfo");
    byZone.forEach(
        (zone, members) -> {
          var o = array.addObject().put("zoneName", zone);
          o.putObject("zoneState").put("available", usable.get(zone));
          o.set("hosts", detail ? members : null);
        });
    return Answer.ok(out);
  }

  private static void internal(TreeMap<String, ObjectNode> byZone, ServiceRow s) {
    byZone
        .computeIfAbsent(s.zone(), z -> Json.object())
        .withObjectProperty(s.host())
        .putObject(s.binary())
        .put("active", !s.disabled())
        .put("available", s.up())
        .put("updated_at", Timestamps.naive(s.updatedAt()));
  }

  private ObjectNode state(Host h) {
    return Json.object()
        .put("active", !h.disabled())
        .put("available", hosts.up(h))
        .put("updated_at", Timestamps.naive(h.seenAt()));
  }
}
