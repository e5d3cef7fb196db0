package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.identity.TestIdentity.PASSWORD;
import static welkin.identity.TestIdentity.onProject;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.core.Caller;
import welkin.store.Events.Event;

/**
 * keystone's tables beside that of its rows: rules, notifications ({@code
 * keystone-notifications.tsv}) and limits ({@code keystone-quotas.tsv}).
 */
class UpstreamTablesTest {
  @TempDir Path dir;

  /** Rows of notifications that keystone itself never sends, and why. */
  private static final Map<String, String> NEVER =
      Map.of(
          "identity.trust.created", "sent as OS-TRUST:trust",
          "identity.trust.updated", "sent as OS-TRUST:trust",
          "identity.trust.deleted", "sent as OS-TRUST:trust",
          "identity.OS-TRUST:trust.updated", "a trust does not change",
          "identity.OS-OAUTH1:access_token.updated", "an access token does not change",
          "identity.application_credential.updated", "one does not change",
          "identity.access_rule.updated", "one does not change",
          "identity.invalidate_token_cache", "never leaves the process; here it is the epoch");

  @Test
  void everyRuleAsksAndIsScopedAsUpstreamsDoes() {
    try (var cloud = new TestIdentity(dir)) {
      var policy = cloud.identity.apis().iterator().next().policy();
      var rows = UpstreamRules.rows("keystone-policies.tsv");
      assertThat(rows).hasSize(203);
      var names = new TreeSet<String>();
      for (var row : rows) {
        names.add(row[0]);
        assertThat(policy.has(row[0])).as(row[0]).isTrue();
        assertThat(policy.explain(row[0], Caller.ANONYMOUS, Map.of()).check())
            .as(row[0])
            .isEqualTo(row[1]);
        assertThat(Set.copyOf(policy.scopeTypes(row[0])))
            .as(row[0])
            .isEqualTo(row[2].isEmpty() ? Set.of() : Set.of(row[2].split(",")));
      }
      names.add("identity:get_effective_permissions");
      assertThat(policy.rules()).as("rules that upstream has not").isSubsetOf(names);
    }
  }

  @Test
  void everyNotificationIsSent() {
    var sent = new HashMap<String, List<Event>>();
    try (var cloud = new TestIdentity(dir)) {
      var admin = cloud.login("welkin", PASSWORD, onProject("admin")).token();
      var roles = new HashMap<String, String>();
      for (var role : List.of("reader", "member", "admin")) {
        roles.put(role, cloud.role(role));
      }
      var f = new Fixtures(cloud, admin, roles, "default");
      f.get("trust_id");
      f.get("access_token_id");
      f.get("application_credential_id");
      var user = f.get("user_id");
      for (var body :
          List.of(
              "{\"user\":{\"description\":\"d\"}}",
              "{\"group\":{\"description\":\"d\"}}",
              "{\"project\":{\"description\":\"d\"}}",
              "{\"service\":{\"description\":\"d\"}}",
              "{\"region\":{\"description\":\"d\"}}",
              "{\"endpoint\":{\"url\":\"http://y\"}}",
              "{\"policy\":{\"blob\":\"c\"}}",
              "{\"credential\":{\"blob\":\"c\"}}",
              "{\"limit\":{\"resource_limit\":4}}",
              "{\"registered_limit\":{\"default_limit\":8}}")) {
        var noun = body.substring(2, body.indexOf('"', 2));
        f.ask("PATCH", "/v3/" + TestIdentity.plural(noun) + "/{" + noun + "_id}", body);
      }
      f.ask("PATCH", "/v3/roles/{new_role_id}", "{\"role\":{\"description\":\"d\"}}");
      f.ask("PATCH", "/v3/domains/{new_domain_id}", "{\"domain\":{\"description\":\"d\"}}");
      f.ask("PATCH", "/v3/domains/{new_domain_id}", "{\"domain\":{\"enabled\":false}}");
      f.ask(
          "PATCH",
          "/v3/OS-OAUTH1/consumers/{consumer_id}",
          "{\"consumer\":{\"description\":\"d\"}}");
      f.ask(
          "PATCH",
          "/v3/OS-FEDERATION/identity_providers/{idp_id}",
          "{\"identity_provider\":{\"description\":\"d\"}}");
      cloud.call(
          "POST",
          "/v3/auth/tokens",
          null,
          f.fill(
              "{\"auth\":{\"identity\":{\"methods\":[\"password\"],\"password\":{\"user\":"
                  + "{\"id\":\"{user_id}\",\"password\":\"wrong\"}}}}}"));
      var own = f.token("{user_id}"); // only its user deletes an application credential's rule
      for (var path :
          List.of(
              "/v3/users/{user_id}/application_credentials/{application_credential_id}",
              "/v3/users/{user_id}/access_rules/{access_rule_id}")) {
        assertThat(cloud.call("DELETE", f.fill(path), own, null).status()).as(path).isEqualTo(204);
      }
      f.ask("DELETE", "/v3/users/{user_id}/OS-OAUTH1/access_tokens/{access_token_id}", null);
      f.ask("DELETE", "/v3/OS-OAUTH1/consumers/{consumer_id}", null);
      assertThat(
              cloud
                  .call(
                      "DELETE",
                      f.fill("/v3/OS-TRUST/trusts/{trust_id}"),
                      f.token("{user_id}"),
                      null)
                  .status())
          .isEqualTo(204);
      f.ask("DELETE", "/v3/projects/{project_id}/users/{user_id}/roles/{role_id}", null);
      f.ask("PATCH", "/v3/users/{user_id}", "{\"user\":{\"enabled\":false}}");
      for (var path :
          List.of(
              "/v3/limits/{limit_id}",
              "/v3/registered_limits/{registered_limit_id}",
              "/v3/credentials/{credential_id}",
              "/v3/policies/{policy_id}",
              "/v3/endpoints/{endpoint_id}",
              "/v3/services/{service_id}",
              "/v3/regions/{region_id}",
              "/v3/roles/{new_role_id}",
              "/v3/groups/{group_id}",
              "/v3/users/{user_id}",
              "/v3/domains/{new_domain_id}",
              "/v3/OS-FEDERATION/identity_providers/{idp_id}")) {
        f.ask("DELETE", path, null);
      }
      f.ask("PATCH", "/v3/projects/{project_id}", "{\"project\":{\"enabled\":false}}");
      f.ask("DELETE", "/v3/projects/{project_id}", null);
      assertThat(user).hasSize(32);
    }
    for (var event : AuditTest.events(dir)) {
      sent.computeIfAbsent(event.type(), t -> new ArrayList<>()).add(event);
    }
    var missing = new TreeSet<String>();
    for (var row : UpstreamRules.rows("keystone-notifications.tsv")) {
      var type = row[1].replaceAll(" .*", "");
      var events = sent.getOrDefault(type.replace(".failed", ""), List.of());
      if (type.endsWith(".failed")) {
        events =
            events.stream()
                .filter(e -> e.payload().get("outcome").asString().equals("failure"))
                .toList();
      }
      if (events.isEmpty() && !NEVER.containsKey(type)) {
        missing.add(type);
      }
      assertThat(events.isEmpty() || !NEVER.containsKey(type)).as(type + " is sent").isTrue();
      for (var event : events) {
        for (var part : List.of("typeURI", "id", "eventTime", "action", "outcome", "observer")) {
          assertThat(event.payload().has(part)).as(type + " has " + part).isTrue();
        }
        assertThat(event.payload().at("/initiator/id").asString()).as(type).isNotEmpty();
        assertThat(event.payload().at("/target/typeURI").asString()).as(type).isNotEmpty();
      }
    }
    assertThat(missing).as("notifications that nobody sends").isEmpty();
  }

