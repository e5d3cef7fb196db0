package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.core.Json;

/**
 * {@code /v3/ec2tokens} and {@code /v3/s3tokens}. The signatures were made by keystoneclient's own
 * signer.
 */
class SignatureTest {
  private static final String SECRET = "0123456789abcdef0123456789abcdef";
  private static final Map<String, Object> V2 =
      Map.of(
          "access",
          "AK",
          "signature",
          "IbLYyaQMPgW/H8yshWlnFMDtrilZa/O1nwphRG9r3cs=",
          "host",
          "127.0.0.1:8773",
          "verb",
          "GET",
          "path",
          "/services/Cloud",
          "params",
          Map.of(
              "SignatureVersion",
              "2",
              "Timestamp",
              "2026-11-21T04:00:00Z",
              "Action",
              "DescribeInstances",
              "Filter.1",
              "a b*~é",
              "AWSAccessKeyId",
              "AK"));
  private static final Map<String, Object> V4 =
      Map.of(
          "access",
          "AK",
          "signature",
          "526f83547e1a54bd523ab98b7036fbdb74d3d08b3327aa023febe82494fe51f6",
          "host",
          "api:8773",
          "verb",
          "POST",
          "path",
          "/",
          "params",
          Map.of(),
          "headers",
          Map.of(
              "Host",
              "api:8773",
              "X-Amz-Date",
              "20261121T040000Z",
              "Authorization",
              "AWS4-HMAC-SHA256 Credential=AK/20261121/r/ec2/aws4_request,"
                  + "SignedHeaders=host;x-amz-date,Signature=x"),
          "body_hash",
          "e16997f9cb60d46290d1ec7568d64d8d08bbd2d7930436a856adf0dca83e95ef");

  @TempDir Path dir;
  private TestIdentity cloud;
  private String project;
  private String user;

  @BeforeEach
  void start() {
    cloud = new TestIdentity(dir);
    project = cloud.make("project", Map.of("name", "p"));
    user = cloud.make("user", Map.of("name", "anna", "password", "secret"));
    var grant = "/v3/projects/" + project + "/users/" + user + "/roles/";
    cloud.call("PUT", grant + cloud.role("member"), cloud.admin(), null);
  }

  @AfterEach
  void stop() {
    cloud.close();
  }

  private String anna() {
    return cloud.login("anna", "secret", TestIdentity.onProject("p")).token();
  }

  private void keyPair(String token, Map<String, String> more) {
    var blob = new HashMap<String, String>(more);
    blob.put("access", "AK");
    blob.put("secret", SECRET);
    var made = cloud.keyPair(token, user, project, Json.text(Json.tree(blob)));
    assertThat(made.status()).as(made.toString()).isEqualTo(201);
  }

  private TestIdentity.Said ask(String path, Map<String, Object> credentials) {
    return cloud.call("POST", "/v3" + path, cloud.admin(), Map.of("credentials", credentials));
  }

  private static Map<String, Object> with(Map<String, Object> was, String key, Object value) {
    var out = new HashMap<>(was);
    out.put(key, value);
    return out;
  }

  @Test
  @Shows("POST /v3/ec2tokens")
  void bothVersionsAreUnderstood() {
    keyPair(anna(), Map.of());
    for (var signed :
        List.of(V2, V4, with(V2, "signature", "tk8unQHap4vyrGYCqTHcyBF1DcF/Pcn+/Qaj9zbyifw="))) {
      var said = ask("/ec2tokens", signed);
      assertThat(said.status()).as(said.toString()).isEqualTo(200);
      assertThat(said.body().at("/token/user/id").asString()).isEqualTo(user);
      assertThat(said.body().at("/token/project/id").asString()).isEqualTo(project);
      assertThat(said.body().at("/token/methods/0").asString()).isEqualTo("ec2credential");
      assertThat(cloud.get("/v3/auth/catalog", said.token()).status()).isEqualTo(200);
    }
  }

