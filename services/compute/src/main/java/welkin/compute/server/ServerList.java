package welkin.compute.server;

import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import welkin.compute.api.Timestamps;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.core.Regex;
import welkin.http.Call;
import welkin.http.Paging;
import welkin.store.Database;
import welkin.store.ListQuery;
import welkin.store.ListQuery.Sort;
import welkin.store.Row;
import welkin.store.Sql;

/** A list request as one query; only what SQL cannot say is filtered behind it. */
final class ServerList {
  /** Each is looked for by itself in the text of all; a server has 50 at most. */
  private static final int TAGS_MAX = 200;

  private static final List<Sort> NEWEST_FIRST =
      List.of(new Sort("created_at", false), new Sort("uuid", false));
  private static final Map<String, String> SORTS =
      Map.ofEntries(
          Map.entry("access_ip_v4", "COALESCE(access_ip_v4, '')"),
          Map.entry("access_ip_v6", "COALESCE(access_ip_v6, '')"),
          Map.entry("auto_disk_config", "disk_config"),
          Map.entry("availability_zone", "COALESCE(zone, '')"),
          Map.entry("config_drive", "config_drive"),
          Map.entry("created_at", "created_at"),
          Map.entry("display_description", "COALESCE(description, '')"),
          Map.entry("display_name", "name"),
          Map.entry("name", "name"),
          Map.entry("host", "COALESCE(host, '')"),
          Map.entry("hostname", "hostname"),
          Map.entry("image_ref", "COALESCE(image_id, '')"),
          Map.entry("instance_type_id", "flavor_id"),
          Map.entry("key_name", "COALESCE(key_name, '')"),
          Map.entry("launch_index", "launch_index"),
          Map.entry("launched_at", "COALESCE(launched_at, 0)"),
          Map.entry("locked", "COALESCE(locked_by, '')"),
          Map.entry("locked_by", "COALESCE(locked_by, '')"),
          Map.entry("node", "COALESCE(node, '')"),
          Map.entry("power_state", "power_state"),
          Map.entry("progress", "progress"),
          Map.entry("project_id", "project_id"),
          Map.entry("root_device_name", "COALESCE(root_device, '')"),
          Map.entry("task_state", "COALESCE(task_state, '')"),
          Map.entry("terminated_at", "COALESCE(terminated_at, 0)"),
          Map.entry("updated_at", "updated_at"),
          Map.entry("user_id", "COALESCE(user_id, '')"),
          Map.entry("uuid", "id"),
          Map.entry("id", "id"),
          Map.entry("vm_state", "vm_state"),
          Map.entry("status", "vm_state"));

  /** What clients may filter by; administrators by more. */
  private static final Set<String> FOR_ALL =
      Set.of(
          "reservation_id",
          "name",
          "status",
          "image",
          "flavor",
          "ip",
          "ip6",
          "changes-since",
          "changes-before",
          "all_tenants",
          "tags",
          "tags-any",
          "not-tags",
          "not-tags-any",
          "locked",
          "hostname",
          "availability_zone",
          "config_drive",
          "key_name",
          "created_at",
          "launched_at",
          "power_state",
          "progress",
          "task_state",
          "vm_state",
          "terminated_at",
          "user_id",
          "description",
          "sort_key",
          "sort_dir",
          "limit",
          "marker");

  /** Known, but ignored unless an administrator asks. */
  private static final Set<String> FOR_ADMINS =
      Set.of(
          "host",
          "node",
          "tenant_id",
          "project_id",
          "deleted",
          "uuid",
          "instance_name",
          "access_ip_v4",
          "access_ip_v6",
          "auto_disk_config",
          "launch_index",
          "locked_by",
          "root_device_name",
          "ephemeral_key_uuid",
          "kernel_id",
          "ramdisk_id",
          "system_metadata",
          "metadata",
          "hypervisor_hostname",
          "display_description",
          "display_name",
          "image_ref",
          "instance_type_id",
          "shutdown_terminate",
          "vm_mode",
          "cell_name",
          "cleaned",
          "default_ephemeral_device",
          "default_swap_device",
          "root_gb",
          "ephemeral_gb",
          "memory_mb",
          "vcpus",
          "soft_deleted");

  private static final Set<String> SORT_IS_WITHHELD = Set.of("host", "node");

  private final Call call;
  private final boolean everything;
  private final ListQuery query;
  private final List<Predicate<Server>> rest = new ArrayList<>();
  private final Paging page;
  private final boolean userData;
  private boolean nothing;

