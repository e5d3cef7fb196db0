package welkin.identity.endpointfilter;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.identity.endpoint.EndpointStore;
import welkin.identity.endpoint.EndpointWire;
import welkin.identity.project.Project;
import welkin.identity.project.ProjectStore;
import welkin.identity.project.ProjectWire;
import welkin.identity.service.ServiceStore;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.shared.Fields;
import welkin.identity.shared.ListRequest;
import welkin.store.DuplicateKey;
import welkin.store.Sql;

/** {@code OS-EP-FILTER}: projects that see only the endpoints they were given. */
public final class EndpointFilterApi {
  private static final Shape FILTERS =
      Shape.object()
          .optional("service_id", Shape.string())
          .optional("region_id", Shape.string())
          .optional("interface", Shape.string().oneOf("admin", "internal", "public"))
          .noOthers()
          .minProps(1);
  private static final Shape CREATE =
      Fields.body(
          "endpoint_group",
          Shape.object()
              .required("name", Fields.NAME)
              .required("filters", FILTERS)
              .optional("description", Fields.TEXT));
  private static final Shape UPDATE =
      Fields.body(
          "endpoint_group",
          Shape.object()
              .optional("name", Fields.NAME)
              .optional("filters", FILTERS)
              .optional("description", Fields.TEXT)
              .minProps(1));

  private final Backend backend;

  public EndpointFilterApi(Backend backend) {
    this.backend = backend;
  }

  public Routes routes() {
    var r = new Routes("/v3/OS-EP-FILTER");
    var group = "/endpoint_groups/{endpoint_group_id}";
    r.get("/endpoint_groups", this::list).policy("identity:list_endpoint_groups");
    r.post("/endpoint_groups", this::create)
        .policy("identity:create_endpoint_group")
        .body(CREATE)
        .success(201);
    r.get(group, this::show).policy("identity:get_endpoint_group");
    r.patch(group, this::update).policy("identity:update_endpoint_group").body(UPDATE);
    r.delete(group, this::delete).policy("identity:delete_endpoint_group").success(204);
    r.get(group + "/endpoints", this::endpointsOfGroup)
        .policy("identity:list_endpoints_associated_with_endpoint_group");
    r.get(group + "/projects", this::projectsOfGroup)
        .policy("identity:list_projects_associated_with_endpoint_group");
    r.get(group + "/projects/{project_id}", this::groupInProject)
        .policy("identity:get_endpoint_group_in_project");
    r.put(group + "/projects/{project_id}", this::addGroup)
        .policy("identity:add_endpoint_group_to_project")
        .success(204);
    r.delete(group + "/projects/{project_id}", this::removeGroup)
        .policy("identity:remove_endpoint_group_from_project")
        .success(204);
    r.get("/endpoints/{endpoint_id}/projects", this::projectsOfEndpoint)
        .policy("identity:list_projects_for_endpoint");
    r.get("/projects/{project_id}/endpoint_groups", this::groupsOfProject)
        .policy("identity:list_endpoint_groups_for_project");
    r.get("/projects/{project_id}/endpoints", this::endpointsOfProject)
        .policy("identity:list_endpoints_for_project");
    var endpoint = "/projects/{project_id}/endpoints/{endpoint_id}";
    r.get(endpoint, this::checkEndpoint).policy("identity:check_endpoint_in_project").success(204);
    r.put(endpoint, this::addEndpoint).policy("identity:add_endpoint_to_project").success(204);
    r.delete(endpoint, this::removeEndpoint)
        .policy("identity:remove_endpoint_from_project")
        .success(204);
    return r;
  }

  private static ObjectNode show(Call call, EndpointGroup g) {
    var out = Json.object();
    out.put("id", g.id());
    out.put("name", g.name());
    out.put("description", g.description());
    out.set("filters", Json.tree(g.filters()));
    out.putObject("links").put("self", call.base() + "/v3/OS-EP-FILTER/endpoint_groups/" + g.id());
    return out;
  }

  private static Answer one(int status, Call call, EndpointGroup g) {
    var body = Json.object();
    body.set("endpoint_group", show(call, g));
    return Answer.json(status, body);
  }

  private static EndpointGroup group(Sql sql, Call call) {
    var id = call.path("endpoint_group_id");
    return EndpointFilterStore.group(sql, id).orElseThrow(Faults.missing("endpoint group", id));
  }

  private EndpointGroup group(Call call) {
    return backend.database().read(sql -> group(sql, call));
  }

  private static String project(Sql sql, Call call) {
    var id = call.path("project_id");
    ProjectStore.find(sql, id).orElseThrow(Faults.missing("project", id));
    return id;
  }

  private static String endpoint(Sql sql, Call call) {
    var id = call.path("endpoint_id");
    EndpointStore.find(sql, id).orElseThrow(Faults.missing("endpoint", id));
    return id;
  }

  private Answer list(Call call) {
    var request = ListRequest.of(call, "name");
    var rows = backend.database().read(sql -> EndpointFilterStore.groups(sql, request));
    return request.answer(call, "endpoint_groups", rows, g -> show(call, g), EndpointGroup::id);
  }

  private static Map<String, String> filters(Attributes given) {
    Map<String, String> out = new LinkedHashMap<>();
    given.object("filters").forEachEntry((k, v) -> out.put(k, v.asString()));
    return out;
  }

  private static void mustExist(Sql sql, Map<String, String> filters) {
    var service = filters.get("service_id");
    if (service != null) {
      ServiceStore.find(sql, service).orElseThrow(Faults.missing("service", service));
    }
  }

