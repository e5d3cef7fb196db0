package welkin.compute.server;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;
import welkin.compute.api.Links;
import welkin.compute.host.Hosts;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.BoolShape;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.policy.PolicyEngine;
import welkin.store.Database;

/** {@code /servers}: create, list, show, change, delete, metadata, tags, addresses, why. */
public final class ServerApi {
  private static final String RULE = "os_compute_api:servers:";
  private static final String META = "os_compute_api:server-metadata:";
  private static final String TAGS = "os_compute_api:os-server-tags:";
  private static final int PAGE_MAX = 1000;

  private final Servers servers;
  private final Lookup lookup;
  private final Database database;
  private final Hosts hosts;
  private final PolicyEngine policy;
  private final Why why;

  public ServerApi(
      Servers servers, Lookup lookup, Database database, Hosts hosts, PolicyEngine policy) {
    this.servers = servers;
    this.lookup = lookup;
    this.database = database;
    this.hosts = hosts;
    this.policy = policy;
    this.why = new Why(database);
  }

  public Routes routes() {
    var r = new Routes("/v2.1");
    r.post("/servers", this::create)
        .policy(RULE + "create")
        .body(ServerShapes.CREATE)
        .success(202)
        .shownBy("/servers/{id}")
        .summary("Boots a server.");
    r.get("/servers", this::list).policy(RULE + "index").summary("Servers by name.");
    r.get("/servers/detail", this::detail)
        .policy(RULE + "detail")
        .summary("Servers with every field.");
    r.get("/servers/{id}", this::show).policyOnTarget(RULE + "show").summary("One server.");
    r.put("/servers/{id}", this::update)
        .policyOnTarget(RULE + "update")
        .body(ServerShapes.UPDATE)
        .summary("Changes name, description, host name and the like.");
    r.delete("/servers/{id}", this::delete)
        .policyOnTarget(RULE + "delete")
        .success(204)
        .summary("Deletes a server.");
    r.get("/servers/{id}/why", this::why)
        .policyOnTarget(RULE + "show")
        .summary("Why the server is where and how it is: rejected hosts, work under way.");
    r.get("/servers/{id}/metadata", this::metadata)
        .policyOnTarget(META + "index")
        .summary("The metadata.");
    r.post("/servers/{id}/metadata", this::addMetadata)
        .policyOnTarget(META + "create")
        .body(ServerShapes.METADATA)
        .summary("Adds and replaces metadata.");
    r.put("/servers/{id}/metadata", this::setMetadata)
        .policyOnTarget(META + "update_all")
        .body(ServerShapes.METADATA)
        .summary("Replaces all metadata.");
    r.get("/servers/{id}/metadata/{key}", this::meta)
        .policyOnTarget(META + "show")
        .summary("One item of metadata.");
    r.put("/servers/{id}/metadata/{key}", this::setMeta)
        .policyOnTarget(META + "update")
        .body(ServerShapes.META)
        .summary("Sets one item of metadata.");
    r.delete("/servers/{id}/metadata/{key}", this::deleteMeta)
        .policyOnTarget(META + "delete")
        .success(204)
        .summary("Removes one item of metadata.");
    r.get("/servers/{id}/tags", this::tags)
        .policyOnTarget(TAGS + "index")
        .since(2, 26)
        .summary("The tags.");
    r.put("/servers/{id}/tags", this::setTags)
        .policyOnTarget(TAGS + "update_all")
        .since(2, 26)
        .body(ServerShapes.ALL_TAGS)
        .summary("Replaces all tags.");
    r.delete("/servers/{id}/tags", this::clearTags)
        .policyOnTarget(TAGS + "delete_all")
        .since(2, 26)
        .success(204)
        .summary("Removes all tags.");
    r.get("/servers/{id}/tags/{tag}", this::hasTag)
        .policyOnTarget(TAGS + "show")
        .since(2, 26)
        .success(204)
        .summary("Whether the server has a tag.");
    r.put("/servers/{id}/tags/{tag}", this::addTag)
        .policyOnTarget(TAGS + "update")
        .since(2, 26)
        .success(201)
        .summary("Adds a tag.");
    r.delete("/servers/{id}/tags/{tag}", this::removeTag)
        .policyOnTarget(TAGS + "delete")
        .since(2, 26)
        .success(204)
        .summary("Removes a tag.");
    r.get("/servers/{id}/ips", this::ips)
        .policyOnTarget("os_compute_api:ips:index")
        .summary("The addresses.");
    r.get("/servers/{id}/ips/{network}", this::ipsOf)
        .policyOnTarget("os_compute_api:ips:show")
        .summary("The addresses in one network.");
    return r;
  }