  /**
   * @param everything whether the caller may filter by everything
   * @param userData whether user data is to be read
   */
  ServerList(Call call, boolean everything, boolean userData, Paging page) {
    this.call = call;
    this.everything = everything;
    this.page = page;
    this.query = ServerStore.list(userData);
    this.userData = userData;
    refuseUnknown();
    scope();
    time();
    states();
    texts();
    tags();
    addresses();
  }

  static Paging page(Call call, int max) {
    var page = Paging.of(call, max, NEWEST_FIRST);
    for (var sort : page.sorts()) {
      if (!SORTS.containsKey(sort.key())
          || SORT_IS_WITHHELD.contains(sort.key()) && !call.caller().isAdmin()) {
        throw Fault.badRequest(
            "Invalid input for query parameters sort_key. Value: "
                + sort.key()
                + ". '"
                + sort.key()
                + "' is not one of "
                + SORTS.keySet().stream().sorted().toList());
      }
      if (sort.key().equals("locked") && !call.at(2, 73)) {
        throw Fault.badRequest("Invalid sort key 'locked'");
      }
    }
    return page;
  }

  private void refuseUnknown() {
    if (!call.at(2, 75)) {
      return;
    }
    for (var name : call.query().keySet()) {
      if (!FOR_ALL.contains(name) && !FOR_ADMINS.contains(name)) {
        throw Fault.badRequest(
            "Additional properties are not allowed ('" + name + "' was unexpected)");
      }
    }
  }

  private boolean all() {
    var text = call.query("all_tenants");
    if (text == null) {
      return false;
    }
    try {
      return call.queryFlag("all_tenants", false);
    } catch (Fault f) {
      throw Fault.badRequest(
          "Invalid input for query parameters all_tenants. Value: "
              + text
              + ". '"
              + text
              + "' is not a boolean");
    }
  }

  /** Whether every project's servers were asked for. */
  static boolean allTenants(Call call) {
    return call.query("all_tenants") != null && call.queryFlag("all_tenants", false);
  }

  private void scope() {
    if (all()) {
      var project = call.query("project_id") != null ? "project_id" : "tenant_id";
      query.whereIfGiven("project_id", call.query(project));
    } else {
      query.where("project_id = ?", call.caller().projectId());
    }
    boolean deleted =
        call.query("deleted") != null && everything && call.queryFlag("deleted", false);
    if (deleted) {
      query.where("deleted = 1");
    } else if (call.query("changes-since") == null) {
      query.where("deleted = 0");
    }
  }

  private void time() {
    var since = call.query("changes-since");
    var before = call.query("changes-before");
    if (since != null) {
      var start = Timestamps.parse(since, "changes-since");
      // the index knows the hour only, so that most changes of a server touch no index
      query.where("updated_hour >= ?", start.truncatedTo(ChronoUnit.HOURS));
      query.where("updated_at >= ?", start);
    }
    if (before != null && call.at(2, 66)) {
      var end = Timestamps.parse(before, "changes-before");
      if (since != null && end.isBefore(Timestamps.parse(since, "changes-since"))) {
        throw Fault.badRequest(
            "The value of changes-since must be less than or equal to" + " changes-before.");
      }
      query.where("updated_at <= ?", end);
    }
  }

  private void states() {
    var wanted = call.queryAll("status");
    if (!wanted.isEmpty()) {
      var conditions = new ArrayList<String>();
      var args = new ArrayList<>();
      for (var status : wanted) {
        if (status.equalsIgnoreCase("deleted") && !everything) {
          throw Fault.forbidden("Only administrators may list deleted instances");
        }
        var condition = States.condition(status, args);
        if (condition != null) {
          conditions.add(condition);
        } else if (call.at(2, 38)) {
          throw Fault.badRequest("Invalid status value");
        }
      }
      if (conditions.isEmpty()) {
        nothing = true;
      } else {
        query.where("(" + String.join(") OR (", conditions) + ")", args.toArray());
      }
    }
  }

  private void texts() {
    like("name", "name", Server::name);
    if (everything || call.at(2, 83)) {
      like("hostname", "hostname", Server::hostname);
    }
    same("image", "image_id");
    same("reservation_id", "reservation_id");
    var flavor = call.query("flavor");
    if (flavor != null) {
      query.where("flavor_id = ?", flavor.substring(flavor.lastIndexOf('/') + 1));
    }
    if (call.at(2, 73) && call.query("locked") != null) {
      query.where(call.queryFlag("locked", false) ? "locked_by IS NOT NULL" : "locked_by IS NULL");
    }
    if (everything || call.at(2, 83)) {
      same("availability_zone", "zone");
      same("key_name", "key_name");
      same("task_state", "task_state");
      same("vm_state", "vm_state");
      same("user_id", "user_id");
      same("description", "description");
      query.whereIfGiven("power_state", call.queryNumber("power_state"));
      query.whereIfGiven("progress", call.queryNumber("progress"));
      if (call.query("config_drive") != null) {
        query.where("config_drive = ?", call.queryFlag("config_drive", true));
      }
    }
    if (everything) {
      same("host", "host");
      same("node", "node");
      same("uuid", "id");
      same("root_device_name", "root_device");
      metadata();
    }
  }

