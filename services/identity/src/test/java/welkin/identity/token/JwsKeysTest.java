package welkin.identity.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import welkin.core.Config;
import welkin.store.Database;
import welkin.testkit.TestDatabases;

/** Signed tokens: what is accepted, and what is not. */
class JwsKeysTest {
  private static final Payload PAYLOAD =
      new Payload(
          "ann",
          List.of("password", "totp"),
          Scope.project("p1"),
          Instant.ofEpochSecond(2_000_000_000),
          List.of("one", "two"),
          Delegation.trust("t1"),
          Instant.ofEpochSecond(1_900_000_000));

  @TempDir Path home;
  private Database database;
  private ClusterKey cluster;
  private JwsKeys keys;

  @BeforeEach
  void open() {
    database =
        TestDatabases.in(home, Instant::now)
            .open(
                "identity",
                List.of(
                    "/welkin/identity/V001__identity.sql",
                    "/welkin/identity/V006__several_processes.sql"));
    cluster = new ClusterKey(home);
    keys = new JwsKeys(database, cluster, 3);
  }

  @AfterEach
  void close() {
    database.close();
  }

  /** What only a thief of the primary would have. */
  private ECKey primary() throws ParseException {
    var row = database.read(sql -> FernetKeyStore.all(sql, "jws").lastEntry().getValue().sealed());
    return ECKey.parse(cluster.open(row));
  }

