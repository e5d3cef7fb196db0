package welkin.identity;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import welkin.identity.TestIdentity.Said;

/**
 * What a request is about, made by an administrator when its name is first asked for: {@code
 * {user_id}} is a user of the domain, {@code {trust_id}} a trust of that user, and so on.
 */
final class Fixtures {
  /** Somebody the persona's own things cannot be made for: say so instead of failing. */
  static final class Unavailable extends RuntimeException {}

  private static final Pattern NAME = Pattern.compile("\\{([a-z][a-z_]*)}");

  final TestIdentity cloud;
  final String admin;
  final Map<String, String> made = new HashMap<>();
  private final Map<String, String> roles;

  /**
   * @param domain that all this is in
   */
  Fixtures(TestIdentity cloud, String admin, Map<String, String> roles, String domain) {
    this.cloud = cloud;
    this.admin = admin;
    this.roles = roles;
    made.put("domain_id", domain);
  }

  /** A text with every {@code {name}} replaced. */
  String fill(String text) {
    return NAME.matcher(text).replaceAll(m -> Matcher.quoteReplacement(get(m.group(1))));
  }

  String get(String name) {
    var known = made.get(name);
    if (known == null) {
      known = make(name);
      made.put(name, known);
    }
    return known;
  }

  private static String unique() {
    return UUID.randomUUID().toString().replace("-", "");
  }

  private String make(String name) {
    return switch (name) {
      case "new" -> unique();
      case "role_id" -> roles.get("member");
      case "reader_id" -> roles.get("reader");
      case "new_role_id", "prior_role_id", "implies_role_id" ->
          post("/v3/roles", "role", "{\"role\":{\"name\":\"" + unique() + "\"}}");
      case "domain_role_id" ->
          post(
              "/v3/roles",
              "role",
              "{\"role\":{\"name\":\"" + unique() + "\",\"domain_id\":\"{domain_id}\"}}");
      case "idp_id" -> put("identity_providers", "{\"identity_provider\":{}}");
      case "sp_id" ->
          put(
              "service_providers",
              "{\"service_provider\":{\"auth_url\":\"https://x/a\",\"sp_url\":\"https://x/s\"}}");
      case "mapping_id" ->
          put(
              "mappings",
              "{\"mapping\":{\"rules\":[{\"local\":[{\"user\":{\"name\":\"{0}\"}}],"
                  + "\"remote\":[{\"type\":\"UserName\"}]}]}}");
      case "protocol_id" ->
          put(
              "identity_providers/{idp_id}/protocols",
              "{\"protocol\":{\"mapping_id\":\"{mapping_id}\"}}");
      case "new_domain_id" ->
          post("/v3/domains", "domain", "{\"domain\":{\"name\":\"" + unique() + "\"}}");
      case "user_id", "other_user_id" ->
          inDomain("user", ",\"password\":\"pw\",\"options\":{\"ignore_password_expiry\":true}");
      case "group_id" -> inDomain("group", "");
      case "project_id" -> inDomain("project", "");
      case "service_id" ->
          post("/v3/services", "service", "{\"service\":{\"type\":\"" + unique() + "\"}}");
      case "region_id" -> post("/v3/regions", "region", "{\"region\":{}}");
      case "endpoint_id" ->
          post(
              "/v3/endpoints",
              "endpoint",
              "{\"endpoint\":{\"interface\":\"public\",\"url\":\"http://x\",\"service_id\":\"{service_id}\"}}");
      case "policy_id" ->
          post("/v3/policies", "policy", "{\"policy\":{\"type\":\"text\",\"blob\":\"b\"}}");
      case "endpoint_group_id" ->
          post(
              "/v3/OS-EP-FILTER/endpoint_groups",
              "endpoint_group",
              "{\"endpoint_group\":{\"name\":\""
                  + unique()
                  + "\",\"filters\":{\"service_id\":\"{service_id}\"}}}");
      case "registered_limit_id" ->
          ask(
                  "POST",
                  "/v3/registered_limits",
                  "{\"registered_limits\":[{\"service_id\":\"{service_id}\",\"resource_name\":\"r\",\"default_limit\":9}]}")
              .body()
              .at("/registered_limits/0/id")
              .asString();
      case "limit_id" -> {
        get("registered_limit_id");
        yield ask(
                "POST",
                "/v3/limits",
                "{\"limits\":[{\"service_id\":\"{service_id}\",\"resource_name\":\"r\",\"resource_limit\":5,\"project_id\":\"{project_id}\"}]}")
            .body()
            .at("/limits/0/id")
            .asString();
      }
      case "credential_id" ->
          post(
              "/v3/credentials",
              "credential",
              "{\"credential\":{\"type\":\"cert\",\"blob\":\"b\",\"user_id\":\"{user_id}\"}}");
      case "access" -> {
        get("member");
        yield ask(
                "POST",
                "/v3/users/{user_id}/credentials/OS-EC2",
                "{\"tenant_id\":\"{project_id}\"}")
            .body()
            .at("/credential/access")
            .asString();
      }
      case "member" -> {
        ask("PUT", "/v3/projects/{project_id}/users/{user_id}/roles/{role_id}", null);
        yield "yes";
      }
      case "subject_token" -> login();
      case "application_credential_id" -> {
        var body =
            own(
                "/v3/users/{user_id}/application_credentials",
                "{\"application_credential\":{\"name\":\"a\",\"secret\":\"s\",\"access_rules\":"
                    + "[{\"path\":\"/v3/x\",\"method\":\"GET\",\"service\":\"identity\"}]}}");
        made.put(
            "access_rule_id",
            body.body().at("/application_credential/access_rules/0/id").asString());
        yield body.body().at("/application_credential/id").asString();
      }
      case "access_rule_id" -> {
        var id = get("application_credential_id");
        ask("DELETE", "/v3/users/{user_id}/application_credentials/" + id, null); // it is in use
        made.remove("application_credential_id");
        yield made.get("access_rule_id");
      }
      case "trust_id" ->
          own(
                  "/v3/OS-TRUST/trusts",
                  "{\"trust\":{\"trustor_user_id\":\"{user_id}\",\"trustee_user_id\":\"{other_user_id}\","
                      + "\"project_id\":\"{project_id}\",\"impersonation\":false,\"roles\":[{\"id\":\"{role_id}\"}]}}")
              .body()
              .at("/trust/id")
              .asString();
      case "trustee_token" -> {
        ask("PUT", "/v3/projects/{project_id}/users/{other_user_id}/roles/{role_id}", null);
        yield token("{other_user_id}");
      }
      case "consumer_id" -> {
        var said = ask("POST", "/v3/OS-OAUTH1/consumers", "{\"consumer\":{}}");
        made.put("consumer_secret", said.body().at("/consumer/secret").asString());
        yield said.body().at("/consumer/id").asString();
      }
      case "request_token_id" -> {
        var pair = Signed.pair(signed("/v3/OS-OAUTH1/request_token", null, null));
        made.put("request_token_secret", pair.secret());
        yield pair.id();
      }
      case "access_token_id" -> {
        // keystone's default policy lets only administrators authorise
        ask("PUT", "/v3/projects/{project_id}/users/{user_id}/roles/" + roles.get("admin"), null);
        get("request_token_id");
        var verifier =
            must(cloud.call(
                    "PUT",
                    fill("/v3/OS-OAUTH1/authorize/{request_token_id}"),
                    token("{user_id}"),
                    fill("{\"roles\":[{\"id\":\"{role_id}\"}]}")))
                .body()
                .at("/token/oauth_verifier")
                .asString();
        var pair = Signed.pair(signed("/v3/OS-OAUTH1/access_token", "request_token", verifier));
        made.put("access_token_secret", pair.secret());
        yield pair.id();
      }
      default -> throw new IllegalArgumentException("nobody makes " + name);
    };
  }

