package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.identity.TestIdentity.PASSWORD;

import com.nimbusds.jose.JOSEException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import welkin.core.Json;
import welkin.identity.TestIdentity.Said;

/**
 * OSSA-2026-005 (a restricted application credential made an EC2 key that could more) as a
 * property: whoever is given something by a token, over any chain of trusts, application
 * credentials, EC2 keys, OAuth 1.0 and OAuth 2.0, never has more than that token had. And when what
 * the first one had is taken away, all of them have lost it. The first one, or who is trusted, may
 * be somebody for whom an identity provider vouches, whose rights are those of groups it names.
 */
@Tag("OSSA-2026-005")
class Ossa2026005Test {
  private static final int CHAINS = Integer.getInteger("trials.chains", 60);
  private static final List<String> ROLES = List.of("reader", "member", "manager", "admin");

  @TempDir Path dir;
  private TestIdentity cloud;
  private Random random;
  private TestOpenIdProvider provider;
  private final Map<String, String> roles = new HashMap<>();
  private final Map<String, Integer> made = new TreeMap<>();
  private int names;

  /**
   * What a token is good for.
   *
   * @param delegated by something else than the user's own password
   */
  private record Holder(
      String userId, String projectId, Set<String> roles, boolean delegated, String token) {}

  @Test
  void derivedRightsAreASubset() throws Exception {
    var seed = Long.getLong("trials.seed", 2026_005L);
    random = new Random(seed);
    try (var p = new TestOpenIdProvider(() -> cloud.now);
        var c = new TestIdentity(dir, "openid.providers", List.of(p.configuration()))) {
      provider = p;
      cloud = c;
      ROLES.forEach(r -> roles.put(r, cloud.role(r)));
      connect();
      for (int i = 0; i < CHAINS; i++) {
        chain(random.nextBoolean() ? new OwnUser() : new FederatedUser());
      }
    }
    System.out.println("made on the way: " + made);
    assertThat(made)
        .containsKeys(
            "trust",
            "trust in a federated user",
            "application credential",
            "EC2",
            "OAuth 1.0",
            "OAuth 2.0");
    for (var end : FederatedUser.ENDS) {
      assertThat(made).containsKey("end: " + end);
    }
  }

  /** Groups that the provider names are those of this cloud, for ten minutes after a login. */
  private void connect() {
    put(
        "mappings/m",
        """
        {"mapping":{"rules":[{"local":[{"user":{"id":"{0}","name":"{0}"}},
          {"groups":"{1}","domain":{"id":"default"}}],
          "remote":[{"type":"OIDC-sub"},{"type":"OIDC-groups"}]}]}}
        """);
    put("identity_providers/company", "{\"identity_provider\":{\"authorization_ttl\":10}}");
    put("identity_providers/company/protocols/openid", "{\"protocol\":{\"mapping_id\":\"m\"}}");
    enable(true);
  }

  private void put(String path, String body) {
    var said = cloud.call("PUT", "/v3/OS-FEDERATION/" + path, cloud.admin(), body);
    assertThat(said.status()).as(said.toString()).isEqualTo(201);
  }

  private void enable(boolean enabled) {
    var said =
        cloud.call(
            "PATCH",
            "/v3/OS-FEDERATION/identity_providers/company",
            cloud.admin(),
            "{\"identity_provider\":{\"enabled\":" + enabled + "}}");
    assertThat(said.status()).as(said.toString()).isEqualTo(200);
  }

  /** Whoever begins a chain. */
  private interface Beginning {
    /** With a role on one project, and as administrator of the other, logged in on the first. */
    Holder holder(String here, String role, String there);

    /**
     * Takes away what it had on the first project: which of its tokens must be good for nothing.
     */
    Predicate<Holder> end();
  }

  /** A user with a password here, whose role is its own. */
  private final class OwnUser implements Beginning {
    private final String id = user();
    private String granted;

    @Override
    public Holder holder(String here, String role, String there) {
      granted = "/v3/projects/" + here + "/users/" + id + "/roles/" + roles.get(role);
      change("PUT", granted);
      change("PUT", "/v3/projects/" + there + "/users/" + id + "/roles/" + roles.get("admin"));
      return Ossa2026005Test.this.holder(login(id, here), false);
    }

    @Override
    public Predicate<Holder> end() {
      change("DELETE", granted);
      return h -> true;
    }
  }

  /** A user whose roles are those of groups that its provider names. */
  private final class FederatedUser implements Beginning {
    private static final List<String> ENDS =
        List.of("role", "group", "named no more", "provider disabled", "time");

