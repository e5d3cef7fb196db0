package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.http.Answer;
import welkin.http.HttpRequest;

/** OAuth 1.0: a consumer acts for a user. */
class OAuth1Test {
  @TempDir Path dir;
  private TestIdentity cloud;
  private String project;
  private String user;
  private Pair consumer;
  private int nonce;

  /** An id and its secret. */
  private record Pair(String id, String secret) {}

  @BeforeEach
  void start() {
    cloud = new TestIdentity(dir);
    project = cloud.make("project", Map.of("name", "p"));
    user = cloud.make("user", Map.of("name", "anna", "password", "secret"));
    grant("admin"); // keystone's default policy lets only administrators authorise
    var made =
        cloud
            .call(
                "POST",
                "/v3/OS-OAUTH1/consumers",
                cloud.admin(),
                Map.of("consumer", Map.of("description", "a program")))
            .body()
            .get("consumer");
    consumer = new Pair(made.get("id").asString(), made.get("secret").asString());
  }

  @AfterEach
  void stop() {
    cloud.close();
  }

  private String role(String name) {
    return "/v3/projects/" + project + "/users/" + user + "/roles/" + cloud.role(name);
  }

  private void grant(String name) {
    cloud.call("PUT", role(name), cloud.admin(), null);
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private String header(String path, Pair token, Map<String, String> more, String nonce)
      throws Exception {
    var all = new TreeMap<String, String>(more);
    all.put("oauth_consumer_key", consumer.id);
    all.put("oauth_nonce", nonce);
    all.put("oauth_signature_method", "HMAC-SHA1");
    all.put("oauth_timestamp", String.valueOf(cloud.now.getEpochSecond()));
    all.put("oauth_version", "1.0");
    if (token != null) {
      all.put("oauth_token", token.id);
    }
    var pairs = new StringBuilder();
    all.forEach((k, v) -> pairs.append(pairs.isEmpty() ? "" : "&").append(k + "=" + encode(v)));
    var base = "POST&" + encode(TestIdentity.BASE + path) + "&" + encode(pairs.toString());
    var mac = Mac.getInstance("HmacSHA1");
    var key = encode(consumer.secret) + "&" + (token == null ? "" : encode(token.secret));
    mac.init(new SecretKeySpec(key.getBytes(), "HmacSHA1"));
    all.put("oauth_signature", Base64.getEncoder().encodeToString(mac.doFinal(base.getBytes())));
    var out = new StringBuilder("OAuth ");
    all.forEach(
        (k, v) -> out.append(out.length() > 6 ? ", " : "").append(k + "=\"" + encode(v) + "\""));
    return out.toString();
  }

  private Answer send(String path, String header) {
    return cloud.door.handle(
        HttpRequest.of(
            "POST",
            path,
            Map.of("authorization", header, "requested-project-id", project),
            new byte[0],
            TestIdentity.BASE));
  }

  private static Pair pair(Answer answer) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(201);
    var fields = new HashMap<String, String>();
    for (var f : answer.body().split("&")) {
      var kv = f.split("=");
      fields.put(kv[0], URLDecoder.decode(kv[1], StandardCharsets.UTF_8));
    }
    return new Pair(fields.get("oauth_token"), fields.get("oauth_token_secret"));
  }

  private Pair request() throws Exception {
    var path = "/v3/OS-OAUTH1/request_token";
    return pair(send(path, header(path, null, Map.of("oauth_callback", "oob"), "n" + nonce++)));
  }

  private TestIdentity.Said authorize(Pair request, String role) {
    var anna = cloud.login("anna", "secret", TestIdentity.onProject("p")).token();
    return cloud.call(
        "PUT",
        "/v3/OS-OAUTH1/authorize/" + request.id,
        anna,
        Map.of("roles", List.of(Map.of("id", cloud.role(role)))));
  }

  private Answer exchange(Pair request, String verifier) throws Exception {
    var path = "/v3/OS-OAUTH1/access_token";
    return send(path, header(path, request, Map.of("oauth_verifier", verifier), "n" + nonce++));
  }

  private Pair access() throws Exception {
    var request = request();
    var verifier = authorize(request, "reader").body().at("/token/oauth_verifier").asString();
    return pair(exchange(request, verifier));
  }

  private TestIdentity.Said login(Pair access, String nonce) throws Exception {
    return cloud.call(
        "POST",
        "/v3/auth/tokens",
        null,
        "{\"auth\":{\"identity\":{\"methods\":[\"oauth1\"],\"oauth1\":{}}}}",
        "authorization",
        header("/v3/auth/tokens", access, Map.of(), nonce));
  }

