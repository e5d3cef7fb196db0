package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Exec;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.HttpRequest;
import welkin.http.HttpServer;

/** Users of a company that logs them in by OpenID Connect. */
class OpenIdTest {
  private static final String HERE = "/v3/OS-FEDERATION/identity_providers/company";
  private static final String AUTH = HERE + "/protocols/openid/auth";
  private static final String DASHBOARD = "https://horizon.example.org/auth/websso/";
  private static final String WEBSSO =
      "/v3/auth/OS-FEDERATION/identity_providers/company/protocols/openid/websso";

  @TempDir Path dir;
  private TestOpenIdProvider provider;
  private TestIdentity cloud;
  private String group;
  private String project;
  private Instant start = Instant.parse("2026-11-21T04:00:00Z");

  @BeforeEach
  void start() throws Exception {
    provider = new TestOpenIdProvider(() -> cloud == null ? start : cloud.now);
    cloud =
        new TestIdentity(
            dir,
            "openid.providers",
            List.of(provider.configuration()),
            "federation.remote_id_attribute",
            "HTTP_OIDC_ISS",
            "federation.trusted_dashboard",
            DASHBOARD);
    group = cloud.make("group", Map.of("name", "staff"));
    project = cloud.make("project", Map.of("name", "p"));
    grant(project, group, "member");
    mapping(
        """
        [{"local": [{"user": {"id": "{0}", "name": "{1}", "email": "{2}"}},
                    {"groups": "{3}", "domain": {"id": "default"}}],
          "remote": [{"type": "HTTP_OIDC_SUB"}, {"type": "OIDC-preferred_username"},
                     {"type": "OIDC-email"}, {"type": "OIDC-groups"}]}]
        """);
    put(
        HERE,
        "identity_provider",
        "{\"enabled\":true,\"remote_ids\":[\"" + provider.issuer() + "\"]}");
    put(HERE + "/protocols/openid", "protocol", "{\"mapping_id\":\"m\"}");
  }

  @AfterEach
  void stop() {
    cloud.close();
    provider.close();
  }

  private void grant(String project, String group, String role) {
    var said =
        cloud.call(
            "PUT",
            "/v3/projects/" + project + "/groups/" + group + "/roles/" + cloud.role(role),
            cloud.admin(),
            null);
    assertThat(said.status()).isEqualTo(204);
  }

  private void put(String path, String noun, String body) {
    var said = cloud.call("PUT", path, cloud.admin(), "{\"" + noun + "\":" + body + "}");
    assertThat(said.status()).as(said.toString()).isEqualTo(201);
  }

  private void mapping(String rules) {
    var method =
        cloud.get("/v3/OS-FEDERATION/mappings/m", cloud.admin()).status() == 200 ? "PATCH" : "PUT";
    var said =
        cloud.call(
            method,
            "/v3/OS-FEDERATION/mappings/m",
            cloud.admin(),
            "{\"mapping\":{\"schema_version\":\"2.0\",\"rules\":" + rules + "}}");
    assertThat(said.status()).as(said.toString()).isBetween(200, 201);
  }

  private TestIdentity.Said bearer(String token) {
    return cloud.call("POST", AUTH, null, null, "authorization", "Bearer " + token);
  }

  private TestIdentity.Said scoped(String token, String scope) {
    return cloud.call(
        "POST",
        "/v3/auth/tokens",
        null,
        "{\"auth\":{\"identity\":{\"methods\":[\"token\"],\"token\":{\"id\":\""
            + token
            + "\"}},\"scope\":"
            + scope
            + "}}");
  }

  private String onP() {
    return "{\"project\":{\"id\":\"" + project + "\"}}";
  }