    private final String name = "f" + names++;
    private String group;
    private String granted;

    @Override
    public Holder holder(String here, String role, String there) {
      enable(true);
      group = cloud.make("group", Map.of("name", name + "-here"));
      var other = cloud.make("group", Map.of("name", name + "-there"));
      granted = "/v3/projects/" + here + "/groups/" + group + "/roles/" + roles.get(role);
      change("PUT", granted);
      change("PUT", "/v3/projects/" + there + "/groups/" + other + "/roles/" + roles.get("admin"));
      var unscoped = vouched(name, name + "-here", name + "-there");
      return Ossa2026005Test.this.holder(
          authenticate(
              "{\"methods\":[\"token\"],\"token\":{\"id\":\"" + unscoped.token() + "\"}}",
              "{\"project\":{\"id\":\"" + here + "\"}}"),
          false);
    }

    @Override
    public Predicate<Holder> end() {
      var how = ENDS.get(random.nextInt(ENDS.size()));
      count("end: " + how);
      switch (how) {
        case "role" -> change("DELETE", granted);
        case "group" -> change("DELETE", "/v3/groups/" + group);
        case "named no more" -> vouched(name, name + "-there");
        case "provider disabled" -> enable(false);
        default -> {
          cloud.now = cloud.now.plus(Duration.ofMinutes(11));
          return h -> h.delegated; // the login's own tokens say their groups themselves
        }
      }
      return h -> true;
    }
  }

  private void change(String method, String path) {
    assertThat(cloud.call(method, path, cloud.admin(), null).status()).isEqualTo(204);
  }

