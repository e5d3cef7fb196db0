package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.unboundid.ldap.listener.InMemoryDirectoryServer;
import com.unboundid.ldap.listener.InMemoryDirectoryServerConfig;
import com.unboundid.ldap.listener.InMemoryListenerConfig;
import com.unboundid.util.ssl.KeyStoreKeyManager;
import com.unboundid.util.ssl.SSLUtil;
import com.unboundid.util.ssl.TrustAllTrustManager;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.core.Exec;
import welkin.testkit.SlapdServer;

/**
 * A directory over TLS, from the start or by StartTLS: only with a certificate that can be checked.
 */
class LdapTlsTest {
  private static final String ENTRIES =
      """
      dn: %1$s
      objectClass: dcObject
      objectClass: organization
      dc: example
      o: x

      dn: ou=Users,%1$s
      objectClass: organizationalUnit
      ou: Users

      dn: cn=alice,ou=Users,%1$s
      objectClass: inetOrgPerson
      cn: alice
      sn: alice
      userPassword: word
      """
          .formatted(SlapdServer.SUFFIX);

  @TempDir Path dir;

  /** A key, its certificate for a host, and the certificate as a file. */
  private record Certificate(Path store, Path pem, Path key) {}

  private Certificate certificate(String name, String san) throws Exception {
    var store = dir.resolve(name + ".p12");
    Exec.must(
        Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
        "-genkeypair",
        "-alias",
        "server",
        "-keyalg",
        "RSA",
        "-dname",
        "CN=" + name,
        "-ext",
        "san=" + san,
        "-ext",
        "bc=ca:true",
        "-validity",
        "3650",
        "-storetype",
        "PKCS12",
        "-storepass",
        "changeit",
        "-keystore",
        store.toString());
    var keys = KeyStore.getInstance(store.toFile(), "changeit".toCharArray());
    return new Certificate(
        store,
        pem(name + ".pem", "CERTIFICATE", keys.getCertificate("server").getEncoded()),
        pem(
            name + ".key",
            "PRIVATE KEY",
            keys.getKey("server", "changeit".toCharArray()).getEncoded()));
  }

  private Path pem(String file, String what, byte[] bytes) throws Exception {
    return Files.writeString(
        dir.resolve(file),
        "-----BEGIN "
            + what
            + "-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes)
            + "\n-----END "
            + what
            + "-----\n");
  }

  private InMemoryDirectoryServer server(Certificate c) throws Exception {
    var tls =
        new SSLUtil(
            new KeyStoreKeyManager(c.store.toFile(), "changeit".toCharArray(), "PKCS12", "server"),
            new TrustAllTrustManager());
    var config = new InMemoryDirectoryServerConfig(SlapdServer.SUFFIX);
    config.addAdditionalBindCredentials(SlapdServer.ROOT, SlapdServer.PASSWORD);
    var here = InetAddress.getLoopbackAddress();
    config.setListenerConfigs(
        InMemoryListenerConfig.createLDAPConfig("plain", here, 0, tls.createSSLSocketFactory()),
        InMemoryListenerConfig.createLDAPSConfig(
            "tls", here, 0, tls.createSSLServerSocketFactory(), null));
    var server = new InMemoryDirectoryServer(config);
    server.importFromLDIF(true, Files.writeString(dir.resolve("entries.ldif"), ENTRIES).toString());
    server.startListening();
    return server;
  }

  /** The status of a login. */
  private int login(TestIdentity cloud, Object... options) {
    var ldap = new LinkedHashMap<String, Object>();
    ldap.put("suffix", SlapdServer.SUFFIX);
    ldap.put("user", SlapdServer.ROOT);
    ldap.put("password", SlapdServer.PASSWORD);
    ldap.put("connection_timeout", 2);
    for (int i = 0; i < options.length; i += 2) {
      ldap.put((String) options[i], options[i + 1].toString());
    }
    var domain = cloud.make("domain", Map.of("name", "d" + cloud.now.getEpochSecond()));
    cloud.now = cloud.now.plusSeconds(10);
    cloud.configureLdap(domain, ldap);
    return cloud.login(domain, "alice", "word", null).status();
  }