  @Test
  void everyLimitHolds() {
    var shown = new LinkedHashMap<String, Integer>();
    try (var cloud =
        new TestIdentity(dir, "credential.user_limit", 1, "application_credential.user_limit", 1)) {
      var f = fixtures(cloud);
      var credential =
          "{\"credential\":{\"type\":\"cert\",\"blob\":\"b\",\"user_id\":\"{user_id}\"}}";
      f.get("credential_id");
      var more = cloud.call("POST", "/v3/credentials", f.admin, f.fill(credential));
      assertThat(more.status()).isEqualTo(403);
      assertThat(more.message())
          .isEqualTo(
              "Unable to create additional credentials, maximum of 1 already exceeded for user.");
      f.get("member");
      assertThat(
              cloud
                  .call(
                      "POST",
                      f.fill("/v3/users/{user_id}/credentials/OS-EC2"),
                      f.admin,
                      f.fill("{\"tenant_id\":\"{project_id}\"}"))
                  .status())
          .isEqualTo(403);
      shown.put("credentials", -1);
      f.get("application_credential_id");
      more =
          cloud.call(
              "POST",
              f.fill("/v3/users/{user_id}/application_credentials"),
              f.token("{user_id}"),
              "{\"application_credential\":{\"name\":\"b\",\"secret\":\"s\"}}");
      assertThat(more.status()).isEqualTo(403);
      assertThat(more.message()).contains("application credentials, maximum of 1 already exceeded");
      shown.put("application credentials", -1);
    }
    try (var cloud = new TestIdentity(dir.resolve("deep"))) {
      var f = fixtures(cloud);
      String parent = "default";
      for (int level = 1; level <= 6; level++) {
        var made =
            cloud.call(
                "POST",
                "/v3/projects",
                f.admin,
                Map.of("project", Map.of("name", "p" + level, "parent_id", parent)));
        assertThat(made.status()).as("level " + level).isEqualTo(level <= 5 ? 201 : 403);
        parent = made.body().at("/project/id").asString();
      }
      shown.put("max_project_tree_depth", 5);
      f.get("registered_limit_id"); // none until somebody registers one: StrictLimitsTest
    }
    var rows =
        UpstreamRules.rows("keystone-quotas.tsv").stream()
            .filter(row -> !row[0].equals("registered limits"))
            .collect(Collectors.toMap(row -> row[0], row -> Integer.valueOf(row[1])));
    assertThat(shown).isEqualTo(rows);
  }

  private static Fixtures fixtures(TestIdentity cloud) {
    return new Fixtures(
        cloud,
        cloud.admin(),
        Map.of("member", cloud.role("member"), "reader", cloud.role("reader")),
        "default");
  }
}
