package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.identity.TestIdentity.PASSWORD;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.identity.TestIdentity.Said;

/**
 * Every row of keystone's API table with a proper request, by everyone: without a token, and as
 * reader, member, manager, admin and service on a project, a domain and the system. What each must
 * be told comes from upstream's table of rules ({@link UpstreamRules}), not from this program: the
 * documented success, or 403.
 */
class PersonaRowTest {
  @TempDir Path dir;

  /**
   * Rows that need no token, or only a token: what they answer is shown by {@link OpenRowsTest}.
   */
  static final Set<String> OPEN =
      Set.of(
          "GET /",
          "GET /v3",
          "GET /v3/OS-SIMPLE-CERT/ca",
          "GET /v3/OS-SIMPLE-CERT/certificates",
          "GET /v3/auth/tokens/OS-PKI/revoked",
          "POST /v3/OS-OAUTH1/access_token",
          "POST /v3/OS-OAUTH1/request_token",
          "POST /v3/OS-OAUTH2/token",
          "POST /v3/auth/tokens",
          "POST /v3/ec2tokens",
          "POST /v3/s3tokens",
          "GET /v3/OS-FEDERATION/domains",
          "GET /v3/OS-FEDERATION/projects",
          "GET /v3/OS-FEDERATION/saml2/metadata",
          "GET /v3/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/auth",
          "POST /v3/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/auth",
          "GET /v3/auth/OS-FEDERATION/websso/{protocol_id}",
          "POST /v3/auth/OS-FEDERATION/websso/{protocol_id}",
          "GET /v3/auth/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/websso",
          "POST /v3/auth/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/websso",
          "POST /v3/auth/OS-FEDERATION/saml2",
          "POST /v3/auth/OS-FEDERATION/saml2/ecp",
          "POST /v3/users/{user_id}/password");

  /** What a request is about: of the persona's own domain, of another, or the persona itself. */
  private enum About {
    OWN,
    OTHER,
    SELF
  }

  private record Persona(
      String role, String scope, String userId, String projectId, String domainId, String token) {
    Map<String, Object> says() {
      var out = new HashMap<String, Object>();
      out.put("roles", Fixtures.implied(role));
      out.put("user_id", userId);
      out.put("project_id", scope.equals("project") ? projectId : null);
      out.put("domain_id", scope.equals("domain") ? domainId : null);
      if (scope.equals("system")) {
        out.put("system_scope", "all");
      } else {
        out.put(scope.equals("domain") ? "token.domain.id" : "token.project.domain.id", domainId);
      }
      return out;
    }

    @Override
    public String toString() {
      return scope + " " + role;
    }
  }

  private record Request(
      String method,
      String row,
      String path,
      List<String> prepare,
      String body,
      String rule,
      List<String> success) {}

  private final UpstreamRules rules = new UpstreamRules();
  private TestIdentity cloud;
  private String admin;
  private final Map<String, String> roles = new HashMap<>();
  private String home;
  private String away;
  private final List<Persona> personas = new ArrayList<>();
  private final List<String> wrong = new ArrayList<>();
  private int asked;
  private int allowed;

  @Test
  void everyRowByEveryone() {
    try (var c = new TestIdentity(dir)) {
      cloud = c;
      people();
      var seen = new TreeSet<String>();
      for (var request : requests()) {
        seen.add(request.method + " " + request.row);
        var without =
            cloud.call(
                request.method,
                new Fixtures(cloud, admin, roles, home).fill(request.path),
                null,
                null);
        if (without.status() != 401) {
          wrong.add(request.method + " " + request.path + " without a token: " + without.status());
        }
        for (var about : About.values()) {
          if (matters(about, request)) {
            byAll(request, about);
          }
        }
      }
      System.out.printf("%d rows, %d requests, %d allowed%n", seen.size(), asked, allowed);
      assertThat(wrong).isEmpty();
      assertThat(seen).hasSizeGreaterThan(200);
      assertThat(asked).isGreaterThan(4500);
    }
  }

