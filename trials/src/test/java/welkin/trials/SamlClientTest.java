package welkin.trials;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.bus.InProcessBus;
import welkin.core.Config;

/**
 * The real {@code openstack} client logs in at a cloud by SAML, with keystoneauth's own plugins: by
 * an identity provider made of pysaml2 ({@code v3samlpassword}), and from one cloud to another
 * ({@code Keystone2Keystone}). Needs Debian's python3-openstackclient, python3-pysaml2, xmlsec1 and
 * keystone-tempest-plugin.
 */
@Tag("real")
class SamlClientTest {
  @TempDir Path dir;
  private TestCloud here;

  @BeforeEach
  void start() {
    here = cloud("here");
  }

  @AfterEach
  void stop() {
    here.close();
  }

  private TestCloud cloud(String name) {
    return new TestCloud(dir.resolve(name), "all", 1, 0, new InProcessBus(), Config.of());
  }

  private static String got(String url) throws Exception {
    try (var client = HttpClient.newHttpClient()) {
      var said =
          client.send(
              HttpRequest.newBuilder(URI.create(url)).build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(said.statusCode()).as(said.body()).isEqualTo(200);
      return said.body();
    }
  }

  /** Trusts an identity provider; its users may be members of project {@code shared}. */
  private static void trust(TestCloud at, Path home, String id, String entity, String metadata)
      throws Exception {
    Files.writeString(Files.createDirectories(home.resolve("saml")).resolve(id + ".xml"), metadata);
    var admin = at.admin();
    var group =
        admin.post("/v3/groups", "{\"group\":{\"name\":\"guests\"}}").at("/group/id").asString();
    var project = at.newProject(admin, "shared");
    var role = admin.get("/v3/roles?name=member").at("/roles/0/id").asString();
    admin.send("PUT", "/v3/projects/" + project + "/groups/" + group + "/roles/" + role, null);
    var base = "/v3/OS-FEDERATION/";
    put(
        admin,
        base + "mappings/guests",
        """
        {"mapping": {"rules": [{"local": [{"user": {"name": "{0}"}, "group": {"id": "%s"}}],
          "remote": [{"type": "%s"}]}]}}
        """
            .formatted(group, id.equals("cloud") ? "openstack_user" : "REMOTE_USER"));
    put(
        admin,
        base + "identity_providers/" + id,
        "{\"identity_provider\":{\"enabled\":true,\"remote_ids\":[\"" + entity + "\"]}}");
    put(
        admin,
        base + "identity_providers/" + id + "/protocols/saml2",
        "{\"protocol\":{\"mapping_id\":\"guests\"}}");
  }

  private static void put(TestCloud.Client admin, String path, String body) {
    var said = admin.send("PUT", path, body);
    assertThat(said.status()).as(said.body()).isEqualTo(201);
  }

  private static String openstack(List<String> options, String... command) throws Exception {
    var all = new ArrayList<>(List.of("openstack", "--os-identity-api-version", "3"));
    all.addAll(options);
    all.addAll(List.of(command));
    var builder = new ProcessBuilder(all);
    builder.environment().keySet().removeIf(k -> k.startsWith("OS_"));
    var process = builder.start();
    process.getOutputStream().close();
    var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    var err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(String.join(" ", all) + "\n" + err).isZero();
    return out.strip();
  }

  /** What asks a running identity provider. */
  private interface Asking {
    void at(String url, String metadata) throws Exception;
  }

  private void withIdentityProvider(Asking asking) throws Exception {
    Files.writeString(
        dir.resolve("sp.xml"),
        got(here.cloud().endpoint() + "/v3/OS-FEDERATION/saml2/sp/metadata"));
    var script = dir.resolve("ecp_idp.py");
    try (var in = getClass().getResourceAsStream("ecp_idp.py")) {
      Files.write(script, in.readAllBytes());
    }
    var idp =
        new ProcessBuilder("/usr/bin/python3", script.toString(), dir.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (var out =
        new BufferedReader(new InputStreamReader(idp.getInputStream(), StandardCharsets.UTF_8))) {
      var url = out.readLine();
      assertThat(url).isNotNull();
      asking.at(url, Files.readString(dir.resolve("idp.xml")));
    } finally {
      idp.getOutputStream().close();
      assertThat(idp.waitFor(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void byAnIdentityProviderThatSpeaksEcp() throws Exception {
    withIdentityProvider(
        (url, metadata) -> {
          trust(here, dir.resolve("here"), "company", "https://idp.example.org/ecp", metadata);
          var options =
              List.of(
                  "--os-auth-type",
                  "v3samlpassword",
                  "--os-auth-url",
                  here.cloud().endpoint() + "/v3",
                  "--os-identity-provider",
                  "company",
                  "--os-protocol",
                  "saml2",
                  "--os-identity-provider-url",
                  url,
                  "--os-username",
                  "anna",
                  "--os-password",
                  "secret",
                  "--os-project-name",
                  "shared",
                  "--os-project-domain-id",
                  "default");
          var who = openstack(options, "token", "issue", "-f", "value", "-c", "user_id");
          var user = here.admin().get("/v3/users/" + who);
          assertThat(user.at("/user/name").asString()).isEqualTo("anna");
          assertThat(
                  openstack(options, "federation", "project", "list", "-f", "value", "-c", "Name"))
              .isEqualTo("shared");
        });
  }

  /** keystone_tempest_plugin's scenario: by ECP, and this cloud as identity provider of itself. */
  @Test
  void asTempestDoes() throws Exception {
    withIdentityProvider(
        (url, metadata) -> {
          var trusted = Files.createDirectories(dir.resolve("here").resolve("saml"));
          Files.writeString(trusted.resolve("idp.xml"), metadata);
          var base = here.cloud().endpoint() + "/v3";
          Files.writeString(
              trusted.resolve("self.xml"), got(base + "/OS-FEDERATION/saml2/metadata"));
          var admin = here.admin();
          var group =
              admin
                  .post("/v3/groups", "{\"group\":{\"name\":\"federated_users\"}}")
                  .at("/group/id")
                  .asString();
          var role = admin.get("/v3/roles?name=member").at("/roles/0/id").asString();
          var project = here.newProject(admin, "shared");
          admin.send(
              "PUT", "/v3/projects/" + project + "/groups/" + group + "/roles/" + role, null);
          var config = Files.createDirectories(dir.resolve("tempest"));
          Files.writeString(
              config.resolve("tempest.conf"),
              """
              [auth]
              admin_username = welkin
              admin_password = a-password-for-trials
              admin_project_name = admin
              admin_domain_name = Default
              [identity]
              uri_v3 = %s
              auth_version = v3
              v3_endpoint_type = public
              admin_role = admin
              [identity-feature-enabled]
              federation = true
              [fed_scenario]
              idp_id = company
              idp_remote_ids = https://idp.example.org/ecp
              idp_username = anna
              idp_password = secret
              idp_ecp_url = %s
              mapping_remote_type = REMOTE_USER
              mapping_group_domain_name = Default
              [service_available]
              neutron = false
              cinder = false
              glance = false
              nova = false
              swift = false
              [oslo_concurrency]
              lock_path = %s
              """
                  .formatted(base, url, config));
          var builder =
              new ProcessBuilder(
                  "/usr/bin/python3",
                  "-W",
                  "ignore",
                  "-m",
                  "testtools.run",
                  "keystone_tempest_plugin.tests.scenario.test_federated_authentication");
          builder.directory(config.toFile());
          builder.environment().keySet().removeIf(k -> k.startsWith("OS_"));
          builder.environment().put("TEMPEST_CONFIG_DIR", config.toString());
          var process = builder.redirectErrorStream(true).start();
          process.getOutputStream().close();
          var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
          assertThat(process.waitFor()).as(said).isZero();
          assertThat(said).contains("Ran 4 tests").doesNotContain("skip");
        });
  }

  @Test
  void fromOneCloudToAnother() throws Exception {
    try (var home = cloud("home")) {
      var there = here.cloud().endpoint();
      var metadata = got(home.cloud().endpoint() + "/v3/OS-FEDERATION/saml2/metadata");
      var entity = metadata.replaceAll("(?s).*entityID=\"([^\"]*)\".*", "$1");
      assertThat(entity).startsWith(home.cloud().endpoint());
      trust(here, dir.resolve("here"), "cloud", entity, metadata);
      put(
          home.admin(),
          "/v3/OS-FEDERATION/service_providers/there",
          """
          {"service_provider": {"enabled": true,
            "auth_url": "%s/v3/OS-FEDERATION/identity_providers/cloud/protocols/saml2/auth",
            "sp_url": "%s/v3/OS-FEDERATION/saml2/acs"}}
          """
              .formatted(there, there));
      var options =
          List.of(
              "--os-auth-url",
              home.cloud().endpoint() + "/v3",
              "--os-username",
              "welkin",
              "--os-password",
              "a-password-for-trials",
              "--os-user-domain-id",
              "default",
              "--os-project-name",
              "admin",
              "--os-project-domain-id",
              "default",
              "--os-service-provider",
              "there",
              "--os-remote-project-name",
              "shared",
              "--os-remote-project-domain-id",
              "default");
      var project = openstack(options, "token", "issue", "-f", "value", "-c", "project_id");
      var shown = here.admin().get("/v3/projects/" + project);
      assertThat(shown.at("/project/name").asString()).isEqualTo("shared");
      // its own catalog is used from then on
      assertThat(
              openstack(options, "catalog", "show", "identity", "-f", "value", "-c", "endpoints"))
          .contains(there);
    }
  }
}