  private void metadata() {
    var text = call.query("metadata");
    if (text != null) {
      var wanted = Json.parse(text.replace('\'', '"'));
      rest.add(
          s ->
              wanted.properties().stream()
                  .allMatch(e -> e.getValue().asString().equals(s.metadata().get(e.getKey()))));
    }
  }

  private void same(String parameter, String column) {
    query.whereIfGiven(column, call.query(parameter));
  }

  /** A regular expression; one without special characters is looked for by SQL. */
  private void like(
      String parameter, String column, java.util.function.Function<Server, String> of) {
    var text = call.query(parameter);
    if (text == null || text.isEmpty()) {
      return;
    }
    if (text.matches("[a-zA-Z0-9-]+")) {
      query.where(
          "LOWER(" + column + ") LIKE ?", "%" + text.toLowerCase(java.util.Locale.ROOT) + "%");
    } else {
      var pattern = pattern(parameter, text);
      rest.add(s -> Regex.find(pattern, of.apply(s)));
    }
  }

  private static Pattern pattern(String parameter, String text) {
    try {
      return Regex.compile(text, Pattern.CASE_INSENSITIVE);
    } catch (PatternSyntaxException e) {
      throw Fault.badRequest(
          "Invalid input for query parameters "
              + parameter
              + ". Value: "
              + text
              + ". '"
              + text
              + "' is not a 'regex'");
    }
  }

  private void tags() {
    if (!call.at(2, 26)) {
      return;
    }
    tag("tags", true, false);
    tag("tags-any", false, false);
    tag("not-tags", true, true);
    tag("not-tags-any", false, true);
  }

  private void tag(String parameter, boolean every, boolean not) {
    var text = call.query(parameter);
    if (text == null) {
      return;
    }
    var given = Arrays.stream(text.split(",")).distinct().toList();
    if (given.isEmpty()) { // of a comma alone nothing is left
      return;
    }
    if (given.size() > TAGS_MAX) {
      throw Fault.badRequest(
          parameter + " asks for " + given.size() + " tags, which are more than " + TAGS_MAX);
    }
    var conditions = new ArrayList<String>();
    var args = new ArrayList<>();
    for (var tag : given) {
      conditions.add("tags LIKE ? ESCAPE '!'");
      args.add("%" + Json.text(tag).replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%");
    }
    var joined = String.join(every ? " AND " : " OR ", conditions);
    query.where(not ? "NOT (" + joined + ")" : joined, args.toArray());
  }

  private void addresses() {
    address("ip", 4);
    if (everything || call.at(2, 5)) {
      address("ip6", 6);
    }
  }

  private void address(String parameter, int version) {
    var text = call.query(parameter);
    if (text != null) {
      var pattern = pattern(parameter, text);
      rest.add(
          s ->
              s.nics().stream()
                  .flatMap(n -> n.ips().stream())
                  .anyMatch(ip -> ip.version() == version && Regex.find(pattern, ip.address())));
    }
  }

  List<Server> read(Database database) {
    return nothing ? List.of() : database.read(this::read);
  }

  private List<Server> read(Sql sql) {
    query.sort(page.sorts(), SORTS);
    if (rest.isEmpty()) {
      return query.after(sql, marker(sql)).limit(page.limit()).list(sql, mapper());
    }
    var found = new ArrayList<Server>();
    for (var server : query.after(sql, marker(sql)).limit(null).list(sql, mapper())) {
      if (rest.stream().allMatch(p -> p.test(server))) {
        found.add(server);
        if (page.limit() != null && found.size() >= page.limit()) {
          break;
        }
      }
    }
    return found;
  }

  private String marker(Sql sql) {
    var marker = page.marker();
    if (marker != null && ServerStore.findEver(sql, marker).isEmpty()) {
      throw Fault.badRequest("marker [" + marker + "] not found");
    }
    return marker;
  }

  private Row.Mapper<Server> mapper() {
    return userData ? ServerStore::mapWithUserData : ServerStore::map;
  }
}
