package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.identity.TestIdentity.PASSWORD;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The rows of keystone's table that no rule guards answer a proper request as documented; what a
 * rule guards is in {@link PersonaRowTest}, federated logins in tests of their own.
 */
class OpenRowsTest {
  @TempDir Path dir;
  private TestIdentity cloud;

  private int post(String path, String body, String... headers) {
    return cloud.call("POST", path, null, body, headers).status();
  }

  private int login(Fixtures f, String identity, String scope) {
    return post(
        "/v3/auth/tokens",
        f.fill(
            "{\"auth\":{\"identity\":"
                + identity
                + (scope == null ? "" : ",\"scope\":" + scope)
                + "}}"));
  }

  private static String password(String user) {
    return "{\"methods\":[\"password\"],\"password\":{\"user\":{\"id\":\"{"
        + user
        + "}\",\"password\":\"pw\"}}}";
  }

  private static final String TOKEN =
      "{\"methods\":[\"token\"],\"token\":{\"id\":\"{subject_token}\"}}";
  private static final String ON = "{\"project\":{\"id\":\"{project_id}\"}}";

  private Map<String, ToIntFunction<Fixtures>> rows() {
    var out = new LinkedHashMap<String, ToIntFunction<Fixtures>>();
    for (var path :
        List.of(
            "/",
            "/v3",
            "/v3/OS-SIMPLE-CERT/ca",
            "/v3/OS-SIMPLE-CERT/certificates",
            "/v3/auth/tokens/OS-PKI/revoked")) {
      out.put("GET " + path, f -> cloud.get(path, f.admin).status());
    }
    for (var path : List.of("/v3/OS-FEDERATION/domains", "/v3/OS-FEDERATION/projects")) {
      out.put("GET " + path, f -> cloud.get(path, f.get("subject_token")).status());
    }
    out.put("POST /v3/auth/tokens password/unscoped", f -> login(f, password("user_id"), null));
    out.put(
        "POST /v3/auth/tokens password/scoped",
        f -> {
          f.get("member");
          return login(f, password("user_id"), ON);
        });
    out.put("POST /v3/auth/tokens token/unscoped", f -> login(f, TOKEN, "\"unscoped\""));
    out.put("POST /v3/auth/tokens token/scoped", f -> login(f, TOKEN, ON));
    out.put(
        "POST /v3/auth/tokens application_credential",
        f ->
            login(
                f,
                "{\"methods\":[\"application_credential\"],\"application_credential\":"
                    + "{\"id\":\"{application_credential_id}\",\"secret\":\"s\"}}",
                null));
    out.put(
        "POST /v3/auth/tokens trust-scoped",
        f -> login(f, password("other_user_id"), "{\"OS-TRUST:trust\":{\"id\":\"{trust_id}\"}}"));
    out.put(
        "POST /v3/auth/tokens oauth1",
        f -> f.signed("/v3/auth/tokens", "access_token", null).status());
    out.put("POST /v3/auth/tokens mfa-receipt", this::bothFactors);
    out.put(
        "POST /v3/OS-OAUTH1/request_token",
        f -> f.signed("/v3/OS-OAUTH1/request_token", null, null).status());
    out.put(
        "POST /v3/OS-OAUTH1/access_token",
        f -> {
          f.get("access_token_id"); // fails unless it was made with 201
          return 201;
        });
    out.put(
        "POST /v3/OS-OAUTH2/token",
        f ->
            post(
                "/v3/OS-OAUTH2/token",
                "grant_type=client_credentials",
                "content-type",
                "application/x-www-form-urlencoded",
                "authorization",
                "Basic "
                    + Base64.getEncoder()
                        .encodeToString(
                            (f.get("application_credential_id") + ":s")
                                .getBytes(StandardCharsets.UTF_8))));
    out.put(
        "POST /v3/users/{user_id}/password",
        f ->
            post(
                f.fill("/v3/users/{user_id}/password"),
                "{\"user\":{\"original_password\":\"pw\",\"password\":\"another\"}}"));
    return out;
  }

  private int bothFactors(Fixtures f) {
    var seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    f.ask(
        "POST",
        "/v3/credentials",
        "{\"credential\":{\"type\":\"totp\",\"user_id\":\"{user_id}\",\"blob\":\"" + seed + "\"}}");
    f.ask(
        "PATCH",
        "/v3/users/{user_id}",
        "{\"user\":{\"options\":{\"multi_factor_auth_enabled\":true,"
            + "\"multi_factor_auth_rules\":[[\"password\",\"totp\"]]}}}");
    var first =
        cloud.call(
            "POST",
            "/v3/auth/tokens",
            null,
            f.fill("{\"auth\":{\"identity\":" + password("user_id") + "}}"));
    assertThat(first.status()).isEqualTo(401);
    return post(
        "/v3/auth/tokens",
        f.fill(
            "{\"auth\":{\"identity\":{\"methods\":[\"totp\"],\"totp\":{\"user\":{\"id\":\"{user_id}\","
                + "\"passcode\":\""
                + welkin.identity.token.TotpCodes.at(seed, cloud.now)
                + "\"}}}}}"),
        "openstack-auth-receipt",
        first.headers().get("Openstack-Auth-Receipt"));
  }

  /** By tests that need a provider or a signer. */
  private static TreeSet<String> shownElsewhere() {
    var out = new TreeSet<String>();
    for (var test : List.of(OpenIdTest.class, SamlTest.class, SignatureTest.class)) {
      for (var method : test.getDeclaredMethods()) {
        if (method.isAnnotationPresent(Shows.class)) {
          assertThat(method.isAnnotationPresent(Test.class)).as(method.toString()).isTrue();
          out.addAll(List.of(method.getAnnotation(Shows.class).value()));
        }
      }
    }
    return out;
  }

  @Test
  void theyAnswerAsDocumented() {
    try (var c = new TestIdentity(dir)) {
      cloud = c;
      var admin = cloud.login("welkin", PASSWORD, TestIdentity.onProject("admin")).token();
      var roles = new HashMap<String, String>();
      for (var role : List.of("reader", "member", "admin")) {
        roles.put(role, cloud.role(role));
      }
      var rows = rows();
      var left = new TreeSet<String>();
      for (var row : UpstreamRules.rows("keystone-rows.tsv")) {
        if (!PersonaRowTest.OPEN.contains(row[0] + " " + row[1])) {
          continue;
        }
        var name = (row[0] + " " + row[1] + " " + row[2]).strip();
        var ask = rows.remove(name);
        if (ask == null) {
          left.add(name);
          continue;
        }
        // PKI is gone upstream, whatever the table says
        var want = row[1].contains("CERT") || row[1].contains("PKI") ? "410" : row[3];
        int got = ask.applyAsInt(new Fixtures(cloud, admin, roles, "default"));
        assertThat(List.of(want.split(","))).as(name).contains(String.valueOf(got));
      }
      assertThat(rows.keySet()).as("not in the table").isEmpty();
      assertThat(left).as("rows that no test shows").isEqualTo(shownElsewhere());
    }
  }
}
