package welkin.identity.project;

import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.http.Call;

/** Projects and domains as keystone shows them. */
public final class ProjectWire {
  private ProjectWire() {}

  public static ObjectNode show(Call call, Project p) {
    var out = p.extra().deepCopy();
    out.put("id", p.id());
    out.put("name", p.name());
    out.put("domain_id", p.domainId());
    out.put("description", p.description());
    out.put("enabled", p.enabled());
    out.put("parent_id", p.parentId());
    out.put("is_domain", p.isDomain());
    out.set("tags", Json.tree(p.tags()));
    out.set("options", p.options());
    out.putObject("links").put("self", call.base() + "/v3/projects/" + p.id());
    return out;
  }

  public static ObjectNode showDomain(Call call, Project p) {
    var out = p.extra().deepCopy();
    out.put("id", p.id());
    out.put("name", p.name());
    out.put("description", p.description());
    out.put("enabled", p.enabled());
    out.set("tags", Json.tree(p.tags()));
    out.set("options", p.options());
    out.putObject("links").put("self", call.base() + "/v3/domains/" + p.id());
    return out;
  }
}