  @Test
  void theWholeDance() throws Exception {
    var access = access();
    var said = login(access, "a");
    assertThat(said.status()).as(said.toString()).isEqualTo(201);
    assertThat(said.body().at("/token/user/id").asString()).isEqualTo(user);
    assertThat(said.body().at("/token/project/id").asString()).isEqualTo(project);
    assertThat(said.body().at("/token/roles")).hasSize(1);
    assertThat(said.body().at("/token/OS-OAUTH1/consumer_id").asString()).isEqualTo(consumer.id);
    assertThat(cloud.get("/v3/auth/catalog", said.token()).status()).isEqualTo(200);
    assertThat(login(access, "a").status()).as("a nonce used twice").isEqualTo(401);
    var anna = cloud.login("anna", "secret", TestIdentity.onProject("p")).token();
    var own = "/v3/users/" + user + "/OS-OAUTH1/access_tokens";
    assertThat(cloud.get(own, anna).body().at("/access_tokens/0/id").asString())
        .isEqualTo(access.id);
    assertThat(cloud.get(own + "/" + access.id + "/roles", anna).body().get("roles")).hasSize(1);
    assertThat(cloud.call("DELETE", own + "/" + access.id, anna, null).status()).isEqualTo(204);
    assertThat(cloud.get("/v3/auth/catalog", said.token()).status()).isEqualTo(401);
    assertThat(login(access, "b").status()).isEqualTo(401);
  }

  @Test
  void nothingUnsignedOrStale() throws Exception {
    var path = "/v3/OS-OAUTH1/request_token";
    assertThat(send(path, "OAuth nonsense").status()).isEqualTo(401);
    assertThat(send(path, "Basic x").status()).isEqualTo(401);
    var good = header(path, null, Map.of(), "x");
    assertThat(send(path, good.replace("oauth_nonce=\"x\"", "oauth_nonce=\"y\"")).status())
        .isEqualTo(401);
    cloud.now = cloud.now.plusSeconds(3600);
    assertThat(send(path, good).status()).isEqualTo(401);
  }

  @Test
  void malformedHeadersAreRefused() throws Exception {
    var random = new java.util.Random(11);
    for (var path : List.of("/v3/OS-OAUTH1/request_token", "/v3/OS-OAUTH1/access_token")) {
      var good = header(path, null, Map.of("oauth_callback", "oob"), "m");
      for (int i = 0; i < 400; i++) {
        var text = new StringBuilder(good);
        for (int n = random.nextInt(3); n >= 0; n--) {
          int at = 6 + random.nextInt(text.length() - 6);
          switch (random.nextInt(4)) {
            case 0 -> text.deleteCharAt(at);
            case 1 -> text.insert(at, (char) random.nextInt(300));
            case 2 -> text.setLength(at);
            default -> text.insert(at, ", oauth_nonce=\"" + "%" + random.nextInt(99) + "\"");
          }
          if (text.length() < 8) {
            break;
          }
        }
        var said = send(path, text.toString());
        assertThat(said.status()).as(text + "\n" + said.body()).isIn(201, 400, 401);
      }
      for (var header :
          List.of(
              "OAuth ",
              "OAuth ,,,",
              "OAuth =",
              "OAuth %zz=\"%\"",
              "OAuth " + "a=\"b\",".repeat(5_000),
              "OAuth " + "\"".repeat(60_000),
              good.replaceAll(
                  "oauth_timestamp=\"\\d+\"", "oauth_timestamp=\"" + Long.MAX_VALUE + "\""),
              good.replaceAll("oauth_timestamp=\"\\d+\"", "oauth_timestamp=\"1e9\""),
              good.replace("oauth_consumer_key=\"", "oauth_consumer_key=\"%00"),
              good.replace("oauth_nonce=\"", "oauth_nonce=\"%00"))) {
        assertThat(send(path, header).status()).as(header).isIn(400, 401);
      }
    }
  }

  /** OSSA-2020-005: no more roles than the authorising user has, and only those authorised. */
  @Tag("OSSA-2020-005")
  @Test
  void noMoreThanTheUserHas() throws Exception {
    var request = request();
    cloud.make("role", Map.of("name", "other"));
    assertThat(authorize(request, "other").status()).isEqualTo(401);
    assertThat(exchange(request, "guess").status()).isEqualTo(401);
    var verifier = authorize(request, "reader").body().at("/token/oauth_verifier").asString();
    assertThat(exchange(request, "wrong").status()).isEqualTo(401);
    var access = pair(exchange(request, verifier));
    assertThat(exchange(request, verifier).status()).as("once only").isEqualTo(401);
    var roles = login(access, "roles").body().at("/token/roles");
    assertThat(roles.findValuesAsString("name")).containsExactly("reader");
    cloud.call("DELETE", role("admin"), cloud.admin(), null);
    assertThat(login(access, "z").status()).as("the user lost the role").isEqualTo(401);
  }

  @Test
  void itsTokensAuthorizeAndMakeNothing() throws Exception {
    var token = login(access(), "q").token();
    var request = request();
    assertThat(
            cloud
                .call(
                    "PUT",
                    "/v3/OS-OAUTH1/authorize/" + request.id,
                    token,
                    Map.of("roles", List.of(Map.of("id", cloud.role("reader")))))
                .status())
        .isEqualTo(403);
    var rescoped =
        "{\"auth\":{\"identity\":{\"methods\":[\"token\"],\"token\":{\"id\":\"" + token + "\"}}}}";
    assertThat(cloud.call("POST", "/v3/auth/tokens", null, rescoped).status()).isEqualTo(403);
  }
}
