package welkin.placement.usage;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.placement.Wire;

/** {@code /usages} and {@code /resource_providers/{uuid}/usages}. */
public final class UsageApi {
  private final Usages usages;
  private final InstantSource clock;

  public UsageApi(Usages usages, InstantSource clock) {
    this.usages = usages;
    this.clock = clock;
  }

  public Routes routes() {
    var r = new Routes("");
    r.get("/usages", this::total).policyOnTarget("placement:usages").since(1, 9);
    r.get("/resource_providers/{uuid}/usages", this::ofProvider)
        .policy("placement:resource_providers:usages");
    return r;
  }

  private Answer ofProvider(Call call) {
    var of = usages.ofProvider(call.path("uuid"));
    var out = Json.object();
    out.put("resource_provider_generation", of.generation());
    var all = out.putObject("usages");
    of.inventories().forEach(i -> all.put(i.resourceClass(), i.used()));
    return Wire.fresh(call, Answer.ok(out), clock);
  }

  private Answer total(Call call) {
    var project = call.query("project_id");
    var target = new HashMap<String, Object>();
    target.put("project_id", project);
    call.enforce(target);
    var names = new ArrayList<>(List.of("project_id", "user_id"));
    if (call.at(1, 38)) {
      names.add("consumer_type");
    }
    Wire.only(call, names);
    if (project == null || project.isEmpty()) {
      throw Wire.badQuery("'project_id' is a required property");
    }
    var out = Json.object();
    var all = out.putObject("usages");
    if (call.at(1, 38)) {
      byType(all, project, call.query("user_id"), call.query("consumer_type"));
    } else {
      usages
          .total(project, call.query("user_id"), null)
          .forEach(u -> all.put(u.resourceClass(), sum(all, u.resourceClass()) + u.used()));
    }
    return Wire.fresh(call, Answer.ok(out), clock);
  }

  private static long sum(ObjectNode all, String name) {
    return all.has(name) ? all.get(name).asLong() : 0;
  }

  /** Types apart, unless the request asks for {@code all} of them together. */
  private void byType(ObjectNode out, String project, String user, String type) {
    boolean together = "all".equals(type);
    var counts = usages.consumerCounts(project, user);
    for (var u : usages.total(project, user, together ? null : type)) {
      var key = together ? "all" : u.type() == null ? "unknown" : u.type();
      var one = out.get(key) instanceof ObjectNode o ? o : out.putObject(key);
      one.put(u.resourceClass(), sum(one, u.resourceClass()) + u.used());
      one.put(
          "consumer_count",
          together
              ? counts.values().stream().mapToLong(Long::longValue).sum()
              : counts.getOrDefault(key, 0L));
    }
  }
}