  private static String encoded(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String signed(JWSHeader header, com.nimbusds.jose.JWSSigner by, String claims)
      throws JOSEException {
    var token = new JWSObject(header, new com.nimbusds.jose.Payload(claims));
    token.sign(by);
    return token.serialize();
  }

  @Test
  void aTokenIsWhatKeystoneWouldRead() throws ParseException {
    var token = JWSObject.parse(keys.sign(JwsClaims.of(PAYLOAD)));
    assertThat(token.getHeader().toJSONObject())
        .containsOnly(
            org.assertj.core.api.Assertions.entry("alg", "ES256"),
            org.assertj.core.api.Assertions.entry("typ", "JWT"));
    assertThat(token.getPayload().toString())
        .isEqualTo(
            "{\"sub\":\"ann\",\"iat\":1900000000,\"exp\":2000000000,"
                + "\"openstack_methods\":[\"password\",\"totp\"],"
                + "\"openstack_audit_ids\":[\"one\",\"two\"],\"openstack_project_id\":\"p1\","
                + "\"openstack_trust_id\":\"t1\"}");
    assertThat(JwsClaims.read(keys.verified(token.serialize()))).isEqualTo(PAYLOAD);
  }

  @Test
  void anotherProcessHasTheSameKeys() {
    var other = new JwsKeys(database, new ClusterKey(home), 3);
    assertThat(other.verified(keys.sign("{}".getBytes(StandardCharsets.UTF_8)))).isNotNull();
  }

  @Test
  void aForeignKeyIsNoKeyHoweverItIsBroughtAlong() throws JOSEException {
    var mine = new ECKeyGenerator(Curve.P_256).keyID("mine").generate();
    var claims = new String(JwsClaims.of(PAYLOAD), StandardCharsets.UTF_8);
    for (var header :
        List.of(
            new JWSHeader.Builder(JWSAlgorithm.ES256).build(),
            new JWSHeader.Builder(JWSAlgorithm.ES256).jwk(mine.toPublicJWK()).build(),
            new JWSHeader.Builder(JWSAlgorithm.ES256)
                .keyID("../../../../dev/null")
                .type(JOSEObjectType.JWT)
                .build(),
            new JWSHeader.Builder(JWSAlgorithm.ES256)
                .keyID("x' UNION SELECT 1 --")
                .jwkURL(URI.create("http://127.0.0.1:1/keys"))
                .build())) {
      assertThat(keys.verified(signed(header, new ECDSASigner(mine), claims))).isNull();
    }
  }

  /** A public key taken for the secret of an HMAC. */
  @Test
  void theAlgorithmIsOursToChoose() throws Exception {
    var claims = new String(JwsClaims.of(PAYLOAD), StandardCharsets.UTF_8);
    var open = primary().toECPublicKey();
    for (var secret :
        List.of(
            open.getEncoded(),
            ("-----BEGIN PUBLIC KEY-----\n"
                    + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(open.getEncoded())
                    + "\n-----END PUBLIC KEY-----\n")
                .getBytes(StandardCharsets.US_ASCII))) {
      assertThat(
              keys.verified(
                  signed(new JWSHeader(JWSAlgorithm.HS256), new MACSigner(secret), claims)))
          .isNull();
    }
    for (var alg : List.of("none", "None", "nOnE", "", "ES384", "RS256", "HS256", "ES256K")) {
      var unsigned = encoded("{\"alg\":\"" + alg + "\"}") + "." + encoded(claims) + ".";
      assertThat(keys.verified(unsigned)).as(alg).isNull();
      assertThat(keys.verified(unsigned + encoded("x".repeat(64)))).as(alg).isNull();
    }
    // r = s = 0
    assertThat(
            keys.verified(
                encoded("{\"alg\":\"ES256\"}")
                    + "."
                    + encoded(claims)
                    + "."
                    + Base64.getUrlEncoder().withoutPadding().encodeToString(new byte[64])))
        .isNull();
  }

  @Test
  void whatItSaysIsWhatWasSigned() {
    var parts = keys.sign(JwsClaims.of(PAYLOAD)).split("\\.");
    var other =
        encoded(new String(JwsClaims.of(PAYLOAD), StandardCharsets.UTF_8).replace("ann", "bob"));
    assertThat(keys.verified(parts[0] + "." + other + "." + parts[2])).isNull();
    assertThat(
            keys.verified(
                encoded("{\"alg\":\"ES256\",\"crit\":[\"b64\"],\"b64\":false}")
                    + "."
                    + parts[1]
                    + "."
                    + parts[2]))
        .isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "a.b.c.d.e",
        "e30.e30.",
        "e30.e30.e30",
        "bnVsbA.bnVsbA.bnVsbA",
        "W10.W10.W10",
        "\u0000.\u0000.\u0000",
        "é.é.é",
        "eyJhbGciOiJFUzI1NiJ9.e30.!!!",
        "eyJhbGciOiJFUzI1NiJ9..",
        "eyJhbGciOnt9fQ.e30.AA"
      })
  void nonsenseIsNoToken(String text) {
    assertThat(keys.verified(text)).isNull();
    assertThat(keys.verified("[".repeat(3000) + "." + text)).isNull();
    assertThat(keys.verified(encoded("{\"a\":".repeat(1000)) + ".e30." + text)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{}",
        "{\"sub\":1}",
        "{\"sub\":\"a\",\"iat\":\"1\",\"exp\":2,\"openstack_audit_ids\":[\"x\"]}",
        "{\"sub\":\"a\",\"iat\":1,\"exp\":1e400,\"openstack_audit_ids\":[\"x\"]}",
        "{\"sub\":\"a\",\"iat\":1,\"exp\":2,\"openstack_audit_ids\":[]}",
        "{\"sub\":\"a\",\"iat\":1,\"exp\":2,\"openstack_audit_ids\":[{}]}",
        "{\"sub\":\"a\",\"iat\":1,\"exp\":2,\"openstack_audit_ids\":[\"x\"],"
            + "\"openstack_project_id\":{}}"
      })
  void claimsOfSomethingElseAreNoToken(String claims) {
    var bytes = keys.verified(keys.sign(claims.getBytes(StandardCharsets.UTF_8)));
    assertThatThrownBy(() -> JwsClaims.read(bytes)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aRotationThatTokensWouldNotSurviveStopsTheStart() {
    var hour = Duration.ofHours(1);
    var days = Duration.ofDays(2);
    var daily = Config.of("fernet_tokens.rotation_hours", 24);
    assertThatThrownBy(() -> TokenKeys.mustOutlive(daily, hour, days))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("fernet_tokens.max_active_keys to 5")
        .hasMessageContaining("fernet_tokens.rotation_hours to 49");
    TokenKeys.mustOutlive(Config.of("fernet_tokens.rotation_hours", 49), hour, days);
    TokenKeys.mustOutlive(daily.with(Config.of("fernet_tokens.max_active_keys", 5)), hour, days);
    TokenKeys.mustOutlive(Config.of(), hour, days);
    assertThatThrownBy(
            () ->
                TokenKeys.mustOutlive(
                    daily.with(Config.of("fernet_tokens.max_active_keys", 2)), hour, hour))
        .hasMessageContaining("max_active_keys to 3, or more");
  }
}