  @Test
  @Shows({
    "GET /v3/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/auth",
    "POST /v3/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/auth",
    "POST /v3/auth/tokens federated/scoped"
  })
  void aTokenOfTheProviderBecomesOneOfThisCloud() throws Exception {
    var said = bearer(provider.signed(provider.claims()));
    assertThat(said.status()).as(said.toString()).isEqualTo(201);
    var asked =
        cloud.call(
            "GET",
            AUTH,
            null,
            null,
            "authorization",
            "Bearer " + provider.signed(provider.claims()));
    assertThat(asked.status()).as(asked.toString()).isEqualTo(201);
    var user = said.body().at("/token/user");
    assertThat(user.get("name").asString()).isEqualTo("anna");
    assertThat(user.get("id").asString()).hasSize(64);
    assertThat(user.has("password_expires_at")).isFalse();
    assertThat(user.at("/OS-FEDERATION/identity_provider/id").asString()).isEqualTo("company");
    assertThat(user.at("/OS-FEDERATION/protocol/id").asString()).isEqualTo("openid");
    assertThat(user.at("/OS-FEDERATION/groups/0/id").asString()).isEqualTo(group);
    assertThat(user.at("/OS-FEDERATION/groups")).hasSize(1);
    assertThat(said.body().at("/token/roles").isMissingNode()).isTrue();
    for (var path : List.of("/v3/auth/projects", "/v3/OS-FEDERATION/projects")) {
      assertThat(cloud.get(path, said.token()).body().at("/projects/0/id").asString())
          .isEqualTo(project);
    }
    assertThat(cloud.get("/v3/OS-FEDERATION/domains", said.token()).body().at("/domains"))
        .isEmpty();
    var scoped = scoped(said.token(), onP());
    assertThat(scoped.status()).as(scoped.toString()).isEqualTo(201);
    assertThat(scoped.body().at("/token/user/OS-FEDERATION/groups/0/id").asString())
        .isEqualTo(group);
    assertThat(scoped.body().at("/token/methods").toString()).contains("token").contains("mapped");
    assertThat(scoped.body().at("/token/expires_at"))
        .isEqualTo(said.body().at("/token/expires_at"));
    assertThat(scoped.body().at("/token/roles").toString())
        .contains("member")
        .doesNotContain("admin");
    // again from it, with the method upstream's documents name
    var again =
        cloud.call(
            "POST",
            "/v3/auth/tokens",
            null,
            "{\"auth\":{\"identity\":{\"methods\":[\"mapped\"],\"mapped\":{\"id\":\""
                + said.token()
                + "\"}},\"scope\":"
                + onP()
                + "}}");
    assertThat(again.status()).isEqualTo(201);
    assertThat(scoped(said.token(), "{\"system\":{\"all\":true}}").status()).isEqualTo(401);
    // the same user, renamed there
    provider.user.put("preferred_username", "anna b.");
    var later = bearer(provider.signed(provider.claims()));
    assertThat(later.body().at("/token/user/id")).isEqualTo(user.get("id"));
    assertThat(later.body().at("/token/user/name").asString()).isEqualTo("anna b.");
  }

  @Test
  void theUserIsThereWithHowItIsKnown() throws Exception {
    var id = bearer(provider.signed(provider.claims())).body().at("/token/user/id").asString();
    var shown = cloud.get("/v3/users/" + id, cloud.admin()).body().get("user");
    assertThat(shown.get("email").asString()).isEqualTo("a@x.org");
    assertThat(shown.at("/federated/0/idp_id").asString()).isEqualTo("company");
    assertThat(shown.at("/federated/0/protocols/0/unique_id").asString()).isEqualTo("u-1");
    for (var filter : List.of("unique_id=u-1", "idp_id=company", "protocol_id=openid&name=anna")) {
      assertThat(cloud.get("/v3/users?" + filter, cloud.admin()).body().get("users"))
          .as(filter)
          .hasSize(1);
    }
    assertThat(cloud.get("/v3/users?unique_id=x", cloud.admin()).body().get("users")).isEmpty();
    // a user of the same name may be there, and one that is linked by an administrator
    var own = cloud.make("user", Map.of("name", "bert", "password", "pw"));
    var linked =
        cloud.call(
            "PATCH",
            "/v3/users/" + own,
            cloud.admin(),
            "{\"user\":{\"federated\":[{\"idp_id\":\"company\",\"protocols\":[{\"protocol_id\":"
                + "\"openid\",\"unique_id\":\"u-2\"}]}]}}");
    assertThat(linked.status()).as(linked.toString()).isEqualTo(200);
    provider.user.put("sub", "u-2");
    assertThat(bearer(provider.signed(provider.claims())).body().at("/token/user/id").asString())
        .isEqualTo(own);
    assertThat(cloud.login("bert", "pw", null).status()).isEqualTo(201);
    var unknown =
        cloud.call(
            "PATCH",
            "/v3/users/" + own,
            cloud.admin(),
            "{\"user\":{\"federated\":[{\"idp_id\":\"none\",\"protocols\":[{\"protocol_id\":"
                + "\"openid\",\"unique_id\":\"u-2\"}]}]}}");
    assertThat(unknown.status()).isEqualTo(400);
    assertThat(unknown.message()).contains("Could not find Identity Provider: none");
  }