  @Test
  void fromTheStartAndByStartTls() throws Exception {
    var good = certificate("good", "ip:127.0.0.1,dns:localhost");
    var other = certificate("other", "ip:127.0.0.1");
    var server = server(good);
    try (var cloud = new TestIdentity(dir.resolve("home"))) {
      var plain = "ldap://127.0.0.1:" + server.getListenPort("plain");
      var tls = "ldaps://127.0.0.1:" + server.getListenPort("tls");
      assertThat(login(cloud, "url", tls, "tls_cacertfile", good.pem)).isEqualTo(201);
      assertThat(login(cloud, "url", plain, "use_tls", true, "tls_cacertfile", good.pem))
          .isEqualTo(201);
      var folder = Files.createDirectory(dir.resolve("cas"));
      Files.copy(good.pem, folder.resolve("a.pem"));
      Files.copy(other.pem, folder.resolve("b.pem"));
      assertThat(login(cloud, "url", tls, "tls_cacertdir", folder)).isEqualTo(201);
      // of nobody we trust
      assertThat(login(cloud, "url", tls, "tls_cacertfile", other.pem)).isEqualTo(503);
      assertThat(login(cloud, "url", tls)).isEqualTo(503);
      assertThat(login(cloud, "url", plain, "use_tls", true, "tls_cacertfile", other.pem))
          .isEqualTo(503);
      assertThat(login(cloud, "url", tls, "tls_cacertfile", dir.resolve("none"))).isEqualTo(503);
      assertThat(login(cloud, "url", tls, "use_tls", true, "tls_cacertfile", good.pem))
          .isEqualTo(503);
      // the operator says that it does not matter
      assertThat(login(cloud, "url", tls, "tls_req_cert", "never")).isEqualTo(201);
    } finally {
      server.shutDown(true);
    }
  }

  @Test
  void aCertificateForAnotherHostIsRefused() throws Exception {
    var elsewhere = certificate("elsewhere", "dns:ldap.example.org");
    var server = server(elsewhere);
    try (var cloud = new TestIdentity(dir.resolve("home"))) {
      var plain = "ldap://localhost:" + server.getListenPort("plain");
      var tls = "ldaps://localhost:" + server.getListenPort("tls");
      // (a numeric loopback address is taken by the library whatever the certificate says)
      assertThat(login(cloud, "url", tls, "tls_cacertfile", elsewhere.pem)).isEqualTo(503);
      assertThat(login(cloud, "url", plain, "use_tls", true, "tls_cacertfile", elsewhere.pem))
          .isEqualTo(503);
      assertThat(login(cloud, "url", tls, "tls_req_cert", "allow")).isEqualTo(201);
    } finally {
      server.shutDown(true);
    }
  }

  @Test
  void startTlsWithSlapd() throws Exception {
    var good = certificate("good", "ip:127.0.0.1");
    try (var server = SlapdServer.start(good.pem, good.key);
        var cloud = new TestIdentity(dir.resolve("home"))) {
      fill(server);
      assertThat(login(cloud, "url", server.url(), "use_tls", true, "tls_cacertfile", good.pem))
          .isEqualTo(201);
      var other = certificate("other", "ip:127.0.0.1");
      assertThat(login(cloud, "url", server.url(), "use_tls", true, "tls_cacertfile", other.pem))
          .isEqualTo(503);
    }
  }

  private static void fill(SlapdServer server) throws Exception {
    var at = new com.unboundid.ldap.sdk.LDAPURL(server.url());
    try (var c =
        new com.unboundid.ldap.sdk.LDAPConnection(
            at.getHost(), at.getPort(), SlapdServer.ROOT, SlapdServer.PASSWORD)) {
      for (var entry : ENTRIES.split("\n\n")) {
        c.add(entry.strip().split("\n"));
      }
    }
  }
}