  @Test
  void signaturesAreLoginsInTheEventLog() {
    keyPair(anna(), Map.of());
    assertThat(ask("/ec2tokens", V2).status()).isEqualTo(200);
    assertThat(ask("/ec2tokens", with(V2, "verb", "POST")).status()).isEqualTo(401);
    assertThat(ask("/s3tokens", with(V2, "token", "x")).status()).isEqualTo(401);
    var shown = cloud.get("/v3/credentials?type=ec2", cloud.admin()).body();
    assertThat(shown.at("/credentials/0/last_used_at").asString()).startsWith("2026-11-21T04:00");
    cloud.close();
    try (var again = new TestIdentity(dir)) {
      var logins =
          again
              .identity
              .database()
              .read(sql -> again.identity.events().since(sql, 0, null, 1000))
              .stream()
              .filter(e -> e.type().equals("identity.authenticate"))
              .map(e -> e.payload())
              .toList();
      assertThat(logins)
          .anyMatch(
              e ->
                  e.at("/methods/0").asString("").equals("ec2credential")
                      && e.at("/target/id").asString().equals(user)
                      && e.get("outcome").asString().equals("success"));
      assertThat(logins)
          .filteredOn(e -> e.at("/initiator/username").asString("").equals("AK"))
          .hasSize(2)
          .allMatch(e -> e.get("outcome").asString().equals("failure"));
      assertThat(logins.toString()).doesNotContain(SECRET);
    }
  }

  @Test
  void anythingElseIsRefused() {
    keyPair(anna(), Map.of());
    for (var wrong :
        List.of(
            with(V2, "verb", "POST"),
            with(V2, "path", "/"),
            with(V2, "host", "elsewhere"),
            with(V2, "params", Map.of()),
            with(V2, "params", Map.of("SignatureVersion", "0")),
            with(V2, "signature", "x"),
            with(V2, "signature", 7),
            with(V4, "body_hash", "00"),
            with(V4, "headers", Map.of("Authorization", "AWS4-HMAC-SHA256 Credential=")))) {
      assertThat(ask("/ec2tokens", wrong).status()).as(wrong.toString()).isEqualTo(401);
    }
    assertThat(ask("/ec2tokens", with(V2, "access", "other")).status()).isEqualTo(404);
  }

