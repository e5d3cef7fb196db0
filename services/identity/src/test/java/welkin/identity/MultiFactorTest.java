package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One-time passwords, and logins that need several factors. */
class MultiFactorTest {
  /** The seed of RFC 6238's test vectors, in Base32. */
  private static final String SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

  @TempDir Path dir;
  private TestIdentity cloud;
  private String user;

  @BeforeEach
  void start() {
    cloud = new TestIdentity(dir);
    user = cloud.make("user", Map.of("name", "anna", "password", "secret"));
    var admin = cloud.admin();
    cloud.call(
        "POST",
        "/v3/credentials",
        admin,
        Map.of("credential", Map.of("type", "totp", "user_id", user, "blob", SEED)));
  }

  @AfterEach
  void stop() {
    cloud.close();
  }

  private TestIdentity.Said login(String receipt, String methods, String... parts) {
    var body =
        "{\"auth\":{\"identity\":{\"methods\":[" + methods + "]," + String.join(",", parts) + "}}}";
    return receipt == null
        ? cloud.call("POST", "/v3/auth/tokens", null, body)
        : cloud.call("POST", "/v3/auth/tokens", null, body, "openstack-auth-receipt", receipt);
  }

  private static String password(String text) {
    return "\"password\":{\"user\":{\"name\":\"anna\",\"domain\":{\"id\":\"default\"},"
        + "\"password\":\""
        + text
        + "\"}}";
  }

  private String totp(String passcode) {
    return "\"totp\":{\"user\":{\"id\":\"" + user + "\",\"passcode\":\"" + passcode + "\"}}";
  }

  private String passcode(int stepsAgo) {
    return welkin.identity.token.TotpCodes.at(SEED, cloud.now.minusSeconds(30L * stepsAgo));
  }

  private void rules(Object rules, boolean enabled) {
    var said =
        cloud.call(
            "PATCH",
            "/v3/users/" + user,
            cloud.admin(),
            Map.of(
                "user",
                Map.of(
                    "options",
                    Map.of(
                        "multi_factor_auth_enabled", enabled, "multi_factor_auth_rules", rules))));
    assertThat(said.status()).as(said.toString()).isEqualTo(200);
  }

  @Test
  void aPasscodeIsGoodForAMinute() {
    assertThat(login(null, "\"totp\"", totp(passcode(0))).status()).isEqualTo(201);
    assertThat(login(null, "\"totp\"", totp(passcode(1))).status()).isEqualTo(201);
    assertThat(login(null, "\"totp\"", totp(passcode(3))).status()).isEqualTo(401);
    assertThat(login(null, "\"totp\"", totp("000000")).status()).isEqualTo(401);
    assertThat(login(null, "\"totp\"", "\"totp\":{\"user\":{}}").status()).isEqualTo(400);
  }

  @Test
  void bothFactorsAtOnceOrOneAfterTheOther() {
    rules(List.of(List.of("password", "totp")), true);
    var both = login(null, "\"password\",\"totp\"", password("secret"), totp(passcode(0)));
    assertThat(both.status()).isEqualTo(201);
    var one = login(null, "\"password\"", password("secret"));
    assertThat(one.status()).isEqualTo(401);
    assertThat(one.body().at("/required_auth_methods/0")).hasSize(2);
    assertThat(one.body().at("/receipt/methods/0").asString()).isEqualTo("password");
    var receipt = one.headers().get("Openstack-Auth-Receipt");
    var rest = login(receipt, "\"totp\"", totp(passcode(0)));
    assertThat(rest.status()).as(rest.toString()).isEqualTo(201);
    assertThat(rest.body().at("/token/methods")).hasSize(2);
    assertThat(login(receipt, "\"totp\"", totp("1")).status()).isEqualTo(401);
    assertThat(cloud.get("/v3/auth/catalog", receipt).status()).as("no token").isEqualTo(401);
    cloud.now = cloud.now.plusSeconds(301);
    assertThat(login(receipt, "\"totp\"", totp(passcode(0))).status()).isEqualTo(401);
  }

  @Test
  void aReceiptIsItsUsersAlone() {
    rules(List.of(List.of("password", "totp")), true);
    var receipt =
        login(null, "\"password\"", password("secret")).headers().get("Openstack-Auth-Receipt");
    var other =
        cloud.call(
            "POST",
            "/v3/auth/tokens",
            null,
            "{\"auth\":{\"identity\":{\"methods\":[\"password\"],\"password\":{\"user\":{\"name\":"
                + "\"welkin\",\"domain\":{\"id\":\"default\"},\"password\":\""
                + TestIdentity.PASSWORD
                + "\"}}}}}",
            "openstack-auth-receipt",
            receipt);
    assertThat(other.status()).isEqualTo(401);
    assertThat(login("gAAAAArubbish", "\"totp\"", totp(passcode(0))).status()).isEqualTo(401);
    assertThat(login(cloud.admin(), "\"totp\"", totp(passcode(0))).status()).isEqualTo(401);
  }

  @Test
  void rulesThatNobodyCanMeetCountForNothing() {
    rules(List.of(List.of("dance"), List.of()), true);
    assertThat(login(null, "\"password\"", password("secret")).status()).isEqualTo(201);
    rules(List.of(List.of("password", "totp")), false);
    assertThat(login(null, "\"password\"", password("secret")).status()).isEqualTo(201);
    rules(List.of(List.of("password", "totp"), List.of("password")), true);
    assertThat(login(null, "\"password\"", password("secret")).status()).isEqualTo(201);
  }
}