  private void people() {
    admin = cloud.admin();
    for (var role : List.of("reader", "member", "manager", "admin", "service")) {
      roles.put(role, cloud.role(role));
    }
    home = cloud.make("domain", Map.of("name", "home"));
    away = cloud.make("domain", Map.of("name", "away"));
    var project = cloud.make("project", Map.of("name", "work", "domain_id", home));
    for (var scope : List.of("project", "domain", "system")) {
      for (var role : List.of("reader", "member", "manager", "admin", "service")) {
        var name = scope + "-" + role;
        var user =
            cloud.make("user", Map.of("name", name, "domain_id", home, "password", PASSWORD));
        var where =
            switch (scope) {
              case "project" -> "/v3/projects/" + project;
              case "domain" -> "/v3/domains/" + home;
              default -> "/v3/system";
            };
        must(
            cloud.call("PUT", where + "/users/" + user + "/roles/" + roles.get(role), admin, null));
        var on =
            switch (scope) {
              case "project" -> "{\"project\":{\"id\":\"" + project + "\"}}";
              case "domain" -> "{\"domain\":{\"id\":\"" + home + "\"}}";
              default -> "{\"system\":{\"all\":true}}";
            };
        var token = must(login(user, on)).token();
        personas.add(new Persona(role, scope, user, project, home, token));
      }
    }
  }

  private Said login(String user, String scope) {
    return cloud.call(
        "POST",
        "/v3/auth/tokens",
        null,
        "{\"auth\":{\"identity\":{\"methods\":[\"password\"],\"password\":{\"user\":{\"id\":\""
            + user
            + "\",\"password\":\""
            + PASSWORD
            + "\"}}},\"scope\":"
            + scope
            + "}}");
  }

  private static Said must(Said said) {
    assertThat(said.status()).as(said.toString()).isLessThan(300);
    return said;
  }

  private List<Request> requests() {
    var special = new LinkedHashMap<String, List<String[]>>();
    for (var r : UpstreamRules.rows("keystone-requests.tsv")) {
      special
          .computeIfAbsent(r[0] + " " + r[1].replaceAll("\\?.*", ""), k -> new ArrayList<>())
          .add(r);
    }
    var out = new ArrayList<Request>();
    for (var row : UpstreamRules.rows("keystone-rows.tsv")) {
      var name = row[0] + " " + row[1];
      if (OPEN.contains(name)) {
        continue;
      }
      var cases = special.remove(name);
      if (cases == null) {
        cases = List.of(new String[][] {{row[0], row[1], "", "", "", "", ""}});
      }
      for (var r : cases) {
        var rule = r[5].isEmpty() ? rules.of(r[0], row[1]) : r[5];
        if (rule == null) {
          wrong.add(name + ": no rule is known");
        }
        out.add(
            new Request(
                r[0],
                row[1],
                !r[2].isEmpty() ? r[2] : r[1],
                r[3].isEmpty() ? List.of() : List.of(r[3].split(" ;; ")),
                r[4].isEmpty() ? null : r[4],
                rule,
                List.of((r[6].isEmpty() ? row[3] : r[6]).split(","))));
      }
    }
    assertThat(special.keySet()).as("requests to rows that are not in the table").isEmpty();
    return out;
  }

  /** Whether the rule asks where a thing is, or whose it is. */
  private boolean matters(About about, Request r) {
    boolean asksUser =
        r.rule.equals("identity:authorize_request_token"); // for the user's own roles
    return switch (about) {
      case OWN -> !asksUser;
      case OTHER -> !asksUser && rules.check(r.rule).contains("%(");
      case SELF -> (asksUser || refersToSelf(rules.check(r.rule))) && r.path.contains("{");
    };
  }

  private boolean refersToSelf(String check) {
    return check.contains("user_id:%(")
        || check.contains("project_id:%(target.project.id)")
        || check.contains("rule:owner")
        || check.contains("owner")
        || check.contains("token_subject");
  }

