package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Trusts, through the door. */
class TrustTest {
  @TempDir Path dir;
  private TestIdentity cloud;
  private String project;
  private String anna;
  private String bert;

  @BeforeEach
  void start() {
    cloud = new TestIdentity(dir);
    project = cloud.make("project", Map.of("name", "p"));
    anna = user("anna");
    bert = user("bert");
    grant(anna, "member");
  }

  @AfterEach
  void stop() {
    cloud.close();
  }

  private String user(String name) {
    return cloud.make("user", Map.of("name", name, "password", "secret " + name));
  }

  private void grant(String user, String role) {
    cloud.call("PUT", grantPath(user, role), cloud.admin(), null);
  }

  private String grantPath(String user, String role) {
    return "/v3/projects/" + project + "/users/" + user + "/roles/" + cloud.role(role);
  }

  private String token(String name) {
    return cloud.login(name, "secret " + name, TestIdentity.onProject("p")).token();
  }

  private Map<String, Object> wish(Object... more) {
    var out = new HashMap<String, Object>();
    out.put("trustor_user_id", anna);
    out.put("trustee_user_id", bert);
    out.put("project_id", project);
    out.put("impersonation", false);
    out.put("roles", List.of(Map.of("name", "reader")));
    for (int i = 0; i < more.length; i += 2) {
      out.put((String) more[i], more[i + 1]);
    }
    return out;
  }

  private TestIdentity.Said create(String token, Map<String, Object> wish) {
    return cloud.call("POST", "/v3/OS-TRUST/trusts", token, Map.of("trust", wish));
  }

  private String made(Map<String, Object> wish) {
    var said = create(token("anna"), wish);
    assertThat(said.status()).as(said.toString()).isEqualTo(201);
    return said.body().at("/trust/id").asString();
  }

  private TestIdentity.Said use(String trust) {
    return use("bert", trust);
  }

  private TestIdentity.Said use(String name, String trust) {
    return cloud.login(name, "secret " + name, "{\"OS-TRUST:trust\":{\"id\":\"" + trust + "\"}}");
  }

  private static Set<String> roles(JsonNode body) {
    var out = new ArrayList<String>();
    body.at("/token/roles").forEach(r -> out.add(r.get("name").asString()));
    return Set.copyOf(out);
  }

  @Test
  void theTrusteeGetsTheRolesAndNoMore() {
    var id = made(wish());
    var said = use(id);
    assertThat(said.status()).isEqualTo(201);
    assertThat(roles(said.body())).containsExactly("reader");
    assertThat(said.body().at("/token/user/id").asString()).isEqualTo(bert);
    var about = said.body().at("/token/OS-TRUST:trust");
    assertThat(about.get("id").asString()).isEqualTo(id);
    assertThat(about.at("/trustor_user/id").asString()).isEqualTo(anna);
    assertThat(about.at("/trustee_user/id").asString()).isEqualTo(bert);
    var again =
        cloud.call("GET", "/v3/auth/tokens", cloud.admin(), null, "x-subject-token", said.token());
    assertThat(again.body().at("/token/OS-TRUST:trust/id").asString()).isEqualTo(id);
    assertThat(use("anna", id).status()).isEqualTo(403);
  }

  @Test
  void impersonationNamesTheTrustor() {
    var said = use(made(wish("impersonation", true)));
    assertThat(said.body().at("/token/user/id").asString()).isEqualTo(anna);
    assertThat(said.body().at("/token/OS-TRUST:trust/impersonation").booleanValue()).isTrue();
  }

  @Test
  void aTokenOfATrustMakesNothingThatOutlivesIt() {
    var token = use(made(wish("impersonation", true))).token();
    var other =
        cloud.call(
            "POST",
            "/v3/auth/tokens",
            null,
            "{\"auth\":{\"identity\":{\"methods\":[\"token\"],\"token\":{\"id\":\""
                + token
                + "\"}}}}");
    assertThat(other.status()).isEqualTo(403);
    var credential =
        cloud.call(
            "POST",
            "/v3/users/" + anna + "/application_credentials",
            token,
            Map.of("application_credential", Map.of("name", "a")));
    assertThat(credential.status()).isEqualTo(403);
    var ec2 =
        cloud.call(
            "POST",
            "/v3/users/" + anna + "/credentials/OS-EC2",
            token,
            Map.of("tenant_id", project));
    assertThat(ec2.status()).isEqualTo(403);
    assertThat(create(token, wish("trustee_user_id", bert)).status()).isEqualTo(403);
  }

  @Test
  void usesAreCounted() {
    var id = made(wish("remaining_uses", 2));
    var first = use(id);
    assertThat(first.status()).isEqualTo(201);
    assertThat(
            cloud
                .get("/v3/OS-TRUST/trusts/" + id, token("anna"))
                .body()
                .at("/trust/remaining_uses")
                .intValue())
        .isEqualTo(1);
    var last = use(id);
    assertThat(last.status()).isEqualTo(201);
    assertThat(use(id).status()).isEqualTo(404);
    assertThat(cloud.get("/v3/auth/catalog", last.token()).status()).isEqualTo(200);
  }

