package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.unboundid.ldap.listener.InMemoryDirectoryServer;
import com.unboundid.ldap.listener.InMemoryDirectoryServerConfig;
import com.unboundid.ldap.listener.interceptor.InMemoryInterceptedSearchEntry;
import com.unboundid.ldap.listener.interceptor.InMemoryInterceptedSearchRequest;
import com.unboundid.ldap.listener.interceptor.InMemoryInterceptedSimpleBindRequest;
import com.unboundid.ldap.listener.interceptor.InMemoryOperationInterceptor;
import com.unboundid.ldap.sdk.Filter;
import com.unboundid.ldap.sdk.LDAPException;
import com.unboundid.ldap.sdk.SearchRequest;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.bus.InProcessBus;
import welkin.testkit.SlapdServer;

/** How often a directory is asked, how long for, and what Active Directory has of its own. */
class LdapBoundsTest {
  @TempDir Path dir;

  private static String configure(TestIdentity cloud, String name, Map<String, Object> ldap) {
    var domain = cloud.make("domain", Map.of("name", name));
    var all = new LinkedHashMap<String, Object>(ldap);
    all.put("user", SlapdServer.ROOT);
    all.put("password", SlapdServer.PASSWORD);
    all.put("suffix", SlapdServer.SUFFIX);
    cloud.configureLdap(domain, all);
    return domain;
  }

  private static TestIdentity.Said login(TestIdentity cloud, String domain, String name) {
    return cloud.login(domain, name, "word", null);
  }

