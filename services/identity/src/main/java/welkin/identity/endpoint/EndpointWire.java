package welkin.identity.endpoint;

import tools.jackson.databind.node.ObjectNode;
import welkin.http.Call;

/** An endpoint as JSON. */
public final class EndpointWire {
  private EndpointWire() {}

  public static ObjectNode show(Call call, Endpoint e) {
    var out = e.extra().deepCopy();
    out.put("id", e.id());
    out.put("interface", e.serviceInterface());
    out.put("region_id", e.regionId());
    out.put("region", e.regionId());
    out.put("service_id", e.serviceId());
    out.put("url", e.url());
    out.put("enabled", e.enabled());
    out.putObject("links").put("self", call.base() + "/v3/endpoints/" + e.id());
    return out;
  }
}