  @Test
  void disabledOrDeletedItVouchesNoMore() throws Exception {
    var token = bearer(provider.signed(provider.claims())).token();
    var scoped = scoped(token, onP()).token();
    assertThat(cloud.get("/v3/auth/projects", scoped).status()).isEqualTo(200);
    var off = "{\"identity_provider\":{\"enabled\":false}}";
    assertThat(cloud.call("PATCH", HERE, cloud.admin(), off).status()).isEqualTo(200);
    assertThat(cloud.get("/v3/auth/projects", token).status()).isEqualTo(401);
    assertThat(cloud.get("/v3/auth/projects", scoped).status()).isEqualTo(401);
    assertThat(bearer(provider.signed(provider.claims())).status()).isEqualTo(403);
    cloud.call("PATCH", HERE, cloud.admin(), off.replace("false", "true"));
    assertThat(bearer(provider.signed(provider.claims())).status()).isEqualTo(201);
    assertThat(cloud.call("DELETE", HERE + "/protocols/openid", cloud.admin(), null).status())
        .isEqualTo(204);
    assertThat(cloud.get("/v3/auth/projects", scoped).status()).isEqualTo(401);
    assertThat(cloud.get("/v3/users?idp_id=company", cloud.admin()).body().get("users")).isEmpty();
    assertThat(cloud.get("/v3/users?name=anna", cloud.admin()).body().get("users")).isEmpty();
    assertThat(bearer(provider.signed(provider.claims())).status()).isEqualTo(404);
    assertThat(cloud.call("DELETE", HERE, cloud.admin(), null).status()).isEqualTo(204);
    assertThat(cloud.get(HERE, cloud.admin()).message())
        .isEqualTo("Could not find Identity Provider: company.");
  }

  @Test
  void membershipOutlastsTheLoginForAWhileAndEnds() throws Exception {
    var ttl = "{\"identity_provider\":{\"authorization_ttl\":10}}";
    assertThat(cloud.call("PATCH", HERE, cloud.admin(), ttl).status()).isEqualTo(200);
    var said = bearer(provider.signed(provider.claims()));
    var user = said.body().at("/token/user/id").asString();
    var groups = cloud.get("/v3/users/" + user + "/groups", cloud.admin()).body();
    assertThat(groups.at("/groups/0/membership_expires_at").asString())
        .isEqualTo("2026-11-21T04:10:00.000000Z");
    var scoped = scoped(said.token(), onP()).token();
    var made =
        cloud.call(
            "POST",
            "/v3/users/" + user + "/application_credentials",
            scoped,
            "{\"application_credential\":{\"name\":\"a\",\"secret\":\"s\"}}");
    assertThat(made.status()).as(made.toString()).isEqualTo(201);
    var id = made.body().at("/application_credential/id").asString();
    var login =
        "{\"auth\":{\"identity\":{\"methods\":[\"application_credential\"],"
            + "\"application_credential\":{\"id\":\""
            + id
            + "\",\"secret\":\"s\"}}}}";
    var by = cloud.call("POST", "/v3/auth/tokens", null, login);
    assertThat(by.status()).as(by.toString()).isEqualTo(201);
    cloud.now = cloud.now.plus(Duration.ofMinutes(11));
    assertThat(cloud.get("/v3/auth/catalog", by.token()).status()).isEqualTo(401);
    assertThat(cloud.call("POST", "/v3/auth/tokens", null, login).status()).isEqualTo(401);
    // the login's own token has the groups in it
    assertThat(cloud.get("/v3/auth/catalog", scoped).status()).isEqualTo(200);
    // other groups at the next login call older tokens back
    provider.user.putArray("groups").add("ops");
    assertThat(bearer(provider.signed(provider.claims())).status()).isEqualTo(201);
    assertThat(cloud.get("/v3/auth/catalog", scoped).status()).isEqualTo(401);
  }

