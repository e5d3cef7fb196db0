package welkin.identity.user;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.core.Json;
import welkin.core.Secret;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.identity.assignment.AssignmentStore;
import welkin.identity.federation.shadow.ExpiringMembershipStore;
import welkin.identity.group.GroupStore;
import welkin.identity.group.GroupWire;
import welkin.identity.ldap.Directories;
import welkin.identity.project.ProjectStore;
import welkin.identity.project.ProjectWire;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.shared.Fields;
import welkin.identity.shared.ListRequest;

/** {@code /v3/users}. */
public final class UserApi {
  private static final Shape FEDERATED =
      Shape.array(
          Shape.object()
              .required("idp_id", Shape.string())
              .required(
                  "protocols",
                  Shape.array(
                          Shape.object()
                              .required("protocol_id", Shape.string())
                              .required("unique_id", Shape.string().length(1, 255)))
                      .min(1)));
  private static final Shape CREATE =
      Fields.body(
          "user",
          Shape.object()
              .required("name", Fields.NAME)
              .optional("domain_id", Fields.ID)
              .optional("default_project_id", Fields.ID.nullable())
              .optional("description", Fields.TEXT)
              .optional("enabled", Fields.FLAG)
              .optional("password", Shape.string().nullable().secret())
              .optional("federated", FEDERATED)
              .optional("options", Fields.ANY_OBJECT));
  private static final Shape UPDATE =
      Fields.body(
          "user",
          Shape.object()
              .optional("name", Fields.NAME)
              .optional("domain_id", Fields.ID)
              .optional("default_project_id", Fields.ID.nullable())
              .optional("description", Fields.TEXT)
              .optional("enabled", Fields.FLAG)
              .optional("password", Shape.string().nullable().secret())
              .optional("federated", FEDERATED)
              .optional("options", Fields.ANY_OBJECT)
              .minProps(1));
  private static final Shape PASSWORD =
      Fields.body(
          "user",
          Shape.object()
              .required("original_password", Shape.string().secret())
              .required("password", Shape.string().secret()));

  private final Backend backend;
  private final Users users;
  private final Directories directories;

  public UserApi(Backend backend, Users users, Directories directories) {
    this.backend = backend;
    this.users = users;
    this.directories = directories;
  }

  public Routes routes() {
    var r = new Routes("/v3/users");
    r.get("", this::list).policyOnTarget("identity:list_users");
    r.post("", this::create)
        .policyOnTarget("identity:create_user")
        .body(CREATE)
        .success(201)
        .shownBy("/users/{user_id}");
    r.get("/{user_id}", this::show).policyOnTarget("identity:get_user");
    r.patch("/{user_id}", this::update)
        .policyOnTarget("identity:update_user")
        .bodyOnceAllowed(UPDATE);
    r.delete("/{user_id}", this::delete).policyOnTarget("identity:delete_user").success(204);
    r.post("/{user_id}/password", this::password).open().body(PASSWORD).success(204);
    r.get("/{user_id}/groups", this::groups).policyOnTarget("identity:list_groups_for_user");
    r.get("/{user_id}/projects", this::projects).policyOnTarget("identity:list_user_projects");
    return r;
  }

  /** What the rules may ask about a user. */
  static Map<String, Object> target(Optional<User> user) {
    var out = new LinkedHashMap<String, Object>();
    user.ifPresent(
        u -> {
          out.put("target.user.id", u.id());
          out.put("target.user.domain_id", u.domainId());
        });
    return out;
  }

  private User enforced(Call call) {
    var id = call.path("user_id");
    var user = users.find(id);
    var target = target(user);
    target.put("user_id", id);
    call.enforce(target);
    return user.orElseThrow(Faults.missing("user", id));
  }

  private Answer one(int status, Call call, User user) {
    var body = Json.object();
    body.set("user", UserWire.show(call, user, users.known(user.id())));
    return Answer.json(status, body);
  }

  private Answer list(Call call) {
    var target = new LinkedHashMap<String, Object>();
    var domain = call.caller().domainId();
    if (domain != null) {
      target.put("target.domain_id", domain);
    }
    call.enforce(target);
    var request =
        ListRequest.of(
                call, "domain_id", "enabled", "name", "default_project_id", "password_expires_at")
            .where("domain_id", domain);
    var known = new LinkedHashMap<String, String>();
    for (var attribute : List.of("idp_id", "protocol_id", "unique_id")) {
      if (call.query(attribute) != null) {
        known.put(attribute, call.query(attribute));
      }
    }
    return request.answer(
        call, "users", users.list(request, known), u -> UserWire.show(call, u), User::id);
  }

  private Answer create(Call call) {
    var given = new Attributes(call.object("user"));
    var domain = Fields.domain(call, given);
    call.enforce(Map.of("target.user.domain_id", domain));
    return one(201, call, users.create(given, domain));
  }

  private Answer show(Call call) {
    return one(200, call, enforced(call));
  }

  private Answer update(Call call) {
    return one(200, call, users.update(enforced(call).id(), new Attributes(call.object("user"))));
  }

  private Answer delete(Call call) {
    users.delete(enforced(call));
    return Answer.none();
  }

  private Answer password(Call call) {
    var given = new Attributes(call.object("user"));
    users.changePassword(
        call.path("user_id"),
        Secret.of(given.text("original_password")),
        Secret.of(given.text("password")));
    return Answer.none();
  }

  private Answer groups(Call call) {
    var user = enforced(call);
    var request = ListRequest.of(call, "name").where("domain_id", call.caller().domainId());
    if (!request.goesOn()) {
      directories.freshUserNow(user.id());
    }
    var rows = backend.database().read(sql -> GroupStore.ofUser(sql, request, user.id()));
    var ends = backend.database().read(sql -> ExpiringMembershipStore.ofUser(sql, user.id()));
    return request.answer(
        call, "groups", rows, g -> GroupWire.show(call, g, ends.get(g.id())), g -> g.id());
  }

  private Answer projects(Call call) {
    var user = enforced(call);
    var request = ListRequest.of(call, "domain_id", "enabled", "name");
    var rows =
        backend
            .database()
            .read(
                sql ->
                    ProjectStore.among(sql, request, AssignmentStore.projectsOf(sql, user.id())));
    return request.answer(call, "projects", rows, p -> ProjectWire.show(call, p), p -> p.id());
  }
}
