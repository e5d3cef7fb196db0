package welkin.compute.keypair;

import java.util.List;
import java.util.Map;
import welkin.compute.api.Links;
import welkin.compute.api.Queries;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Paging;
import welkin.http.Routes;

/** {@code /os-keypairs}. */
public final class KeypairApi {
  private static final String RULE = "os_compute_api:os-keypairs:";
  private static final int PAGE_MAX = 1000;
  private final Keypairs keypairs;

  public KeypairApi(Keypairs keypairs) {
    this.keypairs = keypairs;
  }

  public Routes routes() {
    var r = new Routes("/v2.1");
    r.get("/os-keypairs", this::list)
        .policyOnTarget(RULE + "index")
        .summary("The keypairs of a user, the caller's by default.");
    r.post("/os-keypairs", this::create)
        .policyOnTarget(RULE + "create")
        .body(KeypairWire.CREATE)
        .success(201)
        .shownBy("/os-keypairs/{name}")
        .summary("Imports a public key, or (before 2.92) makes a pair.");
    r.get("/os-keypairs/{name}", this::show).policyOnTarget(RULE + "show").summary("One keypair.");
    r.delete("/os-keypairs/{name}", this::delete)
        .policyOnTarget(RULE + "delete")
        .success(204)
        .summary("Deletes a keypair; servers that were booted with it keep the key.");
    return r;
  }

  private Answer list(Call call) {
    Queries.check(call, KeypairWire.LIST_QUERY);
    var page =
        call.at(2, 35) ? Paging.of(call, PAGE_MAX, List.of()) : new Paging(null, null, List.of());
    var found = keypairs.list(userOf(call, call.query("user_id")), page);
    var answer = Json.object();
    var array = answer.putArray("keypairs");
    found.forEach(
        k -> array.add(Json.object().set("keypair", KeypairWire.brief(k, call.version()))));
    if (call.at(2, 35)) {
      Links.next(answer, "keypairs", call, page, found.stream().map(Keypair::name).toList());
    }
    return Answer.ok(answer);
  }

  private Answer create(Call call) {
    var body = call.object("keypair");
    var created =
        keypairs.create(
            userOf(call, Json.string(body, "user_id")),
            call.caller().projectId(),
            Json.string(body, "name"),
            body.path("type").asString("ssh"),
            Json.string(body, "public_key"));
    return Answer.json(
        call.at(2, 2) ? 201 : 200,
        Json.object().set("keypair", KeypairWire.created(created, call.version())));
  }

  private Answer show(Call call) {
    Queries.check(call, KeypairWire.ONE_QUERY);
    var keypair = keypairs.show(userOf(call, call.query("user_id")), call.path("name"));
    return Answer.ok(Json.object().set("keypair", KeypairWire.full(keypair, call.version())));
  }

  private Answer delete(Call call) {
    Queries.check(call, KeypairWire.ONE_QUERY);
    keypairs.delete(
        userOf(call, call.query("user_id")), call.caller().projectId(), call.path("name"));
    return Answer.empty(call.at(2, 2) ? 204 : 202);
  }

  /** Whose keypairs the call is about: from 2.10 on an administrator may name another user. */
  private static String userOf(Call call, String named) {
    var user = named != null && call.at(2, 10) ? named : call.caller().userId();
    call.enforce(Map.of("user_id", user));
    return user;
  }
}