  @Test
  void whatDoesNotVerifyIsRefused() throws Exception {
    var now = cloud.now.getEpochSecond();
    var rsa = (RSAKey) provider.keys.getFirst();
    var wrong = new HashMap<String, String>();
    wrong.put("expired", provider.signed(provider.claims().put("exp", now - 61)));
    wrong.put("not yet", provider.signed(provider.claims().put("nbf", now + 61)));
    var endless = provider.claims();
    endless.remove("exp");
    wrong.put("endless", provider.signed(endless));
    wrong.put("another issuer", provider.signed(provider.claims().put("iss", "http://evil")));
    wrong.put("for another", provider.signed(provider.claims().put("azp", "x")));
    wrong.put(
        "another key",
        TestOpenIdProvider.signed(
            provider.claims(),
            new RSAKeyGenerator(2048).keyID("r1").generate(),
            JWSAlgorithm.RS256));
    wrong.put("unsigned", none(provider.claims()));
    wrong.put(
        "signed with the public key as a secret",
        TestOpenIdProvider.signed(
            provider.claims(),
            new OctetSequenceKey.Builder(rsa.toRSAPublicKey().getEncoded()).keyID("r1").build(),
            JWSAlgorithm.HS256));
    var good = provider.signed(provider.claims());
    wrong.put("altered", good.substring(0, good.length() - 8) + "AAAAAAAA");
    wrong.put("nothing", "");
    wrong.put("odd", "eyJ.eyJ.x");
    wrong.put("opaque and unknown", "8f1c");
    wrong.forEach((why, token) -> assertThat(bearer(token).status()).as(why).isEqualTo(401));
    assertThat(cloud.call("POST", AUTH, null, null).status()).isEqualTo(401);
    assertThat(bearer(good).status()).isEqualTo(201);
    assertThat(provider.keyReads.get()).as("reads of the keys").isLessThanOrEqualTo(1 + 3);
  }

  private static String none(ObjectNode claims) {
    var encoder = Base64.getUrlEncoder().withoutPadding();
    return encoder.encodeToString("{\"alg\":\"none\"}".getBytes(StandardCharsets.UTF_8))
        + "."
        + encoder.encodeToString(Json.bytes(claims))
        + ".";
  }

  @Test
  void everyAlgorithmWithAPrivateKeyAndNewKeys() throws Exception {
    var rsa = provider.keys.getFirst();
    for (var a : List.of(JWSAlgorithm.RS256, JWSAlgorithm.RS512, JWSAlgorithm.PS256)) {
      assertThat(bearer(TestOpenIdProvider.signed(provider.claims(), rsa, a)).status())
          .as(a.getName())
          .isEqualTo(201);
    }
    var byCurve =
        TestOpenIdProvider.signed(provider.claims(), provider.keys.getLast(), JWSAlgorithm.ES256);
    assertThat(bearer(byCurve).status()).isEqualTo(201);
    var next = new RSAKeyGenerator(2048).keyID("r2").generate();
    provider.keys = List.of(next);
    var byNext = TestOpenIdProvider.signed(provider.claims(), next, JWSAlgorithm.RS256);
    assertThat(bearer(byNext).status()).as("keys were read just now").isEqualTo(201);
    assertThat(provider.keyReads.get()).isEqualTo(2);
    // another key by the name of the last
    var other = new RSAKeyGenerator(2048).keyID("r2").generate();
    provider.keys = List.of(other);
    assertThat(bearer(byNext).status()).as("by what was known").isEqualTo(201);
    var byOther = TestOpenIdProvider.signed(provider.claims(), other, JWSAlgorithm.RS256);
    assertThat(bearer(byOther).status()).isEqualTo(201);
    assertThat(bearer(byNext).status()).isEqualTo(401);
    assertThat(provider.keyReads.get()).isEqualTo(4);
  }

  /** Logins with made-up keys do not make this cloud ask and ask. */
  @Test
  void keysAreNotReadForEveryTokenThatNamesUnknownOnes() throws Exception {
    assertThat(bearer(provider.signed(provider.claims())).status()).isEqualTo(201);
    var unknown = new RSAKeyGenerator(2048).keyID("x").generate();
    for (int i = 0; i < 20; i++) {
      var by = TestOpenIdProvider.signed(provider.claims(), unknown, JWSAlgorithm.RS256);
      assertThat(bearer(by).status()).isEqualTo(401);
    }
    assertThat(provider.keyReads.get()).isEqualTo(1 + 3);
    cloud.now = cloud.now.plusSeconds(60);
    provider.keys = List.of(unknown);
    var by = TestOpenIdProvider.signed(provider.claims(), unknown, JWSAlgorithm.RS256);
    assertThat(bearer(by).status()).isEqualTo(201);
  }

