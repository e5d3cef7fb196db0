package welkin.identity.group;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.identity.ldap.Directories;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.shared.Fields;
import welkin.identity.shared.ListRequest;
import welkin.identity.user.User;
import welkin.identity.user.UserStore;

/** {@code /v3/groups}. */
public final class GroupApi {
  private static final Shape CREATE =
      Fields.body(
          "group",
          Shape.object()
              .required("name", Fields.SHORT_NAME)
              .optional("domain_id", Fields.ID)
              .optional("description", Fields.TEXT));
  private static final Shape UPDATE =
      Fields.body(
          "group",
          Shape.object()
              .optional("name", Fields.SHORT_NAME)
              .optional("domain_id", Fields.ID)
              .optional("description", Fields.TEXT)
              .minProps(1));

  private final Backend backend;
  private final Groups groups;
  private final Directories directories;

  public GroupApi(Backend backend, Directories directories) {
    this.backend = backend;
    this.groups = new Groups(backend, directories);
    this.directories = directories;
  }

  public Routes routes() {
    var r = new Routes("/v3/groups");
    r.get("", this::list).policyOnTarget("identity:list_groups");
    r.post("", this::create)
        .policyOnTarget("identity:create_group")
        .body(CREATE)
        .success(201)
        .shownBy("/groups/{group_id}");
    r.get("/{group_id}", this::show).policyOnTarget("identity:get_group");
    r.patch("/{group_id}", this::update)
        .policyOnTarget("identity:update_group")
        .bodyOnceAllowed(UPDATE);
    r.delete("/{group_id}", this::delete).policyOnTarget("identity:delete_group").success(204);
    r.get("/{group_id}/users", this::users).policyOnTarget("identity:list_users_in_group");
    r.get("/{group_id}/users/{user_id}", this::check)
        .policyOnTarget("identity:check_user_in_group")
        .success(204);
    r.put("/{group_id}/users/{user_id}", this::add)
        .policyOnTarget("identity:add_user_to_group")
        .success(204);
    r.delete("/{group_id}/users/{user_id}", this::remove)
        .policyOnTarget("identity:remove_user_from_group")
        .success(204);
    return r;
  }

  private Group enforced(Call call) {
    return enforced(call, Map.of());
  }

  private Group enforced(Call call, Map<String, Object> more) {
    var id = call.path("group_id");
    var group = groups.find(id);
    var target = new LinkedHashMap<String, Object>(more);
    group.ifPresent(g -> target.put("target.group.domain_id", g.domainId()));
    call.enforce(target);
    return group.orElseThrow(Faults.missing("group", id));
  }

  private static Answer one(int status, Call call, Group group) {
    var body = Json.object();
    body.set("group", GroupWire.show(call, group));
    return Answer.json(status, body);
  }

  private Answer list(Call call) {
    var domain = call.caller().domainId();
    call.enforce(domain == null ? Map.of() : Map.of("target.group.domain_id", domain));
    var request = ListRequest.of(call, "domain_id", "name").where("domain_id", domain);
    return request.answer(
        call, "groups", groups.list(request), g -> GroupWire.show(call, g), Group::id);
  }

  private Answer create(Call call) {
    var given = new Attributes(call.object("group"));
    var domain = Fields.domain(call, given);
    call.enforce(Map.of("target.group.domain_id", domain));
    return one(201, call, groups.create(given, domain));
  }

  private Answer show(Call call) {
    return one(200, call, enforced(call));
  }

  private Answer update(Call call) {
    return one(200, call, groups.update(enforced(call), new Attributes(call.object("group"))));
  }

  /** Whether there is a group is no secret here, as with keystone. */
  private Answer delete(Call call) {
    var id = call.path("group_id");
    groups.find(id).orElseThrow(Faults.missing("group", id));
    groups.delete(enforced(call));
    return Answer.none();
  }

  private Answer users(Call call) {
    var group = enforced(call);
    var request =
        ListRequest.of(call, "domain_id", "enabled", "name", "password_expires_at")
            .where("domain_id", call.caller().domainId());
    if (!request.goesOn()) {
      directories.freshMembersNow(group.id());
    }
    var rows = backend.database().read(sql -> UserStore.inGroup(sql, request, group.id()));
    return request.answer(
        call, "users", rows, u -> welkin.identity.user.UserWire.show(call, u), User::id);
  }

  private interface Work {
    void on(Group group, User user);
  }

  private Answer withBoth(Call call, Work work) {
    var id = call.path("user_id");
    directories.freshUser(id);
    Optional<User> user = backend.database().read(sql -> UserStore.find(sql, id));
    var more = new LinkedHashMap<String, Object>();
    user.ifPresent(u -> more.put("target.user.domain_id", u.domainId()));
    var group = enforced(call, more);
    work.on(group, user.orElseThrow(Faults.missing("user", id)));
    return Answer.none();
  }

  private Answer check(Call call) {
    return withBoth(
        call,
        (g, u) -> {
          if (!groups.contains(g, u.id())) {
            throw notIn(g, u);
          }
        });
  }

  private Answer add(Call call) {
    return withBoth(call, (g, u) -> groups.add(g, u.id()));
  }

  private Answer remove(Call call) {
    return withBoth(
        call,
        (g, u) -> {
          if (!groups.remove(g, u.id())) {
            throw notIn(g, u);
          }
        });
  }

  private static Fault notIn(Group g, User u) {
    return Fault.notFound("User '" + u.id() + "' not found in group '" + g.id() + "'");
  }
}
