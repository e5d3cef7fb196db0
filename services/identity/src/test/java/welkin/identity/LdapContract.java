package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import welkin.core.Json;

/** What a domain whose users are in an LDAP directory does, whatever server the directory is on. */
abstract class LdapContract {
  @TempDir Path dir;

  private LdapFixture ldap;
  private TestIdentity cloud;
  private String admin;
  private String domain;

  abstract LdapFixture server();

  @BeforeEach
  void aDomainWithADirectory() {
    ldap = server();
    cloud = new TestIdentity(dir);
    admin = cloud.admin();
    domain = cloud.make("domain", Map.of("name", "corp"));
    configure();
  }

  @AfterEach
  void end() throws Exception {
    if (cloud != null) {
      cloud.close();
    }
    if (ldap != null) {
      ldap.close();
    }
  }

  private void configure(Object... more) {
    cloud.configureLdap(domain, ldap.options(more));
  }

  /** The cache's life is over. */
  private void later() {
    later(Duration.ofSeconds(61));
  }

  private void later(Duration time) {
    cloud.now = cloud.now.plus(time);
    admin = cloud.admin();
  }

  private List<String> names(String path) {
    var said = cloud.get(path, admin);
    assertThat(said.status()).as(path + " " + said).isEqualTo(200);
    JsonNode rows = said.body().has("users") ? said.body().get("users") : said.body().get("groups");
    return StreamSupport.stream(rows.spliterator(), false)
        .map(u -> u.get("name").asString())
        .sorted()
        .toList();
  }

  private String id(String noun, String name) {
    var said = cloud.get("/v3/" + noun + "s?domain_id=" + domain + "&name=" + name, admin);
    assertThat(said.status()).as(said.toString()).isEqualTo(200);
    assertThat(said.body().get(noun + "s").size()).as(said.toString()).isEqualTo(1);
    return said.body().at("/" + noun + "s/0/id").asString();
  }

  private JsonNode user(String name) {
    return cloud.get("/v3/users/" + id("user", name), admin).body().get("user");
  }

  private TestIdentity.Said login(String name, String password) {
    return login(name, password, null);
  }

  private TestIdentity.Said login(String name, String password, Map<String, ?> scope) {
    var user = Map.of("name", name, "domain", Map.of("id", domain), "password", password);
    var identity = Map.of("methods", List.of("password"), "password", Map.of("user", user));
    return cloud.call(
        "POST",
        "/v3/auth/tokens",
        null,
        Map.of(
            "auth",
            scope == null
                ? Map.of("identity", identity)
                : Map.of("identity", identity, "scope", scope)));
  }

  private TestIdentity.Said login(String name) {
    return login(name, LdapFixture.password(name));
  }

  private String project() {
    return cloud.make("project", Map.of("name", "p", "domain_id", domain));
  }

  private static Map<String, ?> on(String project) {
    return Map.of("project", Map.of("id", project));
  }

  private int grant(String project, String actor, String role) {
    return cloud
        .call(
            "PUT",
            "/v3/projects/" + project + "/" + actor + "/roles/" + cloud.role(role),
            admin,
            null)
        .status();
  }

  private int validate(String token) {
    return cloud.call("GET", "/v3/auth/tokens", admin, null, "x-subject-token", token).status();
  }

  @Test
  void usersAreListedAndShownWithTheirAttributes() {
    assertThat(names("/v3/users?domain_id=" + domain)).containsExactly("alice", "bob", "carol");
    var alice = user("alice");
    assertThat(alice.get("email").asString()).isEqualTo("alice@example.org");
    assertThat(alice.get("title").asString()).isEqualTo("Dr.");
    assertThat(alice.get("enabled").booleanValue()).isTrue();
    assertThat(alice.get("domain_id").asString()).isEqualTo(domain);
    assertThat(alice.get("options").size()).isZero();
    assertThat(user("carol").get("enabled").booleanValue()).isFalse();
    assertThat(names("/v3/users?domain_id=" + domain + "&enabled=false")).containsExactly("carol");
    assertThat(names("/v3/users?domain_id=" + domain + "&name__contains=o"))
        .containsExactly("bob", "carol");
    assertThat(names("/v3/users")).contains("alice", "welkin");
    var first = cloud.get("/v3/users?limit=2&domain_id=" + domain, admin).body();
    assertThat(first.get("users").size()).isEqualTo(2);
    var next = first.at("/links/next").asString();
    assertThat(names(next.substring(next.indexOf("/v3")))).hasSize(1);
  }