  /** It takes the connection and never says anything. */
  @Test
  void aServerThatDoesNotAnswerIsWaitedForOnceAndNotLong() throws Exception {
    try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        var cloud = new TestIdentity(dir)) {
      var slow =
          configure(
              cloud,
              "slow",
              Map.of("url", "ldap://127.0.0.1:" + silent.getLocalPort(), "connection_timeout", 1));
      long begin = System.nanoTime();
      var said = login(cloud, slow, "alice");
      assertThat(said.status()).as(said.toString()).isEqualTo(503);
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
      begin = System.nanoTime();
      for (int i = 0; i < 20; i++) {
        assertThat(login(cloud, slow, "alice").status()).isEqualTo(503);
      }
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(1));
      assertThat(cloud.get("/v3/users", cloud.admin()).status()).isEqualTo(200);
    }
  }

  /** A server in memory with one user, that counts what it is asked. */
  private static InMemoryDirectoryServer server(InMemoryOperationInterceptor interceptor)
      throws Exception {
    var config = new InMemoryDirectoryServerConfig(SlapdServer.SUFFIX);
    config.addAdditionalBindCredentials(SlapdServer.ROOT, SlapdServer.PASSWORD);
    config.addInMemoryOperationInterceptor(interceptor);
    config.setSchema(null);
    var server = new InMemoryDirectoryServer(config);
    server.add("dn: " + SlapdServer.SUFFIX, "objectClass: domain", "dc: example");
    for (var ou : List.of("Users", "UserGroups")) {
      server.add(
          "dn: ou=" + ou + "," + SlapdServer.SUFFIX,
          "objectClass: organizationalUnit",
          "ou: " + ou);
    }
    server.add(
        "dn: cn=alice,ou=Users," + SlapdServer.SUFFIX,
        "objectClass: inetOrgPerson",
        "cn: alice",
        "sn: alice",
        "userPassword: word");
    server.startListening();
    return server;
  }

  /** keystone asks at each validation unless it has a cache; here nobody needs to set one up. */
  @Test
  void aTokenIsValidatedWithoutTheDirectory() throws Exception {
    var asked = new AtomicInteger();
    var server =
        server(
            new InMemoryOperationInterceptor() {
              @Override
              public void processSearchRequest(InMemoryInterceptedSearchRequest r) {
                asked.incrementAndGet();
              }

              @Override
              public void processSimpleBindRequest(InMemoryInterceptedSimpleBindRequest r) {
                assertThat(r.getRequest().getPassword().getValueLength()).isPositive();
              }
            });
    try (var cloud = new TestIdentity(dir)) {
      var domain =
          configure(cloud, "d", Map.of("url", "ldap://127.0.0.1:" + server.getListenPort()));
      var token = login(cloud, domain, "alice").token();
      assertThat(asked).hasValue(2); // who it is, and which groups
      for (int i = 0; i < 50; i++) {
        assertThat(cloud.get("/v3/auth/projects", token).status()).isEqualTo(200);
      }
      assertThat(asked).hasValue(2);
      cloud.now = cloud.now.plusSeconds(61);
      for (int i = 0; i < 50; i++) {
        assertThat(cloud.get("/v3/auth/projects", token).status()).isEqualTo(200);
      }
      assertThat(asked).hasValue(4);
      login(cloud, domain, "");
      login(cloud, domain, "nobody");
      // a caller whose directory has been away for too long is not told that the token is wrong
      server.shutDown(true);
      cloud.now = cloud.now.plusSeconds(601);
      assertThat(cloud.get("/v3/auth/projects", token).status()).isEqualTo(503);
    } finally {
      server.shutDown(true);
    }
  }

  /** Active Directory gives members in parts (MS-ADTS 3.1.1.3.1.3.3); here two at once. */
  @Test
  void manyMembersComeInParts() throws Exception {
    var from = new AtomicInteger();
    var server =
        server(
            new InMemoryOperationInterceptor() {
              @Override
              public void processSearchRequest(InMemoryInterceptedSearchRequest r)
                  throws LDAPException {
                var asked = r.getRequest();
                var ranged = asked.getAttributeList().stream().filter(a -> a.contains(";range="));
                from.set(
                    ranged
                        .findFirst()
                        .map(a -> Integer.parseInt(a.replaceAll(".*=(\\d+)-.*", "$1")))
                        .orElse(0));
                r.setRequest(
                    new SearchRequest(asked.getBaseDN(), asked.getScope(), asked.getFilter()));
              }

              @Override
              public void processSearchEntry(InMemoryInterceptedSearchEntry e) {
                var all = e.getSearchEntry().getAttributeValues("member");
                if (all != null) {
                  int end = Math.min(all.length, from.get() + 2);
                  var part = java.util.Arrays.copyOfRange(all, from.get(), end);
                  var shown = e.getSearchEntry().duplicate();
                  shown.removeAttribute("member");
                  shown.addAttribute(
                      "member;range=" + from + "-" + (end == all.length ? "*" : end - 1), part);
                  e.setSearchEntry(shown);
                }
              }
            });
    var group = new com.unboundid.ldap.sdk.Entry("cn=all,ou=UserGroups," + SlapdServer.SUFFIX);
    group.addAttribute("objectClass", "groupOfNames");
    group.addAttribute("cn", "all");
    for (int i = 0; i < 5; i++) {
      var dn = "cn=m" + i + ",ou=Users," + SlapdServer.SUFFIX;
      server.add("dn: " + dn, "objectClass: inetOrgPerson", "cn: m" + i, "sn: m" + i);
      group.addAttribute("member", dn);
    }
    server.add(group);
    try (var cloud = new TestIdentity(dir)) {
      var url = "ldap://127.0.0.1:" + server.getListenPort();
      var domain = configure(cloud, "d", Map.of("url", url, "group_name_attribute", "cn"));
      var id =
          cloud
              .get("/v3/groups?name=all&domain_id=" + domain, cloud.admin())
              .body()
              .at("/groups/0/id")
              .asString();
      var users = cloud.get("/v3/groups/" + id + "/users", cloud.admin()).body().get("users");
      assertThat(users.size()).as(users.toString()).isEqualTo(5);
    } finally {
      server.shutDown(true);
    }
  }

  /** What one process is told, and what it sees, others follow. */
  @Test
  void theOtherProcessFollows() throws Exception {
    var server = server(new InMemoryOperationInterceptor() {});
    var bus = new InProcessBus();
    java.time.InstantSource clock = () -> java.time.Instant.parse("2026-11-21T04:00:00Z");
    try (var one = new TestIdentity(dir, clock, clock, bus);
        var two = new TestIdentity(dir, clock, clock, bus)) {
      one.identity.start();
      two.identity.start();
      var url = "ldap://127.0.0.1:" + server.getListenPort();
      var domain = configure(one, "d", Map.of("url", url));
      var token = login(one, domain, "alice");
      assertThat(token.status()).isEqualTo(201);
      eventually(() -> login(two, domain, "alice").status() == 201);
      assertThat(two.get("/v3/auth/projects", token.token()).status()).isEqualTo(200);
      assertThat(
              two.call("DELETE", "/v3/domains/" + domain + "/config", two.admin(), null).status())
          .isEqualTo(204);
      assertThat(two.get("/v3/auth/projects", token.token()).status()).isEqualTo(401);
      eventually(() -> one.get("/v3/auth/projects", token.token()).status() == 401);
    } finally {
      server.shutDown(true);
    }
  }

  private static void eventually(java.util.function.BooleanSupplier what) {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!what.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(end);
      java.util.concurrent.locks.LockSupport.parkNanos(50_000_000);
    }
  }

  /** Groups in groups by Active Directory's rule, played by a server that knows one such pair. */
  @Test
  void nestedGroupsAndBinaryIdsAsActiveDirectoryHasThem() throws Exception {
    var rule = "1.2.840.113556.1.4.1941";
    var inner = "cn=inner,ou=UserGroups," + SlapdServer.SUFFIX;
    var outer = "cn=outer,ou=UserGroups," + SlapdServer.SUFFIX;
    var alice = "cn=alice,ou=Users," + SlapdServer.SUFFIX;
    var server =
        server(
            new InMemoryOperationInterceptor() {
              @Override
              public void processSearchRequest(InMemoryInterceptedSearchRequest r)
                  throws LDAPException {
                var text = r.getRequest().getFilter().toString();
                if (text.contains("member:" + rule + ":=" + alice)) {
                  replace(r, "member:" + rule + ":=" + alice, "|(cn=inner)(cn=outer)");
                } else if (text.contains("memberOf:" + rule + ":=" + outer)) {
                  replace(r, "memberOf:" + rule + ":=" + outer, "cn=alice");
                } else {
                  assertThat(text).doesNotContain(rule);
                }
              }

              private void replace(InMemoryInterceptedSearchRequest r, String what, String by)
                  throws LDAPException {
                var asked = r.getRequest();
                r.setRequest(
                    new SearchRequest(
                        asked.getBaseDN(),
                        asked.getScope(),
                        Filter.create(asked.getFilter().toString().replace(what, by)),
                        asked.getAttributeList().toArray(String[]::new)));
              }
            });
    var guid = new byte[16];
    ByteBuffer.wrap(guid).putLong(0x3041424344454647L).putLong(0x48494a4b4c4d4e4fL);
    server.modify(
        new com.unboundid.ldap.sdk.ModifyRequest(
            alice,
            new com.unboundid.ldap.sdk.Modification(
                com.unboundid.ldap.sdk.ModificationType.ADD, "objectGUID", guid)));
    server.add("dn: " + inner, "objectClass: group", "cn: inner", "member: " + alice);
    server.add("dn: " + outer, "objectClass: group", "cn: outer", "member: " + inner);
    try (var cloud = new TestIdentity(dir)) {
      var domain =
          configure(
              cloud,
              "ad",
              Map.of(
                  "url", "ldap://127.0.0.1:" + server.getListenPort(),
                  "user_id_attribute", "objectGUID",
                  "group_objectclass", "group",
                  "group_name_attribute", "cn",
                  "group_ad_nesting", true));
      var said = login(cloud, domain, "alice");
      assertThat(said.status()).as(said.toString()).isEqualTo(201);
      var id = said.body().at("/token/user/id").asString();
      var uuid = "43424130-4544-4746-4849-4a4b4c4d4e4f";
      var sha = java.security.MessageDigest.getInstance("SHA-256");
      assertThat(id)
          .isEqualTo(
              java.util.HexFormat.of()
                  .formatHex(
                      sha.digest(
                          (domain + "user" + uuid)
                              .getBytes(java.nio.charset.StandardCharsets.UTF_8))));
      // found again by its id
      assertThat(cloud.get("/v3/users/" + id + "/groups", cloud.admin()).body().toString())
          .contains("inner", "outer");
      var groups = cloud.get("/v3/groups?name=outer&domain_id=" + domain, cloud.admin()).body();
      var in = "/v3/groups/" + groups.at("/groups/0/id").asString() + "/users";
      assertThat(cloud.get(in, cloud.admin()).body().toString()).contains("alice");
    } finally {
      server.shutDown(true);
    }
  }
}
