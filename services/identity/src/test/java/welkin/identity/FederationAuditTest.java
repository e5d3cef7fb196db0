package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.store.Events;

/** What auditors find of federated logins, granted and refused. */
class FederationAuditTest {
  @TempDir Path dir;

  @Test
  void whoVouchedStandsInTheEvent() throws Exception {
    String user;
    var cloud = new TestIdentity[1];
    try (var provider = new TestOpenIdProvider(() -> cloud[0].now)) {
      cloud[0] = new TestIdentity(dir, "openid.providers", List.of(provider.configuration()));
      try {
        var admin = cloud[0].admin();
        put(
            admin,
            cloud[0],
            "mappings/m",
            "{\"mapping\":{\"rules\":[{\"local\":[{\"user\":{\"name\":\"{0}\"}}],"
                + "\"remote\":[{\"type\":\"OIDC-preferred_username\"}]}]}}");
        put(
            admin,
            cloud[0],
            "identity_providers/company",
            "{\"identity_provider\":{\"enabled\":true}}");
        put(
            admin,
            cloud[0],
            "identity_providers/company/protocols/openid",
            "{\"protocol\":{\"mapping_id\":\"m\"}}");
        user = login(cloud[0], provider).body().at("/token/user/id").asString();
        provider.user.remove("preferred_username");
        assertThat(login(cloud[0], provider).status()).isEqualTo(401);
      } finally {
        cloud[0].close();
      }
    }
    var logins =
        AuditTest.events(dir).stream()
            .filter(e -> e.type().equals("identity.authenticate"))
            .map(Events.Event::payload)
            .filter(p -> p.at("/initiator/credential").isObject())
            .toList();
    assertThat(logins).hasSize(2);
    var good = logins.getFirst();
    assertThat(good.get("outcome").asString()).isEqualTo("success");
    assertThat(good.at("/initiator/credential/identity_provider").asString()).isEqualTo("company");
    assertThat(good.at("/initiator/credential/user").asString()).isEqualTo(user);
    assertThat(good.at("/initiator/credential/groups").isArray()).isTrue();
    assertThat(logins.getLast().get("outcome").asString()).isEqualTo("failure");
    assertThat(logins.toString()).doesNotContain("eyJ");
  }

  private static TestIdentity.Said login(TestIdentity cloud, TestOpenIdProvider provider)
      throws Exception {
    return cloud.call(
        "POST",
        "/v3/OS-FEDERATION/identity_providers/company/protocols/openid/auth",
        null,
        null,
        "authorization",
        "Bearer " + provider.signed(provider.claims()));
  }

  private static void put(String admin, TestIdentity cloud, String path, String body) {
    var said = cloud.call("PUT", "/v3/OS-FEDERATION/" + path, admin, body);
    assertThat(said.status()).as(said.toString()).isEqualTo(201);
  }
}