  /** keystone's own ids, so that a cloud that moves here keeps its assignments. */
  @Test
  void anIdIsTheHashOfDomainKindAndLocalId() throws Exception {
    var sha = MessageDigest.getInstance("SHA-256");
    var expected = sha.digest((domain + "user" + "alice").getBytes(StandardCharsets.UTF_8));
    assertThat(id("user", "alice")).isEqualTo(HexFormat.of().formatHex(expected));
    var group = sha.digest((domain + "group" + "ops").getBytes(StandardCharsets.UTF_8));
    assertThat(id("group", "ops")).isEqualTo(HexFormat.of().formatHex(group));
  }

  @Test
  void groupsAndMembershipBothWays() {
    assertThat(names("/v3/groups?domain_id=" + domain)).containsExactly("devs", "ops");
    var ops = id("group", "ops");
    assertThat(cloud.get("/v3/groups/" + ops, admin).body().at("/group/description").asString())
        .isEqualTo("of ops");
    assertThat(names("/v3/groups/" + ops + "/users")).containsExactly("alice", "bob");
    assertThat(names("/v3/users/" + id("user", "bob") + "/groups")).containsExactly("devs", "ops");
    var in = "/v3/groups/" + ops + "/users/";
    assertThat(cloud.get(in + id("user", "alice"), admin).status()).isEqualTo(204);
    assertThat(cloud.get(in + id("user", "carol"), admin).status()).isEqualTo(404);
    ldap.takeFrom(LdapFixture.teamDn("ops"), "member", LdapFixture.dn("bob"));
    assertThat(names("/v3/groups/" + ops + "/users")).containsExactly("alice");
    assertThat(names("/v3/users/" + id("user", "bob") + "/groups")).containsExactly("devs");
  }

  @Test
  void aLoginIsABind() {
    var said = login("alice");
    assertThat(said.status()).as(said.toString()).isEqualTo(201);
    assertThat(said.body().at("/token/user/id").asString()).isEqualTo(id("user", "alice"));
    assertThat(said.body().at("/token/user/domain/name").asString()).isEqualTo("corp");
    assertThat(login("ALICE", LdapFixture.password("alice")).status()).isEqualTo(201);
    var wrong = login("alice", "wrong");
    var unknown = login("nobody", "wrong");
    var disabled = login("carol");
    for (var refused : List.of(wrong, unknown, disabled)) {
      assertThat(refused.status()).isEqualTo(401);
      assertThat(refused.message()).isEqualTo(wrong.message());
    }
    ldap.set(LdapFixture.dn("alice"), "userPassword", "another");
    assertThat(login("alice").status()).isEqualTo(401);
    assertThat(login("alice", "another").status()).isEqualTo(201);
    assertThat(cloud.login("welkin", TestIdentity.PASSWORD, null).status()).isEqualTo(201);
  }

