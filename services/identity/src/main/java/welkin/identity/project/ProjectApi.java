package welkin.identity.project;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Faults;
import welkin.identity.shared.Fields;
import welkin.identity.shared.ListRequest;

/** {@code /v3/projects} and their tags. */
public final class ProjectApi {
  private static final Shape TAG = Shape.string().length(1, 255).pattern("^[^,/]*$");
  private static final Shape TAGS = Shape.array(TAG).max(80).unique();
  private static final Shape CREATE =
      Fields.body(
          "project",
          Shape.object()
              .required("name", Fields.SHORT_NAME)
              .optional("domain_id", Fields.ID.nullable())
              .optional("parent_id", Fields.ID.nullable())
              .optional("description", Fields.TEXT)
              .optional("enabled", Fields.FLAG)
              .optional("is_domain", Fields.FLAG)
              .optional("tags", TAGS)
              .optional("options", Fields.OPTIONS));
  private static final Shape UPDATE =
      Fields.body(
          "project",
          Shape.object()
              .optional("name", Fields.SHORT_NAME)
              .optional("domain_id", Fields.ID.nullable())
              .optional("parent_id", Fields.ID.nullable())
              .optional("description", Fields.TEXT)
              .optional("enabled", Fields.FLAG)
              .optional("is_domain", Fields.FLAG)
              .optional("tags", TAGS)
              .optional("options", Fields.OPTIONS)
              .minProps(1));
  private static final Shape TAG_LIST =
      Shape.object().required("tags", TAGS).said(Shape.Style.KEYSTONE);

  private final Projects projects;

  public ProjectApi(Projects projects) {
    this.projects = projects;
  }

  public Routes routes() {
    var r = new Routes("/v3/projects");
    r.get("", this::list).policyOnTarget("identity:list_projects");
    r.post("", this::create)
        .policyOnTarget("identity:create_project")
        .body(CREATE)
        .success(201)
        .shownBy("/projects/{project_id}");
    r.get("/{project_id}", this::show).policyOnTarget("identity:get_project");
    r.patch("/{project_id}", this::update)
        .policyOnTarget("identity:update_project")
        .bodyOnceAllowed(UPDATE);
    r.delete("/{project_id}", this::delete).policyOnTarget("identity:delete_project").success(204);
    r.get("/{project_id}/tags", this::tags).policyOnTarget("identity:list_project_tags");
    r.put("/{project_id}/tags", this::setTags)
        .policyOnTarget("identity:update_project_tags")
        .body(TAG_LIST);
    r.delete("/{project_id}/tags", this::clearTags)
        .policyOnTarget("identity:delete_project_tags")
        .success(204);
    r.get("/{project_id}/tags/{tag}", this::hasTag)
        .policyOnTarget("identity:get_project_tag")
        .success(204);
    r.put("/{project_id}/tags/{tag}", this::addTag)
        .policyOnTarget("identity:create_project_tag")
        .success(201);
    r.delete("/{project_id}/tags/{tag}", this::removeTag)
        .policyOnTarget("identity:delete_project_tag")
        .success(204);
    return r;
  }

  private Project enforced(Call call) {
    var id = call.path("project_id");
    var project = projects.find(id);
    var target = new LinkedHashMap<String, Object>();
    project.ifPresent(
        p -> {
          target.put("target.project.id", p.id());
          target.put("target.project.domain_id", p.domainId());
        });
    call.enforce(target);
    return project.orElseThrow(Faults.missing("project", id));
  }

  private static Answer one(int status, ObjectNode shown) {
    var body = Json.object();
    body.set("project", shown);
    return Answer.json(status, body);
  }

  private Answer list(Call call) {
    var domain = call.caller().domainId();
    call.enforce(domain == null ? Map.of() : Map.of("target.domain_id", domain));
    var request =
        ListRequest.of(call, "domain_id", "enabled", "name", "parent_id", "is_domain")
            .where("domain_id", domain);
    if (request.value("is_domain") == null) {
      request.where("is_domain", "false");
    }
    return request.answer(
        call,
        "projects",
        projects.list(request, TagFilter.of(call)),
        p -> ProjectWire.show(call, p),
        Project::id);
  }