  private Answer create(Call call) {
    var given = new Attributes(call.object("endpoint_group"));
    var group =
        new EndpointGroup(
            backend.ids().hex(), given.text("name"), given.text("description"), filters(given));
    backend
        .database()
        .change(
            sql -> {
              mustExist(sql, group.filters());
              EndpointFilterStore.insert(sql, group);
            });
    return one(201, call, group);
  }

  private Answer show(Call call) {
    return one(200, call, group(call));
  }

  private Answer update(Call call) {
    var given = new Attributes(call.object("endpoint_group"));
    return one(
        200,
        call,
        backend
            .database()
            .tx(
                sql -> {
                  var was = group(sql, call);
                  var group =
                      new EndpointGroup(
                          was.id(),
                          given.text("name", was.name()),
                          given.text("description", was.description()),
                          given.has("filters") ? filters(given) : was.filters());
                  mustExist(sql, group.filters());
                  EndpointFilterStore.update(sql, group);
                  backend.epoch().end(sql);
                  return group;
                }));
  }

  private Answer delete(Call call) {
    return changed(sql -> EndpointFilterStore.delete(sql, group(sql, call).id()));
  }

  /** A change of what somebody's catalog shows. */
  private Answer changed(welkin.store.Database.Action action) {
    backend
        .database()
        .change(
            sql -> {
              action.run(sql);
              backend.epoch().end(sql);
            });
    return Answer.none();
  }

  private Answer endpointsOfGroup(Call call) {
    var rows =
        backend
            .database()
            .read(
                sql -> {
                  var group = group(sql, call);
                  return EndpointStore.all(sql).stream().filter(group::holds).toList();
                });
    return ListRequest.answer(
        call, "endpoints", rows.stream().map(e -> EndpointWire.show(call, e)).toList());
  }

  private Answer projects(Call call, BiFunction<Sql, Call, List<String>> ids) {
    var rows =
        backend
            .database()
            .read(
                sql ->
                    ProjectStore.findAll(sql, ids.apply(sql, call)).stream()
                        .sorted(Comparator.comparing(Project::id))
                        .toList());
    return ListRequest.answer(
        call, "projects", rows.stream().map(p -> ProjectWire.show(call, p)).toList());
  }

  private Answer projectsOfGroup(Call call) {
    return projects(call, (sql, c) -> EndpointFilterStore.projectsOfGroup(sql, group(sql, c).id()));
  }

  private Answer projectsOfEndpoint(Call call) {
    return projects(
        call, (sql, c) -> EndpointFilterStore.projectsOfEndpoint(sql, endpoint(sql, c)));
  }

  private Answer groupInProject(Call call) {
    var group =
        backend
            .database()
            .read(
                sql -> {
                  var found = group(sql, call);
                  if (!EndpointFilterStore.projectsOfGroup(sql, found.id())
                      .contains(project(sql, call))) {
                    throw Faults.notFound("endpoint group in project", found.id());
                  }
                  return found;
                });
    return one(200, call, group);
  }

  private Answer addGroup(Call call) {
    try {
      return changed(
          sql -> EndpointFilterStore.addGroup(sql, project(sql, call), group(sql, call).id()));
    } catch (DuplicateKey e) {
      throw Faults.taken("project_endpoint_group", "ID " + call.path("endpoint_group_id"));
    }
  }

  private Answer removeGroup(Call call) {
    return changed(
        sql -> {
          if (!EndpointFilterStore.removeGroup(sql, project(sql, call), group(sql, call).id())) {
            throw Faults.notFound("endpoint group in project", call.path("endpoint_group_id"));
          }
        });
  }

  private Answer groupsOfProject(Call call) {
    var rows =
        backend.database().read(sql -> EndpointFilterStore.groupsOf(sql, project(sql, call)));
    return ListRequest.answer(
        call, "endpoint_groups", rows.stream().map(g -> show(call, g)).toList());
  }

  private Answer endpointsOfProject(Call call) {
    var rows =
        backend
            .database()
            .read(
                sql -> {
                  var all = EndpointStore.all(sql);
                  var own =
                      ProjectEndpoints.load(sql, all).getOrDefault(project(sql, call), Set.of());
                  return all.stream().filter(e -> own.contains(e.id())).toList();
                });
    return ListRequest.answer(
        call, "endpoints", rows.stream().map(e -> EndpointWire.show(call, e)).toList());
  }

  private Answer checkEndpoint(Call call) {
    backend
        .database()
        .read(
            sql -> {
              if (!EndpointFilterStore.hasEndpoint(sql, project(sql, call), endpoint(sql, call))) {
                throw Faults.notFound("endpoint in project", call.path("endpoint_id"));
              }
              return null;
            });
    return Answer.none();
  }

  private Answer addEndpoint(Call call) {
    try {
      return changed(
          sql -> EndpointFilterStore.addEndpoint(sql, project(sql, call), endpoint(sql, call)));
    } catch (DuplicateKey e) {
      throw Faults.taken("project_endpoint", "ID " + call.path("endpoint_id"));
    }
  }

  private Answer removeEndpoint(Call call) {
    return changed(
        sql -> {
          if (!EndpointFilterStore.removeEndpoint(sql, project(sql, call), endpoint(sql, call))) {
            throw Faults.notFound("endpoint in project", call.path("endpoint_id"));
          }
        });
  }
}
