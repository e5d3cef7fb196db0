package welkin.identity.domain;

import java.util.LinkedHashMap;
import java.util.Map;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.identity.project.Project;
import welkin.identity.project.ProjectWire;
import welkin.identity.project.Projects;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Faults;
import welkin.identity.shared.Fields;
import welkin.identity.shared.ListRequest;

/**
 * {@code /v3/domains}. A domain is a project that acts as one; the noun has routes of its own and
 * nothing else.
 */
public final class DomainApi {
  private static final Shape NAME = Shape.string().length(1, 64).pattern("\\S");
  private static final Shape CREATE =
      Fields.body(
          "domain",
          Shape.object()
              .required("name", NAME)
              .optional("description", Fields.TEXT)
              .optional("enabled", Fields.FLAG)
              .optional("explicit_domain_id", Shape.string().pattern("^[0-9a-f]{32}$"))
              .optional("options", Fields.OPTIONS));
  private static final Shape UPDATE =
      Fields.body(
          "domain",
          Shape.object()
              .optional("name", NAME)
              .optional("description", Fields.TEXT)
              .optional("enabled", Fields.FLAG)
              .optional("options", Fields.OPTIONS)
              .minProps(1));

  private final Projects projects;

  public DomainApi(Projects projects) {
    this.projects = projects;
  }

  public Routes routes() {
    var r = new Routes("/v3/domains");
    r.get("", this::list).policyOnTarget("identity:list_domains");
    r.post("", this::create)
        .policy("identity:create_domain")
        .body(CREATE)
        .success(201)
        .shownBy("/domains/{domain_id}");
    r.get("/{domain_id}", this::show).policyOnTarget("identity:get_domain");
    r.patch("/{domain_id}", this::update)
        .policyOnTarget("identity:update_domain")
        .bodyOnceAllowed(UPDATE);
    r.delete("/{domain_id}", this::delete).policyOnTarget("identity:delete_domain").success(204);
    return r;
  }

  private Project enforced(Call call) {
    var id = call.path("domain_id");
    var domain = projects.find(id).filter(Project::isDomain);
    var target = new LinkedHashMap<String, Object>();
    domain.ifPresent(d -> target.put("target.domain.id", d.id()));
    call.enforce(target);
    return domain.orElseThrow(Faults.missing("domain", id));
  }

  private static Answer one(int status, Call call, Project domain) {
    var body = Json.object();
    body.set("domain", ProjectWire.showDomain(call, domain));
    return Answer.json(status, body);
  }

  private Answer list(Call call) {
    var own = call.caller().domainId();
    call.enforce(own == null ? Map.of() : Map.of("target.domain.id", own));
    var request =
        ListRequest.of(call, "name", "enabled").where("is_domain", "true").where("id", own);
    return request.answer(
        call,
        "domains",
        projects.domains(request),
        d -> ProjectWire.showDomain(call, d),
        Project::id);
  }

  private Answer create(Call call) {
    return one(201, call, projects.createDomain(new Attributes(call.object("domain"))));
  }

  private Answer show(Call call) {
    return one(200, call, enforced(call));
  }

  /** Who may not change domains learns whether there is one, as with keystone. */
  private Answer update(Call call) {
    var id = call.path("domain_id");
    projects.find(id).filter(Project::isDomain).orElseThrow(Faults.missing("domain", id));
    return one(200, call, projects.update(enforced(call), new Attributes(call.object("domain"))));
  }

  private Answer delete(Call call) {
    projects.delete(enforced(call));
    return Answer.none();
  }
}