  /** A request signed with OAuth 1.0 by the consumer, with the request's or the access token. */
  welkin.http.Answer signed(String path, String token, String verifier) {
    return Signed.send(
        cloud,
        path,
        new Signed.Pair(get("consumer_id"), made.get("consumer_secret")),
        token == null ? null : new Signed.Pair(get(token + "_id"), made.get(token + "_secret")),
        verifier != null
            ? Map.of("oauth_verifier", verifier)
            : path.endsWith("request_token") ? Map.of("oauth_callback", "oob") : Map.of(),
        get("project_id"));
  }

  private String inDomain(String noun, String more) {
    return post(
        "/v3/" + noun + "s",
        noun,
        "{\""
            + noun
            + "\":{\"name\":\""
            + unique()
            + "\",\"domain_id\":\"{domain_id}\""
            + more
            + "}}");
  }

  Said ask(String method, String path, String body) {
    return must(cloud.call(method, fill(path), admin, body == null ? null : fill(body)));
  }

  private static Said must(Said said) {
    if (said.status() >= 300) {
      throw new AssertionError(said.toString());
    }
    return said;
  }

  private String post(String path, String noun, String body) {
    return ask("POST", path, body).body().at("/" + noun + "/id").asString();
  }

  private String put(String nouns, String body) {
    var id = unique();
    ask("PUT", "/v3/OS-FEDERATION/" + nouns + "/" + id, body);
    return id;
  }

  /** What only the user itself may make. */
  private Said own(String path, String body) {
    var token = made.containsKey("self") ? made.get("self_token") : login();
    if (token == null) {
      throw new Unavailable();
    }
    return must(cloud.call("POST", fill(path), token, fill(body)));
  }

  /** A token of the user on the project, as its member. */
  private String login() {
    get("member");
    return token("{user_id}");
  }

  String token(String user) {
    return must(cloud.call(
            "POST",
            "/v3/auth/tokens",
            null,
            fill(
                "{\"auth\":{\"identity\":{\"methods\":[\"password\"],\"password\":{\"user\":{\"id\":\""
                    + user
                    + "\",\"password\":\"pw\"}}},\"scope\":{\"project\":{\"id\":\"{project_id}\"}}}}")))
        .token();
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static List<String> implied(String role) {
    var all = List.of("reader", "member", "manager", "admin");
    return all.contains(role) ? all.subList(0, all.indexOf(role) + 1) : List.of(role);
  }
}