  private Answer create(Call call) {
    var body = call.object("server");
    var made = servers.create(call.caller(), CreateReader.read(call));
    var first = made.getFirst();
    if (BoolShape.read(body.get("return_reservation_id"), false)) {
      return Answer.json(202, Map.of("reservation_id", first.reservationId()));
    }
    var given = Json.string(body, "adminPass");
    var password = given == null ? AdminPasswords.make() : given;
    return Answer.json(202, Json.object().set("server", ServerWire.created(call, first, password)))
        .with("Location", call.base() + "/v2.1/servers/" + first.id());
  }

  private Answer list(Call call) {
    return list(call, false);
  }

  private Answer detail(Call call) {
    return list(call, true);
  }

  private Answer list(Call call, boolean full) {
    if (ServerList.allTenants(call)) {
      policy.enforce(
          RULE + (full ? "detail" : "index") + ":get_all_tenants", call.caller(), call.own());
    }
    boolean attributes = full && maySeeAttributes(call);
    boolean everything = policy.allows(RULE + "allow_all_filters", call.caller(), call.own());
    var page = ServerList.page(call, PAGE_MAX);
    var found = new ServerList(call, everything, attributes && call.at(2, 3), page).read(database);
    var sight = full ? sight(call, attributes, null) : null;
    var links = Json.object();
    Links.next(links, "servers", call, page, found.stream().map(Server::id).toList());
    return Answer.listing(
        "servers",
        found,
        s -> full ? ServerWire.full(call, s, sight) : ServerWire.brief(call, s),
        links);
  }

  private boolean maySeeAttributes(Call call) {
    return policy.allows("os_compute_api:os-extended-server-attributes", call.caller(), call.own());
  }

  private ServerWire.Sight sight(Call call, boolean attributes, List<String> groups) {
    boolean status = policy.allows(RULE + "show:host_status", call.caller(), call.own());
    boolean specs =
        call.at(2, 47)
            && policy.allows(RULE + "show:flavor-extra-specs", call.caller(), call.own());
    return new ServerWire.Sight(attributes, specs, status ? this::hostStatus : null, groups);
  }

  private String hostStatus(String host) {
    return hosts
        .find(host)
        .map(
            h ->
                h.forcedDown()
                    ? "DOWN"
                    : h.disabled() ? "MAINTENANCE" : hosts.up(h) ? "UP" : "UNKNOWN")
        .orElse("UNKNOWN");
  }

  /** A server with every field, as show and update answer it. */
  ObjectNode view(Call call, Server server) {
    var groups =
        server.boot() == null || server.boot().groupId() == null
            ? List.<String>of()
            : List.of(server.boot().groupId());
    return ServerWire.full(call, server, sight(call, maySeeAttributes(call), groups));
  }

  private Answer show(Call call) {
    return Answer.ok(Json.object().set("server", view(call, lookup.server(call))));
  }

  private Answer update(Call call) {
    var server = lookup.server(call);
    var body = call.object("server");
    var columns = new ArrayList<>();
    column(body, columns, "name", "name");
    column(body, columns, "description", "description");
    column(body, columns, "hostname", "hostname");
    column(body, columns, "accessIPv4", "access_ip_v4");
    column(body, columns, "accessIPv6", "access_ip_v6");
    column(body, columns, "OS-DCF:diskConfig", "disk_config");
    var changed = servers.update(server, columns.toArray());
    return Answer.ok(Json.object().set("server", changedView(call, changed)));
  }

  /** As changes answer it: before 2.75 without what extensions added. */
  ObjectNode changedView(Call call, Server server) {
    var out = view(call, server);
    out.remove("OS-EXT-SRV-ATTR:user_data");
    if (!call.at(2, 75)) {
      out.set("addresses", plain(server));
      out.remove("key_name");
      out.remove("config_drive");
      out.remove("security_groups");
      out.remove("host_status");
      out.remove(
          out.propertyNames().stream()
              .filter(
                  n ->
                      n.startsWith("OS-") && !n.equals("OS-DCF:diskConfig")
                          || n.startsWith("os-extended"))
              .toList());
    }
    return out;
  }

  /** Adds a column and its value when the request has the field. */
  static void column(ObjectNode body, List<Object> columns, String field, String column) {
    if (body.has(field)) {
      columns.add(column);
      columns.add(
          field.equals("accessIPv6")
              ? Addresses.canonical(Json.string(body, field))
              : Json.string(body, field));
    }
  }