  /** A login by the provider. */
  private Said vouched(String name, String... groups) {
    var claims = provider.claims().put("sub", name);
    var list = claims.putArray("groups");
    List.of(groups).forEach(list::add);
    try {
      var said =
          cloud.call(
              "POST",
              "/v3/OS-FEDERATION/identity_providers/company/protocols/openid/auth",
              null,
              null,
              "authorization",
              "Bearer " + provider.signed(claims));
      assertThat(said.status()).as(said.toString()).isEqualTo(201);
      return said;
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private String user() {
    return cloud.make("user", Map.of("name", "u" + names++, "password", PASSWORD));
  }

  private void chain(Beginning beginning) {
    var here = cloud.make("project", Map.of("name", "p" + names++));
    var there = cloud.make("project", Map.of("name", "q" + names++));
    var role = ROLES.get(random.nextInt(ROLES.size()));
    var holder = beginning.holder(here, role, there); // there: what nobody may reach from here
    var all = new ArrayList<Holder>();
    for (int depth = 0; depth < 5; depth++) {
      var next = step(holder, there);
      if (next == null) {
        continue;
      }
      if (holder.delegated) {
        assertThat(next.roles).as(holder + " made " + next).isSubsetOf(holder.roles);
        assertThat(next.projectId).as(holder + " made " + next).isEqualTo(holder.projectId);
      } else {
        assertThat(next.roles).as(holder + " made " + next).isSubsetOf(everything(role));
      }
      if (next.projectId.equals(here)) {
        assertThat(next.roles).isSubsetOf(Set.copyOf(Fixtures.implied(role)));
      }
      all.add(next);
      holder = next;
    }
    var gone = beginning.end();
    for (var h : all) {
      if (h.projectId.equals(here) && gone.test(h)) {
        assertThat(cloud.get("/v3/auth/catalog", h.token).status())
            .as(h + " at the end of " + beginning)
            .isEqualTo(401);
      }
    }
  }

  /**
   * Of a token by password the maker may also reach the other project, where it is administrator.
   */
  private static Set<String> everything(String role) {
    var out = new HashSet<>(Fixtures.implied(role));
    out.addAll(ROLES);
    return out;
  }

  private Said login(String user, String project) {
    return authenticate(
        "{\"methods\":[\"password\"],\"password\":{\"user\":{\"id\":\""
            + user
            + "\",\"password\":\""
            + PASSWORD
            + "\"}}}",
        "{\"project\":{\"id\":\"" + project + "\"}}");
  }

  private Said authenticate(String identity, String scope) {
    return cloud.call(
        "POST",
        "/v3/auth/tokens",
        null,
        "{\"auth\":{\"identity\":"
            + identity
            + (scope == null ? "" : ",\"scope\":" + scope)
            + "}}");
  }

  /** Null when the login was refused. */
  private Holder holder(Said said, boolean delegated) {
    if (said.status() >= 300) {
      assertThat(said.status()).as(said.toString()).isLessThan(500);
      return null;
    }
    return holder(said.body().get("token"), said.token(), delegated);
  }

  private static Holder holder(JsonNode body, String token, boolean delegated) {
    return new Holder(
        body.at("/user/id").asString(),
        body.at("/project/id").asString(),
        Set.copyOf(body.get("roles").findValuesAsString("name")),
        delegated,
        token);
  }

  private Holder step(Holder from, String there) {
    return switch (random.nextInt(6)) {
      case 0 -> trust(from, random.nextInt(4) == 0 ? there : from.projectId);
      case 1 -> applicationCredential(from);
      case 2 -> ec2(from, random.nextInt(3) == 0 ? there : from.projectId);
      case 3 -> forgedEc2(from, random.nextInt(3) == 0 ? there : from.projectId);
      case 4 -> oauth1(from, random.nextInt(4) == 0 ? there : from.projectId);
      default -> rescoped(from, there);
    };
  }

  private List<Map<String, String>> someRoles() {
    return ROLES.stream()
        .filter(r -> random.nextBoolean())
        .map(r -> Map.of("id", roles.get(r)))
        .toList();
  }

  private Said post(String path, String token, Object body) {
    var said = cloud.call("POST", path, token, body);
    assertThat(said.status()).as(said.toString()).isLessThan(500);
    return said;
  }

  private void count(String what) {
    made.merge(what, 1, Integer::sum);
  }

  private Holder trust(Holder from, String project) {
    var federated = random.nextInt(3) == 0 ? vouched("t" + names++, "nobody") : null;
    var trustee = federated == null ? user() : federated.body().at("/token/user/id").asString();
    var said =
        post(
            "/v3/OS-TRUST/trusts",
            from.token,
            Map.of(
                "trust",
                Map.of(
                    "trustor_user_id",
                    from.userId,
                    "trustee_user_id",
                    trustee,
                    "project_id",
                    project,
                    "impersonation",
                    random.nextBoolean(),
                    "allow_redelegation",
                    random.nextBoolean(),
                    "roles",
                    someRoles())));
    if (said.status() != 201) {
      return null;
    }
    count(federated == null ? "trust" : "trust in a federated user");
    var who =
        federated == null
            ? "{\"methods\":[\"password\"],\"password\":{\"user\":{\"id\":\""
                + trustee
                + "\",\"password\":\""
                + PASSWORD
                + "\"}}}"
            : "{\"methods\":[\"token\"],\"token\":{\"id\":\"" + federated.token() + "\"}}";
    return holder(
        authenticate(
            who,
            "{\"OS-TRUST:trust\":{\"id\":\"" + said.body().at("/trust/id").asString() + "\"}}"),
        true);
  }

  private Holder applicationCredential(Holder from) {
    var wish = new HashMap<String, Object>();
    wish.put("name", "a" + names++);
    wish.put("secret", "s");
    wish.put("unrestricted", random.nextBoolean());
    if (random.nextBoolean()) {
      wish.put("roles", someRoles());
    }
    var said =
        post(
            "/v3/users/" + from.userId + "/application_credentials",
            from.token,
            Map.of("application_credential", wish));
    if (said.status() != 201) {
      return null;
    }
    count("application credential");
    var id = said.body().at("/application_credential/id").asString();
    if (random.nextBoolean()) {
      return oauth2(id);
    }
    return holder(
        authenticate(
            "{\"methods\":[\"application_credential\"],\"application_credential\":{\"id\":\""
                + id
                + "\",\"secret\":\"s\"}}",
            null),
        true);
  }

  private Holder oauth2(String id) {
    var client = Base64.getEncoder().encodeToString((id + ":s").getBytes(StandardCharsets.UTF_8));
    var said =
        cloud.call(
            "POST",
            "/v3/OS-OAUTH2/token",
            null,
            "grant_type=client_credentials",
            "content-type",
            "application/x-www-form-urlencoded",
            "authorization",
            "Basic " + client);
    if (said.status() != 200) {
      return null;
    }
    count("OAuth 2.0");
    var token = said.body().get("access_token").asString();
    var shown = cloud.call("GET", "/v3/auth/tokens", cloud.admin(), null, "x-subject-token", token);
    return holder(shown.body().get("token"), token, true);
  }

  private Holder ec2(Holder from, String project) {
    var said =
        post(
            "/v3/users/" + from.userId + "/credentials/OS-EC2",
            from.token,
            Map.of("tenant_id", project));
    if (said.status() != 201) {
      return null;
    }
    var key = said.body().get("credential");
    return signed(key.get("access").asString(), key.get("secret").asString());
  }

  /** A key pair by the general door, whose blob claims another origin. */
  private Holder forgedEc2(Holder from, String project) {
    var blob = new HashMap<String, Object>();
    blob.put("access", "AK" + names++);
    blob.put("secret", "sk");
    switch (random.nextInt(4)) {
      case 0 -> blob.put("trust_id", null);
      case 1 -> blob.put("app_cred_id", null);
      case 2 -> blob.put("app_cred_id", "none");
      default -> {}
    }
    var said =
        post(
            "/v3/credentials",
            from.token,
            Map.of(
                "credential",
                Map.of(
                    "type",
                    "ec2",
                    "user_id",
                    from.userId,
                    "project_id",
                    project,
                    "blob",
                    Json.text(Json.tree(blob)))));
    return said.status() == 201 ? signed(blob.get("access").toString(), "sk") : null;
  }

  private Holder signed(String access, String secret) {
    var params = new TreeMap<String, String>();
    params.put("AWSAccessKeyId", access);
    params.put("SignatureVersion", "2");
    params.put("SignatureMethod", "HmacSHA256");
    params.put("Timestamp", cloud.now.toString());
    var query = new ArrayList<String>();
    params.forEach((k, v) -> query.add(Signed.encode(k) + "=" + Signed.encode(v)));
    var text = "GET\nhost\n/\n" + String.join("&", query);
    String signature;
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      signature =
          Base64.getEncoder().encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
    var said =
        post(
            "/v3/ec2tokens",
            cloud.admin(),
            Map.of(
                "credentials",
                Map.of(
                    "access",
                    access,
                    "signature",
                    signature,
                    "host",
                    "host",
                    "verb",
                    "GET",
                    "path",
                    "/",
                    "params",
                    params)));
    if (said.status() != 200) {
      return null;
    }
    count("EC2");
    return holder(said.body().get("token"), said.token(), true);
  }

  private Holder oauth1(Holder from, String project) {
    var said = post("/v3/OS-OAUTH1/consumers", cloud.admin(), Map.of("consumer", Map.of()));
    var consumer =
        new Signed.Pair(
            said.body().at("/consumer/id").asString(),
            said.body().at("/consumer/secret").asString());
    var request =
        Signed.pair(
            Signed.send(
                cloud,
                "/v3/OS-OAUTH1/request_token",
                consumer,
                null,
                Map.of("oauth_callback", "oob"),
                project));
    var agreed =
        cloud.call(
            "PUT",
            "/v3/OS-OAUTH1/authorize/" + request.id(),
            from.token,
            Map.of("roles", someRoles()));
    assertThat(agreed.status()).as(agreed.toString()).isLessThan(500);
    if (agreed.status() != 200) {
      return null;
    }
    var verifier = agreed.body().at("/token/oauth_verifier").asString();
    var answer =
        Signed.send(
            cloud,
            "/v3/OS-OAUTH1/access_token",
            consumer,
            request,
            Map.of("oauth_verifier", verifier),
            project);
    if (answer.status() != 201) {
      return null;
    }
    var login =
        Signed.send(cloud, "/v3/auth/tokens", consumer, Signed.pair(answer), Map.of(), project);
    if (login.status() != 201) {
      return null;
    }
    count("OAuth 1.0");
    return holder(
        Json.parse(login.bytes()).get("token"), login.headers().get("X-Subject-Token"), true);
  }

  private Holder rescoped(Holder from, String there) {
    var scopes =
        List.of(
            "\"unscoped\"",
            "{\"system\":{\"all\":true}}",
            "{\"domain\":{\"id\":\"default\"}}",
            "{\"project\":{\"id\":\"" + from.projectId + "\"}}",
            "{\"project\":{\"id\":\"" + there + "\"}}");
    var said =
        authenticate(
            "{\"methods\":[\"token\"],\"token\":{\"id\":\"" + from.token + "\"}}",
            scopes.get(random.nextInt(scopes.size())));
    if (from.delegated) {
      assertThat(said.status()).as("from " + from + ": " + said).isIn(401, 403);
      return null;
    }
    if (said.status() != 201 || !said.body().get("token").has("project")) {
      return null;
    }
    count("a token by a token");
    return holder(said, false);
  }
}