  @Test
  void aDocumentOfAnotherIssuerIsNotBelieved() throws Exception {
    provider.calledOtherwise = "https://evil.example.org";
    assertThat(bearer(provider.signed(provider.claims())).status()).isEqualTo(503);
    provider.calledOtherwise = null;
    cloud.now = cloud.now.plusSeconds(11);
    assertThat(bearer(provider.signed(provider.claims())).status()).isEqualTo(201);
  }

  /** AD FS has two names. */
  @Test
  void accessTokensMayHaveAnIssuerOfTheirOwn() throws Exception {
    provider.accessIssuer = "http://adfs.example.org/adfs/services/trust";
    var remote = List.of(provider.issuer(), provider.accessIssuer);
    var said =
        cloud.call(
            "PATCH",
            HERE,
            cloud.admin(),
            Map.of("identity_provider", Map.of("remote_ids", remote)));
    assertThat(said.status()).isEqualTo(200);
    var other = provider.claims().put("iss", provider.accessIssuer);
    assertThat(bearer(provider.signed(other)).status()).isEqualTo(201);
    assertThat(bearer(provider.signed(provider.claims())).status()).isEqualTo(201);
    assertThat(bearer(provider.signed(provider.claims().put("iss", "http://evil"))).status())
        .isEqualTo(401);
    provider.idClaims = c -> c.put("iss", provider.accessIssuer);
    assertThat(returned("").status()).isEqualTo(401);
  }

  @Test
  void clocksMayDifferByAMinute() throws Exception {
    var now = cloud.now.getEpochSecond();
    var late = provider.claims().put("exp", now - 59);
    assertThat(bearer(provider.signed(late)).status()).isEqualTo(201);
    var early = provider.claims().put("nbf", now + 59).put("iat", now + 59);
    assertThat(bearer(provider.signed(early)).status()).isEqualTo(201);
  }

  /** RFC 8705, RFC 9449: a thief has the token, not the key; and a logout is no login. */
  @Test
  void whatIsNoBearersTokenIsRefused() throws Exception {
    var bound = provider.claims();
    bound.putObject("cnf").put("x5t#S256", "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2");
    assertThat(bearer(provider.signed(bound)).status()).isEqualTo(401);
    assertThat(bearer(provider.opaque(bound)).status()).isEqualTo(401);
    var logout = provider.claims();
    logout.putObject("events").putObject("http://schemas.openid.net/event/backchannel-logout");
    assertThat(bearer(provider.signed(logout)).status()).isEqualTo(401);
  }

  @Test
  void tokensThatOnlyTheProviderCanRead() throws Exception {
    assertThat(bearer(provider.opaque(provider.claims())).status()).isEqualTo(201);
    assertThat(bearer(provider.opaque(provider.claims().put("azp", "x"))).status()).isEqualTo(401);
    assertThat(bearer(provider.opaque(provider.claims().put("iss", "http://evil"))).status())
        .isEqualTo(401);
    assertThat(bearer(provider.opaque(provider.claims().put("sub", "other"))).status())
        .as("its user information is another's")
        .isEqualTo(401);
  }

  private Answer browse(String method, String path, String cookie, String body) {
    var headers = new HashMap<String, String>();
    if (cookie != null) {
      headers.put("cookie", cookie);
    }
    return cloud.door.handle(
        HttpRequest.of(
            method,
            path,
            headers,
            body == null ? null : body.getBytes(StandardCharsets.UTF_8),
            TestIdentity.BASE));
  }

  private static String from(String origin) {
    return "?origin=" + URLEncoder.encode(origin, StandardCharsets.UTF_8);
  }