  @Test
  void endsWithItsTimeItsDeletionAndItsTrustor() {
    var end = made(wish("expires_at", "2026-11-21T04:30:00.000000Z"));
    var token = use(end);
    assertThat(token.body().at("/token/expires_at").asString())
        .isEqualTo("2026-11-21T04:30:00.000000Z");
    var gone = made(wish());
    var goneToken = use(gone).token();
    cloud.call("DELETE", "/v3/OS-TRUST/trusts/" + gone, token("anna"), null);
    assertThat(cloud.get("/v3/auth/catalog", goneToken).status()).isEqualTo(401);
    assertThat(use(gone).status()).isEqualTo(404);
    cloud.now = cloud.now.plusSeconds(1801);
    assertThat(cloud.get("/v3/auth/catalog", token.token()).status()).isEqualTo(401);
    assertThat(use(end).status()).isEqualTo(404);
    var held = made(wish());
    var heldToken = use(held).token();
    cloud.call("DELETE", grantPath(anna, "member"), cloud.admin(), null);
    assertThat(cloud.get("/v3/auth/catalog", heldToken).status()).isEqualTo(401);
    assertThat(use(held).status()).isEqualTo(403);
  }

  @Test
  void onlyWhoIsConcernedSeesIt() {
    var id = made(wish());
    var path = "/v3/OS-TRUST/trusts/" + id;
    grant(bert, "reader");
    var carl = user("carl");
    grant(carl, "member");
    assertThat(cloud.get(path, token("anna")).status()).isEqualTo(200);
    assertThat(cloud.get(path, token("bert")).status()).isEqualTo(200);
    assertThat(cloud.get(path, token("carl")).status()).isEqualTo(403);
    assertThat(cloud.get("/v3/OS-TRUST/trusts", token("anna")).status()).isEqualTo(403);
    assertThat(
            cloud
                .get("/v3/OS-TRUST/trusts?trustor_user_id=" + anna, token("anna"))
                .body()
                .at("/trusts"))
        .hasSize(1);
    assertThat(cloud.get("/v3/OS-TRUST/trusts?trustor_user_id=" + anna, token("carl")).status())
        .isEqualTo(403);
    assertThat(cloud.call("DELETE", path, token("bert"), null).status()).isEqualTo(403);
    assertThat(create(token("carl"), wish()).status()).isEqualTo(403);
    assertThat(cloud.get(path + "/roles/" + cloud.role("reader"), token("bert")).status())
        .isEqualTo(200);
    assertThat(cloud.get(path + "/roles/" + cloud.role("admin"), token("bert")).status())
        .isEqualTo(404);
  }

  @Test
  void whatCannotBeGivenIsRefused() {
    var token = token("anna");
    assertThat(create(token, wish("roles", List.of())).status()).isEqualTo(403);
    assertThat(create(token, wish("roles", List.of(Map.of("name", "admin")))).status())
        .isEqualTo(404);
    assertThat(create(token, wish("trustee_user_id", "nobody")).status()).isEqualTo(404);
    assertThat(create(token, wish("remaining_uses", 0)).status()).isEqualTo(400);
    assertThat(create(token, wish("expires_at", "2020-01-01T00:00:00Z")).status()).isEqualTo(400);
    assertThat(create(token, wish("expires_at", "soon")).status()).isEqualTo(400);
    assertThat(create(token, wish("remaining_uses", 2, "allow_redelegation", true)).status())
        .isEqualTo(400);
    assertThat(create(token, wish("redelegation_count", 9, "allow_redelegation", true)).status())
        .isEqualTo(403);
  }

  /** OSSA-2026-005 as a property: whatever chain of trusts, nobody gets more than the first had. */
  @Tag("OSSA-2026-005")
  @Test
  void chainsNeverGiveMore() {
    var random = new Random(7);
    var names = List.of("anna", "bert", "u2", "u3", "u4");
    user("u2");
    user("u3");
    user("u4");
    Map<String, String> ids = new HashMap<>();
    for (var name : names) {
      ids.put(
          name,
          cloud.get("/v3/users?name=" + name, cloud.admin()).body().at("/users/0/id").asString());
    }
    for (int round = 0; round < 25; round++) {
      var token = token("anna");
      var allowed = Set.of("member", "reader");
      var holder = "anna";
      boolean impersonated = true;
      for (int depth = 0; depth < 5; depth++) {
        var next = names.get(1 + random.nextInt(names.size() - 1));
        var asked =
            List.of("reader", "member", "manager", "admin").stream()
                .filter(r -> random.nextBoolean())
                .map(r -> Map.of("name", r))
                .toList();
        var said =
            create(
                token,
                wish(
                    "trustor_user_id",
                    random.nextInt(4) == 0 ? ids.get(holder) : anna,
                    "trustee_user_id",
                    ids.get(next),
                    "roles",
                    asked,
                    "impersonation",
                    random.nextBoolean(),
                    "allow_redelegation",
                    random.nextInt(4) > 0));
        if (said.status() != 201) {
          assertThat(said.status()).as(said.toString()).isBetween(400, 404);
          break;
        }
        var got = use(next, said.body().at("/trust/id").asString());
        assertThat(got.status()).as(got.toString()).isEqualTo(201);
        assertThat(allowed).containsAll(roles(got.body()));
        if (said.body().at("/trust/impersonation").booleanValue()) {
          assertThat(impersonated).isTrue();
        }
        impersonated = said.body().at("/trust/impersonation").booleanValue();
        allowed = roles(got.body()).stream().collect(Collectors.toUnmodifiableSet());
        holder = next;
        token = got.token();
      }
    }
  }
}
