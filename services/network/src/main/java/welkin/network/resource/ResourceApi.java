package welkin.network.resource;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.core.RequestContext;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.network.resource.ResourceStore.Listed;
import welkin.store.Database;

/** The five usual routes of a noun: list, create (one or many), show, update, delete. */
public final class ResourceApi {
  private final Database database;
  private final Access access;
  private final Noun noun;

  public ResourceApi(Database database, Access access, Noun noun) {
    this.database = database;
    this.access = access;
    this.noun = noun;
  }

  public Routes routes(Routes routes) {
    return change(read(routes));
  }

  /** List and show. */
  public Routes read(Routes routes) {
    var name = noun.attributes().singular();
    var path = "/" + noun.path();
    routes.get(path, this::list).policyOnTarget("get_" + name);
    routes.get(path + "/{id}", this::show).policyOnTarget("get_" + name);
    return routes;
  }

  private Routes change(Routes routes) {
    var name = noun.attributes().singular();
    var path = "/" + noun.path();
    routes
        .post(path, this::create)
        .policyOnTarget("create_" + name)
        .success(201)
        .shownBy(path + "/{id}");
    if (access.has("update_" + name)) {
      routes.put(path + "/{id}", this::update).policyOnTarget("update_" + name);
    }
    routes.delete(path + "/{id}", this::delete).policyOnTarget("delete_" + name).success(204);
    return routes;
  }

  private Answer list(Call call) {
    call.enforcedByFilter();
    noun.prepare(database, call);
    return database.read(
        sql -> {
          var listing = new Listing(call, noun, access);
          var rows = listing.rows(sql);
          var fields = Set.copyOf(call.queryAll("fields"));
          var key = noun.attributes().plural();
          var links = listing.links(rows);
          if (noun.asKept() && fields.isEmpty()) {
            return raw(key, allowed(call.caller(), rows), links, call.caller());
          }
          var out = Json.object();
          var list = out.putArray(key);
          var page =
              noun.complete(
                  sql, call.caller(), rows.stream().map(Listed::resource).toList(), fields);
          var targets = access.targets(sql, call.caller(), noun, page);
          for (int i = 0; i < page.size(); i++) {
            var r = page.get(i);
            var target = targets.get(i);
            if (access.allows("get_" + noun.attributes().singular(), call.caller(), target)) {
              list.add(shown(call.caller(), r, target, fields));
            }
          }
          if (!links.isEmpty()) {
            out.set(key + "_links", links);
          }
          return Answer.ok(out);
        });
  }

  private List<Listed> allowed(Caller caller, List<Listed> rows) {
    var rule = "get_" + noun.attributes().singular();
    var out = new ArrayList<Listed>(rows.size());
    for (var r : rows) {
      if (access.allows(rule, caller, target(r))) {
        out.add(r);
      }
    }
    return out;
  }

  private static Map<String, Object> target(Listed r) {
    var t = new HashMap<String, Object>(8);
    t.put("project_id", r.projectId());
    t.put("tenant_id", r.projectId());
    t.put("network:project_id", r.parentProject());
    return t;
  }

  /** Documents put one after the other as they are kept: nothing is parsed for a long list. */
  private Answer raw(String key, List<Listed> rows, JsonNode links, Caller caller) {
    var hidden = noun.store().hidden();
    var out = new StringBuilder(rows.size() * 1200 + 64);
    out.append("{\"").append(key).append("\": [");
    boolean first = true;
    for (var r : rows) {
      if (!first) {
        out.append(", ");
      }
      first = false;
      int seen = access.seen(caller, noun.attributes().singular(), hidden, target(r));
      if (seen == 0 || r.adminDoc().length() <= 2) {
        out.append(r.doc());
      } else if (seen == hidden.size()) {
        out.append(r.doc(), 0, r.doc().length() - 1)
            .append(',')
            .append(r.adminDoc(), 1, r.adminDoc().length());
      } else {
        var document = r.resource().document();
        access.hide(caller, noun, document, target(r));
        out.append(Json.text(document));
      }
    }
    out.append(']');
    if (!links.isEmpty()) {
      out.append(", \"").append(key).append("_links\": ").append(Json.text(links));
    }
    var bytes = out.append('}').toString().getBytes(StandardCharsets.UTF_8);
    return new Answer(200, Map.of("Content-Type", "application/json"), bytes, null, -1);
  }

  private Answer show(Call call) {
    return database.read(
        sql -> {
          var current = noun.get(sql, call.path("id"));
          var r = noun.complete(sql, call.caller(), List.of(current)).getFirst();
          var target = access.see(sql, call.caller(), noun, r);
          call.enforcedByFilter();
          var fields = Set.copyOf(call.queryAll("fields"));
          return one(200, shown(call.caller(), r, target, fields));
        });
  }