  @Test
  @Shows({
    "GET /v3/auth/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/websso",
    "POST /v3/auth/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/websso",
    "GET /v3/auth/OS-FEDERATION/websso/{protocol_id}",
    "POST /v3/auth/OS-FEDERATION/websso/{protocol_id}"
  })
  void aBrowserLogsInAndIsHandedToItsDashboard() throws Exception {
    assertThat(browse("GET", WEBSSO, null, null).status()).isEqualTo(400);
    assertThat(browse("GET", WEBSSO + from("https://evil/"), null, null).status()).isEqualTo(401);
    var anyProvider = "/v3/auth/OS-FEDERATION/websso/openid";
    for (var way :
        List.of("GET " + WEBSSO, "POST " + WEBSSO, "GET " + anyProvider, "POST " + anyProvider)) {
      var words = way.split(" ");
      var begun = browse(words[0], words[1] + from(DASHBOARD), null, null);
      assertThat(begun.status()).as(begun.body()).isEqualTo(302);
      assertThat(begun.header("Set-Cookie")).contains("HttpOnly").contains("SameSite=Lax");
      var cookie = begun.header("Set-Cookie").split(";")[0];
      var query = TestOpenIdProvider.form(URI.create(begun.header("Location")).getRawQuery());
      assertThat(query)
          .containsEntry("response_type", "code")
          .containsEntry("code_challenge_method", "S256")
          .containsKeys("nonce", "state", "code_challenge");
      var back = sentBack(begun);
      assertThat(back).startsWith(TestIdentity.BASE + WEBSSO + "?code=");
      var path = back.substring(TestIdentity.BASE.length());
      assertThat(browse("GET", path, null, null).status()).as("another browser").isEqualTo(401);
      assertThat(browse("GET", path, cookie + "x", null).status()).isEqualTo(401);
      var done = browse("GET", path, cookie, null);
      assertThat(done.status()).as(done.body()).isEqualTo(200);
      assertThat(done.body()).contains("action=\"" + DASHBOARD + "\"");
      var token =
          done.body().replaceAll("(?s).*name=\"token\" id=\"token\" value=\"([^\"]*)\".*", "$1");
      assertThat(cloud.get("/v3/auth/projects", token).body().at("/projects/0/id").asString())
          .isEqualTo(project);
      assertThat(browse("GET", path, cookie, null).status()).as("a code twice").isEqualTo(401);
      cloud.now = cloud.now.plusSeconds(601);
      assertThat(browse("GET", path, cookie, null).status()).as("too late").isEqualTo(401);
    }
  }

  /** A login begun and, after the provider sent the browser back, ended. */
  private Answer returned(String more) throws Exception {
    var begun = browse("GET", WEBSSO + from(DASHBOARD), null, null);
    var cookie = begun.header("Set-Cookie").split(";")[0];
    return browse(
        "GET", sentBack(begun).substring(TestIdentity.BASE.length()) + more, cookie, null);
  }

  /** Where the provider sends a browser that came to it with a login begun here. */
  private static String sentBack(Answer begun) throws Exception {
    try (var client = HttpClient.newHttpClient()) {
      return client
          .send(
              java.net.http.HttpRequest.newBuilder(URI.create(begun.header("Location"))).build(),
              HttpResponse.BodyHandlers.discarding())
          .headers()
          .firstValue("Location")
          .orElseThrow();
    }
  }

  @Test
  void whatIsOfAnotherLoginIsRefused() throws Exception {
    assertThat(returned("").status()).isEqualTo(200);
    var wrong = new HashMap<String, Consumer<ObjectNode>>();
    wrong.put("another nonce", c -> c.put("nonce", "x"));
    wrong.put("no nonce", c -> c.remove("nonce"));
    wrong.put("another client's", c -> c.put("aud", "cli").put("azp", "cli"));
    wrong.put("another client's, by azp", c -> c.put("azp", "cli"));
    wrong.put("another client's, for us", c -> c.put("aud", "x"));
    wrong.put("expired", c -> c.put("exp", 1));
    wrong.put("another issuer's", c -> c.put("iss", "http://evil"));
    wrong.put("another user's than the user information", c -> c.put("sub", "u-2"));
    for (var w : wrong.entrySet()) {
      provider.idClaims = w.getValue();
      assertThat(returned("").status()).as(w.getKey()).isEqualTo(401);
    }
    provider.idClaims = c -> c.putArray("aud").add("welkin").add("account");
    assertThat(returned("").status()).isEqualTo(200);
    // RFC 9207
    assertThat(returned("&iss=http%3A%2F%2Fevil").status()).isEqualTo(401);
    assertThat(
            returned("&iss=" + URLEncoder.encode(provider.issuer(), StandardCharsets.UTF_8))
                .status())
        .isEqualTo(200);
    assertThat(returned("&error=access_denied").status()).isEqualTo(401);
  }

  @Test
  void aProviderUnderAnotherNameIsNotBelieved() throws Exception {
    var said =
        cloud.call(
            "PATCH", HERE, cloud.admin(), "{\"identity_provider\":{\"remote_ids\":[\"other\"]}}");
    assertThat(said.status()).isEqualTo(200);
    assertThat(bearer(provider.signed(provider.claims())).status()).isEqualTo(403);
  }