  /** Fields of other kinds, texts cut and bent, in every place. */
  @Test
  void malformedSignaturesAreRefused() {
    keyPair(anna(), Map.of());
    var odd =
        java.util.Arrays.<Object>asList(
            null,
            7,
            true,
            "",
            "\u00e9\ud83d\ude00",
            "/",
            "a/b/c/d/e",
            "x".repeat(20_000),
            List.of(),
            List.of(Map.of()),
            Map.of(),
            Map.of("Authorization", "AWS4-HMAC-SHA256", "X-Amz-Date", ""),
            Map.of("Authorization", "AWS4-HMAC-SHA256 Credential=////,SignedHeaders=;;,"),
            Map.of("SignatureVersion", "2", "Timestamp", "9".repeat(5000)),
            Map.of("SignatureVersion", 2, "Timestamp", List.of()),
            Map.of("X-Amz-Algorithm", "AWS4-HMAC-SHA256", "X-Amz-Credential", "/"),
            Map.of("", ""));
    for (var path : List.of("/ec2tokens", "/s3tokens")) {
      for (var good : List.of(V2, V4)) {
        for (var key :
            List.of(
                "access",
                "signature",
                "verb",
                "host",
                "path",
                "params",
                "headers",
                "body_hash",
                "token")) {
          for (var value : odd) {
            var said = ask(path, with(good, key, value));
            if (said.status() != 200 || key.equals("access")) { // what was not signed may be odd
              assertThat(said.status()).as(path + " " + key + "=" + value).isIn(400, 401, 404);
            }
          }
        }
      }
      for (var toSign :
          List.of(
              "",
              "\n\n\n",
              "AWS4-HMAC-SHA256",
              "AWS4-HMAC-SHA256\nx\ny/z/s3/aws4_request\nw",
              "AWS4-HMAC-SHA256\n20261121T040000Z\n//s3/aws4_request\n",
              "GET\n\n\n\n/")) {
        var token =
            java.util.Base64.getEncoder()
                .encodeToString(toSign.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        assertThat(ask(path, with(V2, "token", token)).status()).isIn(200, 401);
      }
      for (var body :
          List.of("{}", "[]", "{\"credentials\":[]}", "{\"credentials\":{\"access\":{}}}")) {
        assertThat(cloud.call("POST", "/v3" + path, cloud.admin(), body).status()).isIn(400, 401);
      }
    }
  }

  /** A key pair somebody stored without its secret is good for nothing, not for the word null. */
  @Test
  void aKeyPairWithoutASecretSignsNothing() {
    for (var blob : List.of("{\"access\":\"AK\"}", "{\"access\":\"AK\",\"secret\":\"\"}")) {
      var made = cloud.keyPair(anna(), user, project, blob);
      assertThat(ask("/ec2tokens", V2).status()).isEqualTo(401);
      assertThat(ask("/s3tokens", with(V2, "token", "AAAA")).status()).isEqualTo(401);
      var id = made.body().at("/credential/id").asString();
      cloud.call("DELETE", "/v3/credentials/" + id, cloud.admin(), null);
    }
  }

  /** OSSA-2020-003: a signature ends. */
  @Tag("OSSA-2020-003")
  @Test
  void signaturesGetOld() {
    keyPair(anna(), Map.of());
    cloud.now = cloud.now.plusSeconds(16 * 60);
    assertThat(ask("/ec2tokens", V2).status()).isEqualTo(401);
    assertThat(ask("/ec2tokens", V4).status()).isEqualTo(401);
    var refreshed = with(V4, "params", Map.of("Timestamp", cloud.now.toString()));
    assertThat(ask("/ec2tokens", refreshed).status()).as("a time nobody signed").isEqualTo(401);
    cloud.now = cloud.now.minusSeconds(40 * 60);
    assertThat(ask("/ec2tokens", V2).status()).isEqualTo(401);
  }

  /** OSSA-2025-002: who is no service may not ask. */
  @Tag("OSSA-2025-002")
  @Test
  void onlyServicesMayAsk() {
    keyPair(anna(), Map.of());
    var body = Map.of("credentials", V2);
    assertThat(cloud.call("POST", "/v3/ec2tokens", null, body).status()).isEqualTo(401);
    assertThat(cloud.call("POST", "/v3/ec2tokens", anna(), body).status()).isEqualTo(403);
    assertThat(cloud.call("POST", "/v3/s3tokens", anna(), body).status()).isEqualTo(403);
    var service = cloud.identity.serviceToken().reveal();
    assertThat(cloud.call("POST", "/v3/ec2tokens", service, body).status()).isEqualTo(200);
  }

  /** OSSA-2020-004 and 2026-005: what a key pair gives makes nothing that lasts. */
  @Tag("OSSA-2020-004")
  @Tag("OSSA-2026-005")
  @Test
  void itsTokensMakeNoOthers() {
    keyPair(anna(), Map.of());
    var token = ask("/ec2tokens", V2).token();
    var rescoped =
        "{\"auth\":{\"identity\":{\"methods\":[\"token\"],\"token\":{\"id\":\"" + token + "\"}}}}";
    assertThat(cloud.call("POST", "/v3/auth/tokens", null, rescoped).status()).isEqualTo(403);
    var own = "/v3/users/" + user;
    assertThat(
            cloud
                .call("POST", own + "/credentials/OS-EC2", token, Map.of("tenant_id", project))
                .status())
        .isEqualTo(403);
    assertThat(
            cloud
                .call(
                    "POST",
                    own + "/application_credentials",
                    token,
                    Map.of("application_credential", Map.of("name", "a")))
                .status())
        .isEqualTo(403);
  }

  /** OSSA-2020-004: nobody signs for a trust or an application credential of somebody else. */
  @Tag("OSSA-2020-004")
  @Test
  void aForgedOriginGivesNothing() {
    var admin = cloud.admin();
    var who = cloud.get("/v3/auth/tokens", admin);
    assertThat(who.status()).isEqualTo(400);
    var adminId = cloud.get("/v3/users?name=welkin", admin).body().at("/users/0/id").asString();
    var adminHome =
        cloud.get("/v3/projects?name=admin", admin).body().at("/projects/0/id").asString();
    var trust =
        cloud
            .call(
                "POST",
                "/v3/OS-TRUST/trusts",
                admin,
                Map.of(
                    "trust",
                    Map.of(
                        "trustor_user_id",
                        adminId,
                        "trustee_user_id",
                        adminId,
                        "project_id",
                        adminHome,
                        "impersonation",
                        true,
                        "roles",
                        List.of(Map.of("name", "admin")))))
            .body()
            .at("/trust/id")
            .asString();
    assertThat(trust).isNotEmpty();
    keyPair(anna(), Map.of("trust_id", trust));
    assertThat(ask("/ec2tokens", V2).status()).isEqualTo(401);
  }

  /** A key pair made with an application credential may what that may, and ends with it. */
  @Test
  void aKeyPairStaysBoundToItsApplicationCredential() {
    var made =
        cloud
            .call(
                "POST",
                "/v3/users/" + user + "/application_credentials",
                anna(),
                Map.of(
                    "application_credential",
                    Map.of(
                        "name",
                        "a",
                        "secret",
                        "s",
                        "unrestricted",
                        true,
                        "roles",
                        List.of(Map.of("name", "reader")))))
            .body()
            .at("/application_credential/id")
            .asString();
    var login =
        cloud.call(
            "POST",
            "/v3/auth/tokens",
            null,
            "{\"auth\":{\"identity\":{\"methods\":[\"application_credential\"],"
                + "\"application_credential\":{\"id\":\""
                + made
                + "\",\"secret\":\"s\"}}}}");
    keyPairThrough(login.token());
    var said = ask("/ec2tokens", V2);
    assertThat(said.status()).as(said.toString()).isEqualTo(200);
    assertThat(said.body().at("/token/roles")).hasSize(1);
    assertThat(said.body().at("/token/roles/0/name").asString()).isEqualTo("reader");
    cloud.call("DELETE", "/v3/users/" + user + "/application_credentials/" + made, anna(), null);
    assertThat(ask("/ec2tokens", V2).status()).isEqualTo(401);
  }

  private void keyPairThrough(String token) {
    var said =
        cloud.keyPair(token, user, project, "{\"access\":\"AK\",\"secret\":\"" + SECRET + "\"}");
    // a reader may not make credentials; whoever may, makes one that is bound
    if (said.status() == 403) {
      keyPair(anna(), Map.of("app_cred_id", applicationCredential()));
    }
  }

  private String applicationCredential() {
    return cloud
        .get("/v3/users/" + user + "/application_credentials", anna())
        .body()
        .at("/application_credentials/0/id")
        .asString();
  }

  @Test
  @Shows("POST /v3/s3tokens")
  void s3SignsAStringOfItsOwn() throws Exception {
    keyPair(anna(), Map.of());
    var old = "GET\n\n\nFri, 20 Nov 2026 04:00:00 GMT\n/bucket/".getBytes(StandardCharsets.UTF_8);
    assertThat(ask("/s3tokens", s3(old, hmac("HmacSHA1", SECRET.getBytes(), old))).status())
        .isEqualTo(200);
    var key =
        hmac(
            "HmacSHA256",
            hmac(
                "HmacSHA256",
                hmac(
                    "HmacSHA256",
                    hmac("HmacSHA256", ("AWS4" + SECRET).getBytes(), "20261121".getBytes()),
                    "r".getBytes()),
                "s3".getBytes()),
            "aws4_request".getBytes());
    var v4 = "AWS4-HMAC-SHA256\n20261121T040000Z\n20261121/r/s3/aws4_request\nab".getBytes();
    var hex = java.util.HexFormat.of().formatHex(hmac("HmacSHA256", key, v4));
    var signed = new HashMap<>(s3(v4, new byte[0]));
    signed.put("signature", hex);
    assertThat(ask("/s3tokens", signed).status()).isEqualTo(200);
    signed.put("signature", "0" + hex.substring(1));
    assertThat(ask("/s3tokens", signed).status()).isIn(401);
    cloud.now = cloud.now.plusSeconds(16 * 60);
    signed.put("signature", hex);
    assertThat(ask("/s3tokens", signed).status()).isEqualTo(401);
  }

  private static Map<String, Object> s3(byte[] text, byte[] signature) {
    return Map.of(
        "access",
        "AK",
        "token",
        Base64.getUrlEncoder().encodeToString(text),
        "signature",
        Base64.getEncoder().encodeToString(signature));
  }

  private static byte[] hmac(String algorithm, byte[] key, byte[] data) throws Exception {
    var mac = Mac.getInstance(algorithm);
    mac.init(new SecretKeySpec(key, algorithm));
    return mac.doFinal(data);
  }
}
