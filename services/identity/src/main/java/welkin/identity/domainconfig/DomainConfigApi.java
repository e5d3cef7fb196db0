package welkin.identity.domainconfig;

import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.identity.shared.Fields;
import welkin.identity.user.Compliance;

/** {@code /v3/domains/{id}/config}: what a domain sets for itself. */
public final class DomainConfigApi {
  private static final Shape BODY = Fields.body("config", Shape.object());
  private static final String DEFAULT_DOMAIN = "default";

  private final DomainConfigs configs;
  private final Compliance compliance;

  public DomainConfigApi(DomainConfigs configs, Compliance compliance) {
    this.configs = configs;
    this.compliance = compliance;
  }

  public Routes routes() {
    var r = new Routes("/v3/domains");
    r.get("/config/default", this::defaults).policy("identity:get_domain_config_default");
    r.get("/config/{group}/default", this::defaults).policy("identity:get_domain_config_default");
    r.get("/config/{group}/{option}/default", this::defaults)
        .policy("identity:get_domain_config_default");
    var all = "/{domain_id}/config";
    r.put(all, this::create).policy("identity:create_domain_config").body(BODY);
    for (var path : new String[] {all, all + "/{group}", all + "/{group}/{option}"}) {
      r.get(path, this::show).policyOnTarget("identity:get_domain_config");
      r.patch(path, this::update).policy("identity:update_domain_config").body(BODY);
      r.delete(path, this::delete).policy("identity:delete_domain_config").success(204);
    }
    return r;
  }

  private static Answer answer(int status, JsonNode config) {
    var body = Json.object();
    body.set("config", config);
    return Answer.json(status, body);
  }

  /** What the path asks for: everything, a group under its name, or an option under its name. */
  private static ObjectNode part(Map<String, ObjectNode> groups, Call call) {
    var group = call.path("group");
    var option = call.path("option");
    var out = Json.object();
    if (group == null) {
      groups.forEach(out::set);
    } else if (option == null) {
      if (groups.containsKey(group)) {
        out.set(group, groups.get(group));
      }
    } else if (groups.containsKey(group) && groups.get(group).has(option)) {
      out.set(option, groups.get(group).get(option));
    }
    return out;
  }

  private Answer defaults(Call call) {
    if (call.path("group") != null) {
      DomainOptions.mustBeKnown(call.path("group"), call.path("option"));
    }
    return answer(200, part(DomainOptions.defaults(), call));
  }

  private Answer show(Call call) {
    var domain = call.path("domain_id");
    var group = call.path("group");
    if (DomainOptions.COMPLIANCE.equals(group)) {
      return compliance(call, domain);
    }
    call.enforce(Map.of());
    if (group != null) {
      DomainOptions.mustBeKnown(group, call.path("option"));
    }
    var found = part(configs.shown(domain), call);
    if (found.isEmpty()) {
      throw DomainConfigs.missing(domain, group, call.path("option"));
    }
    return answer(200, found);
  }

  /** Everybody may know what is asked of passwords. */
  private Answer compliance(Call call, String domain) {
    call.enforcedByFilter();
    call.enforce("identity:get_security_compliance_domain_config", Map.of());
    if (!domain.equals(DEFAULT_DOMAIN)) {
      throw DomainOptions.invalid("Only the default domain has these options, not " + domain);
    }
    var options = Json.object();
    options.put("password_regex", compliance.regex() == null ? null : compliance.regex().pattern());
    options.put(
        "password_regex_description",
        compliance.regexDescription().isEmpty() ? null : compliance.regexDescription());
    var option = call.path("option");
    if (option != null && !options.has(option)) {
      throw DomainOptions.invalid("Option " + option + " is not shown");
    }
    var groups = new LinkedHashMap<String, ObjectNode>();
    groups.put(DomainOptions.COMPLIANCE, options);
    return answer(200, part(groups, call));
  }

  private Answer create(Call call) {
    var domain = call.path("domain_id");
    boolean made = configs.replace(domain, call.object("config"));
    return answer(made ? 201 : 200, part(configs.shown(domain), call));
  }

  private Answer update(Call call) {
    var domain = call.path("domain_id");
    configs.merge(domain, call.path("group"), call.path("option"), call.object("config"));
    var all = Json.object();
    configs.shown(domain).forEach(all::set);
    return answer(200, all);
  }

  private Answer delete(Call call) {
    configs.delete(call.path("domain_id"), call.path("group"), call.path("option"));
    return Answer.none();
  }
}