  private void byAll(Request request, About about) {
    Fixtures things = null;
    for (var p : personas) {
      if (things == null || about == About.SELF) {
        things = prepared(request, about, p);
      }
      if (things == null) {
        continue;
      }
      var path = things.fill(request.path);
      var body = request.body == null ? null : things.fill(request.body);
      boolean may = may(request, about, p, things);
      var said =
          request.row.equals("/v3/auth/tokens")
              ? cloud.call(
                  request.method,
                  path,
                  p.token,
                  body,
                  "x-subject-token",
                  things.get("subject_token"))
              : cloud.call(request.method, path, p.token, body);
      asked++;
      allowed += may ? 1 : 0;
      var want = may ? request.success : List.of("403");
      if (!want.contains(String.valueOf(said.status()))) {
        wrong.add(
            p
                + ", "
                + about
                + ": "
                + request.method
                + " "
                + request.path
                + " "
                + request.rule
                + " wants "
                + want
                + ", got "
                + said.status()
                + " "
                + said.body().at("/error/message").asString());
      }
      if (said.status() < 300 && !Set.of("GET", "HEAD").contains(request.method)) {
        things = null;
      }
    }
  }

  /** Null when the persona cannot have such a thing. */
  private Fixtures prepared(Request request, About about, Persona p) {
    var things = new Fixtures(cloud, admin, roles, about == About.OTHER ? away : home);
    if (about == About.SELF) {
      things.made.put("self", "yes");
      things.made.put("user_id", p.userId);
      things.made.put("project_id", p.projectId);
      things.made.put("member", "yes");
      things.made.put("role_id", roles.get("reader"));
      if (p.scope.equals("project") && !p.role.equals("service")) {
        things.made.put("self_token", p.token);
      }
      things.made.put("subject_token", must(login(p.userId, "\"unscoped\"")).token());
    }
    try {
      for (var step : request.prepare) {
        var words = step.split(" ", 3);
        if (words[0].equals("TOUCH")) {
          things.fill(words[1]);
        } else {
          things.ask(words[0], words[1], words.length > 2 ? words[2] : null);
        }
      }
      things.fill(request.path);
      if (request.body != null) {
        things.fill(request.body);
      }
    } catch (Fixtures.Unavailable e) {
      return null;
    }
    return things;
  }

  private boolean may(Request request, About about, Persona p, Fixtures things) {
    var target = new HashMap<String, Object>();
    var domain = things.get("domain_id");
    boolean list = !request.path.contains("{") && !request.method.equals("POST");
    if (list) {
      // lists are about what the caller's own scope holds
      if (p.scope.equals("domain")) {
        for (var key : List.of("target.domain_id", "target.group.domain_id", "target.domain.id")) {
          target.put(key, p.domainId);
        }
      }
      if (!p.scope.equals("system")) {
        target.put("target.credential.user_id", p.userId);
      }
    } else {
      for (var noun : List.of("user", "group", "project", "limit.project")) {
        target.put("target." + noun + ".domain_id", domain);
      }
      var user = things.made.get("user_id");
      for (var key :
          List.of(
              "user_id",
              "target.user.id",
              "target.credential.user_id",
              "target.token.user_id",
              "target.trust.trustor_user_id")) {
        target.put(key, user);
      }
      target.put("target.trust.trustee_user_id", things.made.get("other_user_id"));
      if (request.path.contains("trustee_user_id")) {
        target.put("target.trust.trustee_user_id", user);
      }
      target.put("target.project.id", things.made.get("project_id"));
      target.put("target.limit.project_id", things.made.get("project_id"));
      target.put("target.domain_id", domain);
      target.put("target.domain.id", things.made.getOrDefault("new_domain_id", domain));
      target.put("target.role.domain_id", null);
      target.put(
          "target.role.name",
          !request.path.contains("{role_id}") ? "new" : about == About.SELF ? "reader" : "member");
    }
    return rules.allows(request.rule, p.says(), p.scope, target);
  }
}
