package welkin.trials;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * The class of OSSA-2020-001 (keystone, like others before it, wrote credentials into its log):
 * whatever secrets requests bring, good or bad, none of them is in a log line of any level, in an
 * error that is answered, or readable in a file of the state folder.
 */
@Tag("OSSA-2020-001")
class Ossa2020001Test {
  /** In every secret of this test. */
  private static final String MARK = "m4rk3d-s3cr3t";

  @TempDir Path home;
  private final Queue<String> log = new ConcurrentLinkedQueue<>();
  private final List<String> errors = new ArrayList<>();
  private int count;

  private String secret() {
    return MARK + count++ + "!Aa";
  }

  private String send(
      TestCloud.Client as, String method, String path, String body, String... more) {
    var answer = as.send(method, path, body, more);
    if (answer.status() >= 400) {
      errors.add(
          method + " " + path.split("\\?", 2)[0] + " " + answer.status() + " " + answer.body());
    }
    return answer.body();
  }

  private static String login(String user, String rest) {
    return "{\"auth\":{\"identity\":{\"methods\":[\"password\"],\"password\":{\"user\":{\"name\":\""
        + user
        + "\",\"domain\":{\"id\":\"default\"},"
        + rest
        + "}}}}}";
  }

  private void requests(TestCloud cloud) {
    var admin = cloud.admin();
    var nobody = cloud.anonymous();
    var password = secret();
    send(
        admin,
        "POST",
        "/v3/users",
        "{\"user\":{\"name\":\"anna\",\"password\":\"" + password + "\"}}");
    var anna = admin.get("/v3/users?name=anna").get("users").get(0).get("id").asString();
    for (var rest :
        List.of(
            "\"password\":\"" + password + "\"",
            "\"password\":\"" + secret() + "\"",
            "\"password\":[\"" + secret() + "\"]",
            "\"password\":{\"x\":\"" + secret() + "\"}",
            "\"password\":\"" + secret())) {
      send(nobody, "POST", "/v3/auth/tokens", login("anna", rest));
      send(nobody, "POST", "/v3/auth/tokens", login("nobody", rest));
    }
    var change = "/v3/users/" + anna + "/password";
    for (var body :
        List.of(
            "{\"user\":{\"original_password\":\"%s\",\"password\":\"%s\"}}",
            "{\"user\":{\"original_password\":[\"%s\"],\"password\":\"%s\"}}",
            "{\"user\":{\"original_password\":\"%s\",\"password\":{\"y\":\"%s\"}}}",
            "{\"user\":{\"original_password\":\"%s\",\"passw\":\"%s\"}}")) {
      send(nobody, "POST", change, body.formatted(secret(), secret()));
    }
    for (var body :
        List.of(
            "{\"user\":{\"name\":\"b\",\"password\":[\"%s\"]}}",
            "{\"user\":{\"password\":\"%s\"}}",
            "{\"user\":{\"name\":7,\"password\":\"%s\"}}",
            "{\"user\":{\"name\":\"c\",\"enabled\":\"maybe\",\"password\":\"%s\"}}",
            "{\"user\":{\"name\":\"d\",\"domain_id\":\"none\",\"password\":\"%s\"}}")) {
      send(admin, "POST", "/v3/users", body.formatted(secret()));
    }
    send(admin, "PATCH", "/v3/users/" + anna, "{\"user\":{\"password\":\"" + secret() + "\"}}");
    send(admin, "PATCH", "/v3/users/none", "{\"user\":{\"password\":\"" + secret() + "\"}}");
    var self = admin.get("/v3/users?name=welkin").get("users").get(0).get("id").asString();
    var credentials = "/v3/users/" + self + "/application_credentials";
    for (var body :
        List.of(
            "{\"application_credential\":{\"name\":\"a\",\"secret\":\"%s\"}}",
            "{\"application_credential\":{\"name\":\"a\",\"secret\":\"%s\"}}",
            "{\"application_credential\":{\"name\":\"b\",\"secret\":[\"%s\"]}}",
            "{\"application_credential\":{\"name\":\"c\",\"secret\":\"%s\",\"expires_at\":\"soon\"}}")) {
      send(admin, "POST", credentials, body.formatted(secret()));
    }
    for (var one :
        List.of("\"id\":\"none\"", "\"name\":\"a\",\"user\":{\"id\":\"" + self + "\"}")) {
      send(
          nobody,
          "POST",
          "/v3/auth/tokens",
          "{\"auth\":{\"identity\":{\"methods\":[\"application_credential\"],"
              + "\"application_credential\":{\"secret\":\""
              + secret()
              + "\","
              + one
              + "}}}}");
    }
    for (var type : List.of("totp", "cert", "ec2")) {
      for (var blob :
          List.of(
              "\"%s\"", "[\"%s\"]", "\"{\\\"access\\\":\\\"A\\\",\\\"secret\\\":\\\"%s\\\"}\"")) {
        send(
            admin,
            "POST",
            "/v3/credentials",
            ("{\"credential\":{\"type\":\"" + type + "\",\"blob\":" + blob + "}}")
                .formatted(secret()));
      }
    }
    send(
        admin,
        "PUT",
        "/v3/domains/default/config",
        "{\"config\":{\"ldap\":{\"url\":\"ldap://x\",\"password\":\"" + secret() + "\"}}}");
    send(cloud.holding(secret()), "GET", "/v3/users", null);
    send(cloud.holding(secret() + ".b.c"), "GET", "/compute/v2.1/servers", null);
    send(admin, "GET", "/v3/auth/tokens", null, "x-subject-token", secret());
    send(nobody, "POST", "/v3/OS-OAUTH1/request_token", null, "authorization", "OAuth " + secret());
    send(
        nobody,
        "POST",
        "/v3/OS-OAUTH2/token",
        "grant_type=x",
        "authorization",
        "Basic " + secret());
    returns(nobody);
    send(
        admin,
        "POST",
        "/v3/ec2tokens",
        "{\"credentials\":{\"access\":\"A\",\"signature\":\"" + secret() + "\",\"verb\":7}}");
    send(
        admin,
        "POST",
        "/compute/v2.1/servers",
        "{\"server\":{\"name\":\"s\",\"adminPass\":[\"" + secret() + "\"]}}");
  }