  private Answer delete(Call call) {
    servers.delete(lookup.unlocked(call), false);
    return Answer.none();
  }

  private Answer why(Call call) {
    return Answer.ok(Json.object().set("why", why.of(lookup.everServer(call), call.caller())));
  }

  private Answer metadata(Call call) {
    return Answer.ok(Map.of("metadata", lookup.server(call).metadata()));
  }

  private Answer addMetadata(Call call) {
    var server = lookup.unlocked(call);
    var all = new LinkedHashMap<>(server.metadata());
    all.putAll(CreateReader.texts(call.object("metadata")));
    return Answer.ok(Map.of("metadata", servers.metadata(server, Moves.UPDATE_METADATA, all)));
  }

  private Answer setMetadata(Call call) {
    var server = lookup.unlocked(call);
    var items = CreateReader.texts(call.object("metadata"));
    return Answer.ok(Map.of("metadata", servers.metadata(server, Moves.UPDATE_METADATA, items)));
  }

  private Answer meta(Call call) {
    var key = call.path("key");
    return Answer.ok(Map.of("meta", Map.of(key, item(lookup.server(call), key))));
  }

  private static String item(Server server, String key) {
    var value = server.metadata().get(key);
    if (value == null) {
      throw Fault.notFound("Metadata item was not found");
    }
    return value;
  }

  private Answer setMeta(Call call) {
    var server = lookup.unlocked(call);
    var items = CreateReader.texts(call.object("meta"));
    if (!items.containsKey(call.path("key"))) {
      throw Fault.badRequest("Request body and URI mismatch");
    }
    var all = new LinkedHashMap<>(server.metadata());
    all.putAll(items);
    servers.metadata(server, Moves.UPDATE_METADATA, all);
    return Answer.ok(Map.of("meta", items));
  }

  private Answer deleteMeta(Call call) {
    var server = lookup.unlocked(call);
    item(server, call.path("key"));
    var all = new LinkedHashMap<>(server.metadata());
    all.remove(call.path("key"));
    servers.metadata(server, Moves.DELETE_METADATA, all);
    return Answer.none();
  }

  private Answer tags(Call call) {
    return Answer.ok(Map.of("tags", lookup.server(call).tags()));
  }

  private Answer setTags(Call call) {
    var server = lookup.unlocked(call);
    var tags = CreateReader.tags(call.object().get("tags"));
    return Answer.ok(Map.of("tags", servers.tags(server, tags)));
  }

  private Answer clearTags(Call call) {
    servers.tags(lookup.unlocked(call), List.of());
    return Answer.none();
  }

  private Answer hasTag(Call call) {
    var server = lookup.server(call);
    mustHave(server, call.path("tag"));
    return Answer.none();
  }

  private static void mustHave(Server server, String tag) {
    if (!server.tags().contains(tag)) {
      throw Fault.notFound("Server " + server.id() + " has no tag '" + tag + "'");
    }
  }

  private Answer addTag(Call call) {
    var server = lookup.unlocked(call);
    var tag = call.path("tag");
    ServerShapes.TAG.check(Json.tree(tag), call.version());
    if (server.tags().contains(tag)) {
      return Answer.none();
    }
    var all = new ArrayList<>(server.tags());
    all.add(tag);
    servers.tags(server, all);
    return Answer.empty(201)
        .with("Location", call.base() + "/v2.1/servers/" + server.id() + "/tags/" + tag);
  }

  private Answer removeTag(Call call) {
    var server = lookup.unlocked(call);
    mustHave(server, call.path("tag"));
    servers.tags(server, server.tags().stream().filter(t -> !t.equals(call.path("tag"))).toList());
    return Answer.none();
  }

  private Answer ips(Call call) {
    return Answer.ok(Json.object().set("addresses", plain(lookup.server(call))));
  }

  private Answer ipsOf(Call call) {
    var network = call.path("network");
    var all = plain(lookup.server(call));
    if (!all.has(network)) {
      throw Fault.notFound("Network name not found");
    }
    return Answer.ok(Json.object().set(network, all.get(network)));
  }

  /** Addresses without the extensions that servers show. */
  private static ObjectNode plain(Server server) {
    var all = ServerWire.addresses(server);
    for (var network : all) {
      for (var ip : network) {
        ((ObjectNode) ip).remove(List.of("OS-EXT-IPS:type", "OS-EXT-IPS-MAC:mac_addr"));
      }
    }
    return all;
  }
}