  private Answer create(Call call) {
    var a = noun.attributes();
    var caller = call.caller();
    call.enforcedByFilter();
    boolean many = call.object().has(a.plural()) && !call.object().has(a.singular());
    var bodies = new ArrayList<ObjectNode>();
    if (many) {
      var list = call.object().get(a.plural());
      if (!list.isArray() || list.isEmpty()) {
        throw Faults.badRequest("Resource body required");
      }
      for (var item : list) {
        bodies.add(
            asObject(
                item.isObject() && item.size() == 1 && item.has(a.singular())
                    ? item.get(a.singular())
                    : item));
      }
    } else {
      bodies.add(body(call));
    }
    refuseOthers(call, many ? a.plural() : a.singular());
    var values = bodies.stream().map(a::create).toList();
    values.forEach(v -> own(caller, v));
    return database.tx(
        sql -> {
          var list = Json.array();
          for (int i = 0; i < values.size(); i++) {
            var target = access.create(sql, caller, noun, bodies.get(i), values.get(i));
            var made = noun.create(sql, caller, values.get(i));
            list.add(answer(sql, caller, made, target));
          }
          claim(Json.string(list.get(0), "id"));
          return call.settled(
              many
                  ? Answer.json(201, Json.object().set(a.plural(), list))
                  : one(201, (ObjectNode) list.get(0)));
        });
  }

  /** An idempotency key stands for what was asked for, not for what had to be made first. */
  private static void claim(String id) {
    var claim = RequestContext.current().claim();
    if (claim != null) {
      claim.resource().set(id);
    }
  }

  private Answer update(Call call) {
    call.enforcedByFilter();
    var body = body(call);
    refuseOthers(call, noun.attributes().singular());
    return database.tx(
        sql -> {
          var current = noun.get(sql, call.path("id"));
          var full = noun.complete(sql, call.caller(), List.of(current.copy())).getFirst();
          var target = access.see(sql, call.caller(), noun, full);
          var changes = noun.attributes().update(body);
          access.update(call.caller(), noun, target, changes);
          precondition(call, current);
          changes.remove("revision_number");
          var after = noun.update(sql, call.caller(), current, changes);
          return one(200, answer(sql, call.caller(), after, target));
        });
  }

  private Answer delete(Call call) {
    call.enforcedByFilter();
    database.change(
        sql -> {
          var current = noun.get(sql, call.path("id"));
          var full = noun.complete(sql, call.caller(), List.of(current.copy())).getFirst();
          access.act(sql, call.caller(), noun, full, "delete_" + noun.attributes().singular());
          precondition(call, current);
          noun.delete(sql, call.caller(), current);
        });
    return Answer.none();
  }

  /** A made or changed resource as its caller sees it. */
  public ObjectNode answer(welkin.store.Sql sql, Caller caller, Resource r) {
    var full = noun.complete(sql, caller, List.of(r.copy())).getFirst();
    return shown(caller, full, access.target(sql, caller, noun, full.document()), Set.of());
  }

  private ObjectNode answer(
      welkin.store.Sql sql, Caller caller, Resource r, Map<String, Object> allowed) {
    var full = noun.complete(sql, caller, List.of(r.copy())).getFirst();
    return shown(caller, full, Access.after(allowed, full.document()), Set.of());
  }

  private ObjectNode shown(
      Caller caller, Resource r, Map<String, Object> target, Set<String> fields) {
    var document = noun.attributes().ordered(r.document());
    access.hide(caller, noun, document, target);
    if (!fields.isEmpty()) {
      document.retain(fields);
    }
    return document;
  }

  private Answer one(int status, ObjectNode document) {
    return Answer.json(status, Json.object().set(noun.attributes().singular(), document));
  }

  private ObjectNode body(Call call) {
    var key = noun.attributes().singular();
    var v = call.object().get(key);
    if (v == null) {
      throw Faults.badRequest("Unable to find '" + key + "' in request body");
    }
    return asObject(v);
  }

  private static void refuseOthers(Call call, String key) {
    for (var name : call.object().propertyNames()) {
      if (!name.equals(key)) {
        throw Faults.badRequest("Unrecognized attribute(s) '" + name + "'");
      }
    }
  }

  private ObjectNode asObject(JsonNode v) {
    if (v instanceof ObjectNode o) {
      return o;
    }
    throw Faults.badRequest("Resource body required");
  }

  /** The owner: the caller's project unless an administrator says otherwise. */
  private void own(Caller caller, ObjectNode values) {
    var tenant = Json.string(values, "tenant_id");
    var project = Json.string(values, "project_id");
    if (tenant != null && project != null && !tenant.equals(project)) {
      throw Faults.badRequest("'project_id' and 'tenant_id' do not match");
    }
    var wanted = project != null ? project : tenant;
    if (wanted != null && !wanted.equals(caller.projectId()) && !access.isAdmin(caller)) {
      throw Faults.badRequest(
          "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request"
              + " requires admin privileges");
    }
    var owner = wanted != null ? wanted : caller.projectId();
    if (owner == null) {
      throw Faults.badRequest(
          "Running without keystone AuthN requires that tenant_id is specified");
    }
    values.put("project_id", owner);
    values.put("tenant_id", owner);
  }

  /** {@code If-Match: revision_number=N}. */
  private static void precondition(Call call, Resource current) {
    var header = call.header("if-match");
    if (header == null) {
      return;
    }
    if (!header.matches("revision_number=\\d+")) {
      throw Faults.badRequest("Invalid value for If-Match: " + header);
    }
    long expected = Long.parseLong(header.substring(header.indexOf('=') + 1));
    if (expected != current.revision()) {
      throw Fault.of(
          412,
          "RevisionNumberConstraintFailed",
          "Constrained to " + expected + ", but current revision is " + current.revision());
    }
  }
}