  private Answer create(Call call) {
    var given = new Attributes(call.object("project"));
    boolean domain = given.flag("is_domain", false);
    var parent = given.text("parent_id");
    var domainId =
        domain
            ? null
            : given.text("domain_id") == null && parent != null
                ? projects
                    .find(parent)
                    .map(Project::owningDomainId)
                    .orElseGet(() -> Fields.domain(call, given))
                : Fields.domain(call, given);
    var target = new LinkedHashMap<String, Object>();
    target.put("target.project.domain_id", domainId);
    call.enforce(target);
    if (domain && parent != null) {
      throw Fault.badRequest(
          "Only projects acting as domains are allowed without a parent, and they have none.");
    }
    var made = domain ? projects.createDomain(given) : projects.create(given, domainId);
    return one(201, ProjectWire.show(call, made));
  }

  private Answer show(Call call) {
    var project = enforced(call);
    var shown = ProjectWire.show(call, project);
    var query = call.query();
    if (query.containsKey("parents_as_list") && query.containsKey("parents_as_ids")
        || query.containsKey("subtree_as_list") && query.containsKey("subtree_as_ids")) {
      throw Fault.badRequest("Cannot use *_as_list and *_as_ids query params at the same time.");
    }
    if (flag(call, "parents_as_list")) {
      var list = shown.putArray("parents");
      for (var p : projects.ancestors(project)) {
        list.addObject().set("project", ProjectWire.show(call, p));
      }
    }
    if (flag(call, "parents_as_ids")) {
      JsonNode tree = Json.MAPPER.nullNode();
      var above = new ArrayList<>(projects.ancestors(project));
      for (var p : above.reversed()) {
        var node = Json.object();
        node.set(p.id(), tree);
        tree = node;
      }
      shown.set("parents", tree);
    }
    if (flag(call, "subtree_as_list")) {
      var list = shown.putArray("subtree");
      addBelow(call, project.id(), list);
    }
    if (flag(call, "subtree_as_ids")) {
      shown.set("subtree", idsBelow(project.id()));
    }
    return one(200, shown);
  }

  private static boolean flag(Call call, String name) {
    return call.query().containsKey(name) && ListRequest.truth(call.query(name));
  }

  private void addBelow(Call call, String id, tools.jackson.databind.node.ArrayNode into) {
    for (var c : projects.children(id)) {
      into.addObject().set("project", ProjectWire.show(call, c));
      addBelow(call, c.id(), into);
    }
  }

  private JsonNode idsBelow(String id) {
    var children = projects.children(id);
    if (children.isEmpty()) {
      return Json.MAPPER.nullNode();
    }
    var node = Json.object();
    children.forEach(c -> node.set(c.id(), idsBelow(c.id())));
    return node;
  }

  private Answer update(Call call) {
    var updated = projects.update(enforced(call), new Attributes(call.object("project")));
    return one(200, ProjectWire.show(call, updated));
  }

  private Answer delete(Call call) {
    projects.delete(enforced(call));
    return Answer.none();
  }

  private static Answer tags(Call call, Project p) {
    var body = Json.object();
    body.set("tags", Json.tree(p.tags()));
    body.putObject("links")
        .putNull("next")
        .put("self", call.base() + call.servicePath())
        .putNull("previous");
    return Answer.ok(body);
  }

  private Answer tags(Call call) {
    return tags(call, enforced(call));
  }

  private Answer setTags(Call call) {
    var project = enforced(call);
    var tags = new ArrayList<String>();
    call.object().get("tags").forEach(t -> tags.add(t.asString()));
    return tags(call, projects.tagged(project, tags.stream().sorted().toList()));
  }

  private Answer clearTags(Call call) {
    projects.tagged(enforced(call), List.of());
    return Answer.none();
  }

  private Answer hasTag(Call call) {
    var project = enforced(call);
    mustHave(project, call.path("tag"));
    return Answer.none();
  }

  private static void mustHave(Project project, String tag) {
    if (!project.tags().contains(tag)) {
      throw Faults.notFound("project tag", tag);
    }
  }

  private Answer addTag(Call call) {
    var project = enforced(call);
    var tag = call.path("tag");
    TAG.check(Json.tree(tag), null, Shape.Style.KEYSTONE);
    var tags = new ArrayList<>(project.tags());
    if (!tags.contains(tag)) {
      tags.add(tag);
    }
    TAGS.check(Json.tree(tags), null, Shape.Style.KEYSTONE);
    projects.tagged(project, tags.stream().sorted().toList());
    return Answer.empty(201).with("Location", call.base() + call.servicePath());
  }

  private Answer removeTag(Call call) {
    var project = enforced(call);
    mustHave(project, call.path("tag"));
    var tags = new ArrayList<>(project.tags());
    tags.remove(call.path("tag"));
    projects.tagged(project, tags);
    return Answer.none();
  }
}
