package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.identity.TestIdentity.PASSWORD;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * OSSA-2016-008 and OSSA-2015-006: a token made from a token, however often and for whatever scope,
 * ends with what ends the first: a new password, a disabled user, project or domain, a role taken
 * away.
 */
@Tag("OSSA-2016-008")
@Tag("OSSA-2015-006")
class Ossa2016008Test {
  @TempDir Path dir;
  private TestIdentity cloud;
  private int names;

  private record Place(String domain, String project, String user, String token) {}

  private Place place() {
    var domain = cloud.make("domain", Map.of("name", "d" + ++names));
    var project = cloud.make("project", Map.of("name", "p" + names, "domain_id", domain));
    var user = cloud.make("user", Map.of("name", "u", "domain_id", domain, "password", PASSWORD));
    for (var on : List.of("/projects/" + project, "/domains/" + domain, "/system")) {
      var path = "/v3" + on + "/users/" + user + "/roles/" + cloud.role("reader");
      assertThat(cloud.call("PUT", path, cloud.admin(), null).status()).isEqualTo(204);
    }
    var token =
        cloud
            .call(
                "POST",
                "/v3/auth/tokens",
                null,
                "{\"auth\":{\"identity\":{\"methods\":[\"password\"],\"password\":{\"user\":{\"id\":\""
                    + user
                    + "\",\"password\":\""
                    + PASSWORD
                    + "\"}}},\"scope\":\"unscoped\"}}")
            .token();
    return new Place(domain, project, user, token);
  }

  /** Tokens made from one another, each for any of the scopes. */
  private List<String> chain(Place at, Random random, String last) {
    var scopes =
        List.of(
            "\"unscoped\"",
            "{\"project\":{\"id\":\"" + at.project + "\"}}",
            "{\"domain\":{\"id\":\"" + at.domain + "\"}}",
            "{\"system\":{\"all\":true}}");
    var out = new ArrayList<String>();
    out.add(at.token);
    for (int i = 0; i < 5; i++) {
      var scope = i == 4 && last != null ? last : scopes.get(random.nextInt(scopes.size()));
      var said =
          cloud.call(
              "POST",
              "/v3/auth/tokens",
              null,
              "{\"auth\":{\"identity\":{\"methods\":[\"token\"],\"token\":{\"id\":\""
                  + out.getLast()
                  + "\"}},\"scope\":"
                  + scope
                  + "}}");
      assertThat(said.status()).as(said.toString()).isEqualTo(201);
      out.add(said.token());
    }
    return out;
  }

  /** Each says which was the first of its chain, and none outlives that. */
  @Test
  void theFirstOfAChainIsKnownToTheLast() {
    for (var provider : List.of("fernet", "jws")) {
      try (var c = new TestIdentity(dir.resolve(provider), "token.provider", provider)) {
        cloud = c;
        var at = place();
        var first = shown(at.token);
        for (var t : chain(at, new Random(4), null).subList(1, 6)) {
          c.now = c.now.plusSeconds(60);
          var audit = shown(t).get("audit_ids");
          assertThat(audit.size()).isEqualTo(2);
          assertThat(audit.get(1)).isEqualTo(first.at("/audit_ids/0")).isNotEqualTo(audit.get(0));
          assertThat(shown(t).get("expires_at")).isEqualTo(first.get("expires_at"));
        }
      }
    }
  }

  private JsonNode shown(String token) {
    return cloud
        .call("GET", "/v3/auth/tokens", cloud.admin(), null, "x-subject-token", token)
        .body()
        .get("token");
  }

  private int status(String token) {
    return cloud.get("/v3/auth/projects", token).status();
  }

  private void patch(String path, String body) {
    var said = cloud.call("PATCH", "/v3" + path, cloud.admin(), body);
    assertThat(said.status()).as(said.toString()).isEqualTo(200);
  }

  @Test
  void whatEndsTheFirstEndsTheLast() {
    try (var c = new TestIdentity(dir)) {
      cloud = c;
      var random = new Random(3);
      for (int round = 0; round < 6; round++) {
        var at = place();
        for (var t : chain(at, random, null)) {
          assertThat(status(t)).isEqualTo(200);
        }
        var tokens = chain(at, random, null);
        switch (round) {
          case 0 -> patch("/users/" + at.user, "{\"user\":{\"enabled\":false}}");
          case 1 -> patch("/domains/" + at.domain, "{\"domain\":{\"enabled\":false}}");
          case 2 -> patch("/users/" + at.user, "{\"user\":{\"password\":\"another one\"}}");
          case 3 ->
              assertThat(cloud.call("DELETE", "/v3/users/" + at.user, cloud.admin(), null).status())
                  .isEqualTo(204);
          case 4 ->
              assertThat(
                      cloud
                          .call(
                              "POST",
                              "/v3/users/" + at.user + "/password",
                              null,
                              "{\"user\":{\"original_password\":\""
                                  + PASSWORD
                                  + "\",\"password\":\"another one\"}}")
                          .status())
                  .isEqualTo(204);
          default -> {
            // enabled again: what was made before stays dead
            patch("/users/" + at.user, "{\"user\":{\"enabled\":false}}");
            patch("/users/" + at.user, "{\"user\":{\"enabled\":true}}");
          }
        }
        for (var t : tokens) {
          assertThat(status(t)).as("round " + round).isEqualTo(401);
        }
      }
    }
  }

  @Test
  void whatEndsOneScopeEndsTheTokensThere() {
    try (var c = new TestIdentity(dir)) {
      cloud = c;
      var random = new Random(4);
      for (int round = 0; round < 4; round++) {
        var at = place();
        boolean project = round % 2 == 0;
        var scope =
            project
                ? "{\"project\":{\"id\":\"" + at.project + "\"}}"
                : "{\"domain\":{\"id\":\"" + at.domain + "\"}}";
        var last = chain(at, random, scope).getLast();
        assertThat(status(last)).isEqualTo(200);
        var on = project ? "/projects/" + at.project : "/domains/" + at.domain;
        if (round == 2) {
          patch("/projects/" + at.project, "{\"project\":{\"enabled\":false}}");
        } else {
          var path = "/v3" + on + "/users/" + at.user + "/roles/" + cloud.role("reader");
          assertThat(cloud.call("DELETE", path, cloud.admin(), null).status()).isEqualTo(204);
        }
        assertThat(status(last)).as("round " + round).isEqualTo(401);
        assertThat(status(at.token)).as("unscoped").isEqualTo(200);
      }
    }
  }
}