  /** Random groups and projects: nobody has a role that neither the mapping nor a group gave. */
  @Test
  void rightsAreNeverMoreThanTheMappingGranted() throws Exception {
    var random = new Random(7);
    var roles = List.of("reader", "member", "manager");
    var groups = new HashMap<String, String>();
    for (var name : List.of("g0", "g1", "g2")) {
      groups.put(name, cloud.make("group", Map.of("name", name)));
    }
    var granted = new HashMap<String, String>();
    for (var g : groups.entrySet()) {
      var role = roles.get(random.nextInt(3));
      grant(project, g.getValue(), role);
      granted.put(g.getKey(), role);
    }
    var implied =
        Map.of(
            "reader", List.of("reader"),
            "member", List.of("member", "reader"),
            "manager", List.of("manager", "member", "reader"));
    for (int i = 0; i < 12; i++) {
      var given = roles.get(random.nextInt(3));
      mapping(
          """
          [{"local": [{"user": {"id": "{0}"}, "domain": {"id": "default"},
                       "projects": [{"name": "p", "roles": [{"name": "%s"}]}]},
                      {"groups": "{1}", "domain": {"id": "default"}}],
            "remote": [{"type": "OIDC-sub"}, {"type": "OIDC-groups", "whitelist": ["g0", "g1"]}]}]
          """
              .formatted(given));
      provider.user.put("sub", "r-" + i);
      var said = new ArrayList<String>();
      var list = provider.user.putArray("groups");
      for (int n = random.nextInt(4); n >= 0; n--) {
        var name = List.of("g0", "g1", "g2", "['g2']", "admin").get(random.nextInt(5));
        said.add(name);
        list.add(name);
      }
      var scoped = scoped(bearer(provider.signed(provider.claims())).token(), onP());
      assertThat(scoped.status()).as(scoped.toString()).isEqualTo(201);
      var allowed = new HashSet<>(implied.get(given));
      said.stream()
          .filter(n -> n.equals("g0") || n.equals("g1"))
          .forEach(n -> allowed.addAll(implied.get(granted.get(n))));
      scoped
          .body()
          .at("/token/roles")
          .forEach(r -> assertThat(allowed).as("%s", said).contains(r.get("name").asString()));
    }
  }

  /** The real client, which fetches its token from the provider itself. */
  @Test
  @Tag("real")
  void theOpenstackClientLogsIn() throws Exception {
    cloud.now = Instant.now();
    try (var server = new HttpServer(cloud.door, "127.0.0.1", 0)) {
      server.open();
      var url = "http://127.0.0.1:" + server.port() + "/v3";
      var common =
          List.of(
              "--os-auth-url",
              url,
              "--os-identity-provider",
              "company",
              "--os-protocol",
              "openid",
              "--os-client-id",
              "cli",
              "--os-client-secret",
              "any",
              "--os-discovery-endpoint",
              provider.issuer() + "/.well-known/openid-configuration",
              "--os-project-id",
              project,
              "--os-identity-api-version",
              "3");
      for (boolean opaque : new boolean[] {false, true}) {
        provider.opaqueTokens = opaque;
        assertThat(
                issued("v3oidcpassword", common, "--os-username", "anna", "--os-password", "right"))
            .isEqualTo(project);
        assertThat(issued("v3oidcclientcredentials", common)).isEqualTo(project);
        var token =
            provider.opaqueTokens
                ? provider.opaque(provider.claims())
                : provider.signed(provider.claims());
        assertThat(
                issued(
                    "v3oidcaccesstoken",
                    List.of(
                        "--os-auth-url",
                        url,
                        "--os-identity-provider",
                        "company",
                        "--os-protocol",
                        "openid",
                        "--os-project-id",
                        project,
                        "--os-identity-api-version",
                        "3"),
                    "--os-access-token",
                    token))
            .isEqualTo(project);
      }
    }
  }

  private static String issued(String plugin, List<String> common, String... more) {
    var all = new ArrayList<>(List.of("/usr/bin/openstack", "--os-auth-type", plugin));
    all.addAll(common);
    all.addAll(List.of(more));
    all.addAll(List.of("token", "issue", "-f", "value", "-c", "project_id"));
    var done = Exec.run(Duration.ofMinutes(2), "", all);
    assertThat(done.status()).as(String.join(" ", all) + "\n" + done.err()).isZero();
    return done.out().strip();
  }
}