  /** A bind without a password is nobody's login, and always good (RFC 4513, 5.1.2). */
  @Test
  void anEmptyPasswordIsNeverRight() {
    assertThat(login("alice", "").status()).isEqualTo(401);
    assertThat(login("carol", "").status()).isEqualTo(401);
    assertThat(login("nobody", "").status()).isEqualTo(401);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*",
        "a*",
        "alice)(uid=*",
        "*)(|(uid=*",
        "alice)(!(uid=x)",
        "alice\\2a",
        "al\\69ce",
        "alice\u0000",
        "alice,ou=People",
        ")",
        "\\",
        "uid=alice"
      })
  void aNameIsAValueAndNeverPartOfAFilter(String name) {
    assertThat(login(name, LdapFixture.password("alice")).status()).isIn(400, 401);
    var query = java.net.URLEncoder.encode(name, StandardCharsets.UTF_8);
    var said = cloud.get("/v3/users?domain_id=" + domain + "&name=" + query, admin);
    assertThat(said.status()).isIn(200, 400);
    assertThat(said.body().path("users").size()).isZero();
  }

  /** OSSA-2026-007: a directory says FALSE as a text, and a text that is not empty is no yes. */
  @ParameterizedTest
  @CsvSource({
    "TRUE,true",
    "true,true",
    "True,true",
    "1,true",
    "yes,true",
    "FALSE,false",
    "false,false",
    "False,false",
    "0,false",
    "no,false",
    "off,false",
    "nonsense,false",
    "512,false",
    "FALSE TRUE,false",
    "not true,false"
  })
  @org.junit.jupiter.api.Tag("OSSA-2026-007")
  void ossa2026007_enabledIsReadAsAWordAndNotAsATruthyText(String value, boolean enabled) {
    ldap.person("erin", "Erin", value);
    assertThat(user("erin").get("enabled").booleanValue()).isEqualTo(enabled);
    assertThat(login("erin").status()).isEqualTo(enabled ? 201 : 401);
  }

  @ParameterizedTest
  @CsvSource({"TRUE,false", "FALSE,true", "nonsense,false", "0,true", "1,false"})
  @org.junit.jupiter.api.Tag("OSSA-2026-007")
  void ossa2026007_andInverted(String locked, boolean enabled) {
    configure("user_enabled_invert", true, "user_enabled_default", "False");
    ldap.person("erin", "Erin", locked);
    ldap.person("frank", "Frank", null);
    assertThat(user("erin").get("enabled").booleanValue()).isEqualTo(enabled);
    assertThat(user("frank").get("enabled").booleanValue()).isTrue();
  }

  /** Active Directory's userAccountControl. */
  @ParameterizedTest
  @CsvSource({"512,true", "514,false", "66050,false", "66048,true", "nonsense,false", ",true"})
  void aBitSaysDisabled(String value, boolean enabled) {
    configure("user_enabled_mask", 2, "user_enabled_default", "512");
    ldap.person("erin", "Erin", value);
    assertThat(user("erin").get("enabled").booleanValue()).isEqualTo(enabled);
    assertThat(login("erin").status()).isEqualTo(enabled ? 201 : 401);
  }

  @Test
  void whoIsInTheGroupOfTheEnabledIsEnabled() {
    var group = "cn=enabled_users," + LdapFixture.PEOPLE;
    ldap.add(
        group,
        "objectClass",
        "groupOfNames",
        "cn",
        "enabled_users",
        "member",
        LdapFixture.dn("carol"));
    configure("user_enabled_emulation", true);
    assertThat(user("carol").get("enabled").booleanValue()).isTrue();
    assertThat(user("alice").get("enabled").booleanValue()).isFalse();
    assertThat(names("/v3/users?enabled=true&domain_id=" + domain)).containsExactly("carol");
    assertThat(login("carol").status()).isEqualTo(201);
    assertThat(login("alice").status()).isEqualTo(401);
  }

  @Test
  void enabledIsNotReadWhenItIsIgnored() {
    configure("user_attribute_ignore", "enabled,email");
    assertThat(user("carol").get("enabled").booleanValue()).isTrue();
    assertThat(user("carol").has("email")).isFalse();
  }

  @Test
  void membersMayBeIds() {
    ldap.add(
        "cn=posix," + LdapFixture.TEAMS,
        "objectClass",
        "posixGroup",
        "cn",
        "posix",
        "gidNumber",
        "7",
        "memberUid",
        "alice",
        "memberUid",
        "nobody");
    configure(
        "group_objectclass", "posixGroup",
        "group_member_attribute", "memberUid",
        "group_members_are_ids", true);
    assertThat(names("/v3/groups?domain_id=" + domain)).containsExactly("posix");
    assertThat(names("/v3/groups/" + id("group", "posix") + "/users")).containsExactly("alice");
    assertThat(names("/v3/users/" + id("user", "alice") + "/groups")).containsExactly("posix");
  }

  @Test
  void filtersAndTreesNarrowWhoIsSeen() {
    var inner = "ou=Inner," + LdapFixture.PEOPLE;
    ldap.add(inner, "objectClass", "organizationalUnit", "ou", "Inner");
    ldap.add(
        "uid=gina," + inner,
        "objectClass",
        "inetOrgPerson",
        "uid",
        "gina",
        "cn",
        "G",
        "sn",
        "G",
        "userPassword",
        "g",
        "employeeType",
        "TRUE");
    assertThat(names("/v3/users?domain_id=" + domain)).doesNotContain("gina");
    configure("query_scope", "sub", "user_filter", "(!(uid=bob))", "page_size", 2);
    assertThat(names("/v3/users?domain_id=" + domain)).containsExactly("alice", "carol", "gina");
    assertThat(login("gina", "g").status()).isEqualTo(201);
    assertThat(login("bob").status()).isEqualTo(401);
    assertThat(names("/v3/groups/" + id("group", "ops") + "/users")).containsExactly("alice");
  }

  @ParameterizedTest
  @ValueSource(strings = {"žofie", "Ольга", "李雷", "o'brien, (jr) *", "a#b+c=d;e<f>", " pad"})
  void namesOfAllAlphabets(String name) {
    ldap.add(
        "uid=u9," + LdapFixture.PEOPLE,
        "objectClass",
        "inetOrgPerson",
        "uid",
        "u9",
        "cn",
        name,
        "sn",
        name,
        "userPassword",
        "пароль",
        "employeeType",
        "TRUE");
    configure("user_name_attribute", "sn");
    var said = login(name, "пароль");
    assertThat(said.status()).as(said.toString()).isEqualTo(201);
    assertThat(said.body().at("/token/user/name").asString().strip()).isEqualTo(name.strip());
  }

  @Test
  void rolesOfUsersAndGroupsAndWhatTheyGive() {
    var project = project();
    var alice = id("user", "alice");
    var bob = id("user", "bob");
    assertThat(login("alice", LdapFixture.password("alice"), on(project)).status()).isEqualTo(401);
    assertThat(grant(project, "users/" + alice, "reader")).isEqualTo(204);
    assertThat(grant(project, "groups/" + id("group", "devs"), "member")).isEqualTo(204);
    var token = login("alice", LdapFixture.password("alice"), on(project));
    assertThat(token.status()).as(token.toString()).isEqualTo(201);
    assertThat(token.body().at("/token/roles").toString()).contains("reader");
    var bobs = login("bob", LdapFixture.password("bob"), on(project)).token();
    assertThat(validate(bobs)).isEqualTo(200);
    var list =
        cloud
            .get("/v3/role_assignments?effective&include_names&scope.project.id=" + project, admin)
            .body()
            .toString();
    assertThat(list).contains(alice, bob, "alice", "corp");
    var may =
        cloud.get(
            "/v3/auth/effective-permissions?service=identity&rule=identity:list_users",
            token.token());
    assertThat(may.status()).as(may.toString()).isEqualTo(200);
    assertThat(cloud.get("/v3/auth/projects", bobs).body().toString()).contains(project);
    var credential =
        cloud.call(
            "POST",
            "/v3/users/" + bob + "/application_credentials",
            bobs,
            Map.of("application_credential", Map.of("name", "c", "secret", "s")));
    assertThat(credential.status()).as(credential.toString()).isEqualTo(201);
    // out of the group: without the role as soon as it is looked at again
    ldap.set(LdapFixture.teamDn("devs"), "member", LdapFixture.dn("carol"));
    assertThat(validate(bobs)).isEqualTo(200);
    later();
    assertThat(validate(bobs)).isEqualTo(404);
    ldap.set(LdapFixture.teamDn("devs"), "member", LdapFixture.dn("bob"));
    later();
    assertThat(validate(bobs)).isEqualTo(200);
  }

  @Test
  void whoIsDisabledThereLosesTokensInAMinute() {
    var token = login("alice").token();
    assertThat(validate(token)).isEqualTo(200);
    ldap.set(LdapFixture.dn("alice"), "employeeType", "FALSE");
    assertThat(login("alice").status()).isEqualTo(401);
    assertThat(validate(token)).isEqualTo(404);
    ldap.set(LdapFixture.dn("alice"), "employeeType", "TRUE");
    later();
    assertThat(validate(token)).isEqualTo(200);
    ldap.delete(LdapFixture.dn("alice"));
    assertThat(validate(token)).isEqualTo(200);
    later();
    assertThat(validate(token)).isEqualTo(404);
  }

  @Test
  void whoIsGoneIsHiddenAndKeepsRolesForAReturn() {
    var project = project();
    var alice = id("user", "alice");
    grant(project, "users/" + alice, "reader");
    ldap.delete(LdapFixture.dn("alice"));
    assertThat(names("/v3/users?domain_id=" + domain)).containsExactly("bob", "carol");
    assertThat(cloud.get("/v3/users/" + alice, admin).status()).isEqualTo(404);
    assertThat(login("alice").status()).isEqualTo(401);
    ldap.person("alice", "Alice", "TRUE");
    assertThat(login("alice", LdapFixture.password("alice"), on(project)).status()).isEqualTo(201);
    assertThat(id("user", "alice")).isEqualTo(alice);
  }

  @Test
  void namesMayBeSwapped() {
    configure("user_name_attribute", "sn");
    var alice = id("user", "Alice");
    var bob = id("user", "Bob");
    ldap.set(LdapFixture.dn("alice"), "sn", "Bob");
    ldap.set(LdapFixture.dn("bob"), "sn", "Alice");
    assertThat(names("/v3/users?domain_id=" + domain)).containsExactly("Alice", "Bob", "Carol");
    assertThat(id("user", "Alice")).isEqualTo(bob);
    assertThat(id("user", "Bob")).isEqualTo(alice);
  }

  @Test
  void aDirectoryIsNotWritten() {
    var alice = id("user", "alice");
    var ops = id("group", "ops");
    var refused =
        List.of(
            cloud.call(
                "POST",
                "/v3/users",
                admin,
                Map.of("user", Map.of("name", "n", "domain_id", domain))),
            cloud.call(
                "PATCH", "/v3/users/" + alice, admin, Map.of("user", Map.of("email", "a@b"))),
            cloud.call("DELETE", "/v3/users/" + alice, admin, null),
            cloud.call(
                "POST",
                "/v3/users/" + alice + "/password",
                admin,
                Map.of(
                    "user",
                    Map.of(
                        "original_password",
                        LdapFixture.password("alice"),
                        "password",
                        "new one"))),
            cloud.call(
                "POST",
                "/v3/groups",
                admin,
                Map.of("group", Map.of("name", "n", "domain_id", domain))),
            cloud.call(
                "PATCH", "/v3/groups/" + ops, admin, Map.of("group", Map.of("name", "other"))),
            cloud.call("DELETE", "/v3/groups/" + ops, admin, null),
            cloud.call("PUT", "/v3/groups/" + ops + "/users/" + alice, admin, null),
            cloud.call("DELETE", "/v3/groups/" + ops + "/users/" + alice, admin, null));
    for (var said : refused) {
      assertThat(said.status()).as(said.toString()).isEqualTo(403);
      assertThat(said.message()).contains("LDAP does not support write operations");
    }
    var wrong =
        cloud.call(
            "POST",
            "/v3/users/" + alice + "/password",
            admin,
            Map.of("user", Map.of("original_password", "wrong", "password", "new one")));
    assertThat(wrong.status()).isEqualTo(401);
    var here = cloud.make("group", Map.of("name", "here", "domain_id", "default"));
    var across = cloud.call("PUT", "/v3/groups/" + here + "/users/" + alice, admin, null);
    assertThat(across.status()).isEqualTo(403);
    assertThat(across.message()).contains("across backend boundaries");
  }

  /** 503 and not 401, which would say that the password is wrong; the rest of the cloud goes on. */
  @Test
  void aDirectoryThatIsAwayIsSaidToBeAway() {
    var token = login("alice").token();
    id("group", "ops");
    ldap.stop();
    for (var said :
        List.of(
            login("alice"),
            login("alice", "wrong"),
            login("nobody", "x"),
            cloud.get("/v3/users?domain_id=" + domain, admin),
            cloud.get("/v3/groups?name=ops&domain_id=" + domain, admin))) {
      assertThat(said.status()).as(said.toString()).isEqualTo(503);
      assertThat(said.message()).contains(domain).doesNotContain("127.0.0.1", "cn=root");
    }
    assertThat(cloud.get("/v3/users", admin).body().toString()).contains("welkin");
    assertThat(cloud.admin()).isNotNull();
    // a token goes on with what was seen of its user, for ten minutes
    assertThat(validate(token)).isEqualTo(200);
    later(Duration.ofMinutes(5));
    assertThat(validate(token)).isEqualTo(200);
    later(Duration.ofMinutes(6));
    assertThat(validate(token)).isEqualTo(503);
    ldap.resume();
    later(Duration.ofSeconds(6));
    assertThat(validate(token)).isEqualTo(200);
    assertThat(login("alice").status()).isEqualTo(201);
  }

  @Test
  void theNextServerIsAskedWhenTheFirstIsAway() {
    configure("url", "ldap://127.0.0.1:9," + ldap.url());
    assertThat(login("alice").status()).isEqualTo(201);
    assertThat(names("/v3/users?domain_id=" + domain)).contains("alice");
  }

  @Test
  void withoutKeptConnections() {
    configure("use_pool", false);
    assertThat(login("alice").status()).isEqualTo(201);
    assertThat(login("alice", "wrong").status()).isEqualTo(401);
  }

  @Test
  void aWrongAccountOrConfigurationIsNotTheUsersFault() {
    configure("password", "wrong");
    var said = login("alice");
    assertThat(said.status()).as(said.toString()).isEqualTo(503);
    configure("page_size", "many");
    assertThat(login("alice").status()).isEqualTo(503);
    configure();
    assertThat(login("alice").status()).isEqualTo(201);
  }

  @Test
  void whoWasMadeBeforeStaysAndGoes() {
    var other = cloud.make("domain", Map.of("name", "later"));
    var was = domain;
    domain = other;
    var alice =
        cloud.make("user", Map.of("name", "alice", "domain_id", other, "password", "own word"));
    configure();
    assertThat(names("/v3/users?domain_id=" + other)).containsExactly("alice", "bob", "carol");
    assertThat(login("alice", "own word").body().at("/token/user/id").asString()).isEqualTo(alice);
    assertThat(login("alice").status()).isEqualTo(401);
    assertThat(cloud.call("DELETE", "/v3/users/" + alice, admin, null).status()).isEqualTo(204);
    assertThat(login("alice").status()).isEqualTo(201);
    // and without a directory there is nobody any more
    assertThat(cloud.call("DELETE", "/v3/domains/" + other + "/config", admin, null).status())
        .isEqualTo(204);
    assertThat(names("/v3/users?domain_id=" + other)).isEmpty();
    assertThat(login("alice").status()).isEqualTo(401);
    configure();
    assertThat(login("alice").status()).isEqualTo(201);
    domain = was;
    assertThat(login("alice").status()).isEqualTo(201);
  }

  @Test
  void theConfigurationFileSpeaksForTheDefaultDomain(@TempDir Path other) {
    var options = new java.util.ArrayList<Object>(List.of("identity.driver", "ldap"));
    ldap.options()
        .forEach(
            (name, value) -> {
              options.add("ldap." + name);
              options.add(value);
            });
    try (var second = new TestIdentity(other, options.toArray())) {
      assertThat(second.login("alice", LdapFixture.password("alice"), null).status())
          .isEqualTo(201);
      assertThat(second.admin()).isNotNull();
      assertThat(second.get("/v3/users?domain_id=default", second.admin()).body().toString())
          .contains("alice", "welkin");
    }
  }

  @Test
  void manySeeTheSameEntriesForTheFirstTimeAtOnce() throws Exception {
    var list = "/v3/users?domain_id=" + domain;
    try (var threads = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
      var answers = new java.util.ArrayList<java.util.concurrent.Future<Integer>>();
      for (int i = 0; i < 12; i++) {
        answers.add(threads.submit(() -> login("bob").status() - 1));
        answers.add(threads.submit(() -> cloud.get(list, admin).status()));
      }
      for (var answer : answers) {
        assertThat(answer.get()).isEqualTo(200);
      }
    }
    assertThat(names(list)).containsExactly("alice", "bob", "carol");
  }

  @Test
  void moreThanAServerGivesAtOnceComeInPages() {
    for (int i = 0; i < 150; i++) {
      ldap.person("p" + i, "P" + i, "TRUE");
    }
    configure("page_size", 50);
    assertThat(names("/v3/users?domain_id=" + domain)).hasSize(153);
    assertThat(Json.text(cloud.get("/v3/users?limit=10&domain_id=" + domain, admin).body()))
        .contains("limit=10");
  }
}