  /**
   * What browsers and programs bring from identity providers, to where it belongs and elsewhere.
   */
  private void returns(TestCloud.Client nobody) {
    var protocol = "identity_providers/acme/protocols/openid";
    for (var path :
        List.of(
            "/v3/auth/OS-FEDERATION/" + protocol + "/websso",
            "/identity/v3/auth/OS-FEDERATION/websso/openid",
            "/v3/OS-FEDERATION/" + protocol + "/auth",
            "/v3/OS-FEDERATION/saml2/acs",
            "/v3/users",
            "/v3/no/such/row",
            "/nothing")) {
      for (var query : List.of("code=%s&state=%s", "SAMLResponse=%s&RelayState=%s", "%s&;%s")) {
        send(nobody, "GET", path + "?" + query.formatted(secret(), secret()), null);
      }
      var form = "application/x-www-form-urlencoded";
      for (var body : List.of("code=%s&state=%s", "SAMLResponse=%s&RelayState=%s")) {
        send(nobody, "POST", path, body.formatted(secret(), secret()), "content-type", form);
      }
      send(nobody, "POST", path, "", "authorization", "Bearer " + secret());
      send(nobody, "GET", path, null, "cookie", "welkin_saml=" + secret());
    }
  }

  @Test
  void noSecretIsEverWritten() throws IOException {
    var root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    var ours = (Logger) LoggerFactory.getLogger("welkin");
    var was = ours.getLevel();
    var heard =
        new AppenderBase<ILoggingEvent>() {
          @Override
          protected void append(ILoggingEvent e) {
            var thrown = e.getThrowableProxy();
            log.add(
                e.getFormattedMessage()
                    + " "
                    + e.getMDCPropertyMap()
                    + (thrown == null ? "" : ThrowableProxyUtil.asString(thrown)));
          }
        };
    heard.setContext(root.getLoggerContext());
    heard.start();
    root.addAppender(heard);
    ours.setLevel(Level.TRACE);
    try (var cloud = new TestCloud(home, 0)) {
      requests(cloud);
    } finally {
      ours.setLevel(was);
      root.detachAppender(heard);
    }
    assertThat(errors).hasSizeGreaterThan(25).noneMatch(e -> e.contains(MARK));
    assertThat(log).isNotEmpty().noneMatch(e -> e.contains(MARK));
    assertThat(log).anyMatch(e -> e.contains("/websso?code=*&state=* 4"));
    assertThat(log).anyMatch(e -> e.contains("/v3/users?name=anna 200"));
    var readable = new ArrayList<Path>();
    try (var files = Files.walk(home)) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        if (new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(MARK)) {
          readable.add(file);
        }
      }
    }
    assertThat(readable).as("files that hold a secret").isEmpty();
  }
}
