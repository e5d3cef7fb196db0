package welkin.compute.quota;

import java.util.Map;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.policy.PolicyEngine;
import welkin.store.Database;
import welkin.store.Quotas;

/** {@code /limits}: a project's limits beside what it uses. */
public final class LimitsApi {
  private final Database database;
  private final Quotas quotas;
  private final PolicyEngine policy;

  public LimitsApi(Database database, Quotas quotas, PolicyEngine policy) {
    this.database = database;
    this.quotas = quotas;
    this.policy = policy;
  }

  public Routes routes() {
    var r = new Routes("/v2.1");
    r.get("/limits", this::show)
        .policy("os_compute_api:limits")
        .summary("Limits and use of the caller's project.");
    return r;
  }

  private Answer show(Call call) {
    var asked = call.query("tenant_id");
    var project = asked == null ? call.caller().projectId() : asked;
    if (asked != null && !asked.equals(call.caller().projectId())) {
      policy.enforce(
          "os_compute_api:limits:other_project", call.caller(), Map.of("project_id", asked));
    }
    var out = Json.object();
    database.read(
        sql -> {
          var limit = quotas.limits(sql, project);
          var used = quotas.usage(sql, project);
          boolean files = !call.at(2, 57);
          boolean network = !call.at(2, 36);
          out.put("maxServerMeta", limit.get("metadata_items"));
          if (files) {
            out.put("maxPersonality", limit.get("injected_files"))
                .put("maxPersonalitySize", limit.get("injected_file_content_bytes"));
          }
          if (!call.at(2, 39)) {
            out.put("maxImageMeta", limit.get("metadata_items"));
          }
          out.put("maxTotalInstances", limit.get("instances"))
              .put("maxTotalCores", limit.get("cores"))
              .put("maxTotalRAMSize", limit.get("ram"))
              .put("maxTotalKeypairs", limit.get("key_pairs"))
              .put("maxServerGroups", limit.get("server_groups"))
              .put("maxServerGroupMembers", limit.get("server_group_members"));
          if (network) {
            out.put("maxTotalFloatingIps", limit.get("floating_ips"))
                .put("maxSecurityGroups", limit.get("security_groups"))
                .put("maxSecurityGroupRules", limit.get("security_group_rules"))
                .put("totalFloatingIpsUsed", 0)
                .put("totalSecurityGroupsUsed", 0);
          }
          out.put("totalInstancesUsed", used.get("instances"))
              .put("totalCoresUsed", used.get("cores"))
              .put("totalRAMUsed", used.get("ram"))
              .put("totalServerGroupsUsed", used.get("server_groups"));
          return null;
        });
    var limits = Json.object();
    limits.putArray("rate");
    limits.set("absolute", out);
    return Answer.ok(Json.object().set("limits", limits));
  }
}
