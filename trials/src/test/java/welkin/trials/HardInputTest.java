package welkin.trials;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import welkin.http.Answer;
import welkin.http.HttpRequest;

/** Input of the worst kinds, each by name: a clear refusal, soon, in bounded memory. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HardInputTest {
  /** Where each service takes a JSON body, with a field whose text is kept. */
  private static final Map<String, String> DOORS =
      Map.of(
          "/v3/projects", "project",
          "/compute/v2.1/os-keypairs", "keypair",
          "/network/v2.0/networks", "network",
          "/image/v2/images", "",
          "/placement/resource_providers", "");

  private TestCloud cloud;
  private TestCloud.Client admin;

  @BeforeAll
  void start(@TempDir Path home) {
    cloud = new TestCloud(home, 1);
    admin = cloud.admin();
  }

  @AfterAll
  void stop() {
    cloud.close();
  }

  private Answer send(
      String token, String method, String path, byte[] body, long length, String... headers) {
    var all = new HashMap<String, String>();
    all.put("content-type", "application/json");
    all.put("openstack-api-version", "compute 2.90, placement 1.39");
    if (token != null) {
      all.put("x-auth-token", token);
    }
    for (int i = 0; i < headers.length; i += 2) {
      all.put(headers[i], headers[i + 1]);
    }
    var request = HttpRequest.of(method, path, all, body, "http://127.0.0.1:5000");
    return cloud
        .cloud()
        .door()
        .handle(
            new HttpRequest(
                method,
                request.path(),
                request.query(),
                all,
                request.body(),
                length,
                request.base(),
                request.remote()));
  }

  private Answer post(String path, byte[] body, String... headers) {
    return send(admin.token(), "POST", path, body, body.length, headers);
  }

  private Answer post(String path, String body) {
    return post(path, body.getBytes(StandardCharsets.UTF_8));
  }

  private static String wrapped(String noun, String inner) {
    return noun.isEmpty() ? inner : "{\"" + noun + "\": " + inner + "}";
  }

  private static void refused(Answer answer, String what) {
    assertThat(answer.status()).as(what + ": " + answer.body()).isBetween(400, 499);
    assertThat(answer.body()).as(what).isNotBlank();
    assertThat(answer.bytes().length).as("the refusal of " + what).isLessThan(300_000);
  }

  @Test
  void deepBodies() {
    for (var door : DOORS.keySet()) {
      refused(post(door, "[".repeat(100_000)), door + " arrays without end");
      refused(post(door, "{\"a\":".repeat(20_000)), door + " objects without end");
      refused(post(door, "[".repeat(50_000) + "]".repeat(50_000)), door + " arrays");
      refused(post(door, "{\"a\":".repeat(9_000) + "1" + "}".repeat(9_000)), door + " objects");
    }
  }

  @Test
  void widePlainBodies() {
    for (var door : DOORS.entrySet()) {
      var keys = new StringBuilder("{\"name\": null");
      for (int i = 0; i < 5_000; i++) {
        keys.append(",\"k").append(i).append("\":").append(i);
      }
      refused(post(door.getKey(), wrapped(door.getValue(), keys + "}")), door + " keys");
    }
  }

  @Test
  void numbersNoMachineHolds() {
    var fields =
        Map.of(
            "/compute/v2.1/flavors",
                "{\"flavor\":{\"name\":\"f\",\"ram\":#,\"vcpus\":1,\"disk\":1}}",
            "/compute/v2.1/flavors?",
                "{\"flavor\":{\"name\":\"f\",\"ram\":1,\"vcpus\":1,"
                    + "\"disk\":1,\"rxtx_factor\":#}}",
            "/network/v2.0/networks", "{\"network\":{\"name\":\"n\",\"mtu\":#}}",
            "/network/v2.0/networks?", "{\"network\":{\"provider:segmentation_id\":#}}",
            "/image/v2/images", "{\"min_disk\":#}",
            "/v3/registered_limits",
                "{\"registered_limits\":[{\"service_id\":\"x\",\"resource_name\":\"r\","
                    + "\"default_limit\":#}]}",
            "/v3/OS-TRUST/trusts", "{\"trust\":{\"impersonation\":true,\"remaining_uses\":#}}",
            "/placement/allocations",
                "{\"6f9619ff-8b86-4d01-b42d-00cf4fc964ff\":{\"allocations\":{\"6f9619ff-8b86-4d01"
                    + "-b42d-00cf4fc964f0\":{\"resources\":{\"VCPU\":#}}},\"project_id\":\"p\","
                    + "\"user_id\":\"u\",\"consumer_generation\":null,\"consumer_type\":\"A\"}}");
    for (var number :
        List.of(
            "1e999999999",
            "-1e999999999",
            "1e400",
            "9".repeat(100_000),
            "9".repeat(999),
            "0." + "9".repeat(50_000),
            "NaN",
            "Infinity",
            "-0x1",
            "007")) {
      fields.forEach(
          (path, body) ->
              refused(
                  post(path, body.replace("#", number)),
                  path + " " + number.substring(0, Math.min(20, number.length()))));
    }
  }

  @Test
  void ofTwoFieldsOfOneNameTheLastCounts() {
    var made = post("/v3/projects", "{\"project\": {\"name\": \"first\", \"name\": \"the last\"}}");
    assertThat(made.status()).isEqualTo(201);
    assertThat(made.body()).contains("the last").doesNotContain("first");
  }

  @Test
  void whatIsNoUtf8() {
    for (var door : DOORS.entrySet()) {
      for (var bytes :
          List.of(
              new byte[] {(byte) 0xc3},
              new byte[] {(byte) 0xff, (byte) 0xfe},
              new byte[] {(byte) 0xc0, (byte) 0xaf},
              new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0xbd},
              new byte[] {(byte) 0xf5, (byte) 0x80, (byte) 0x80, (byte) 0x80},
              new byte[] {(byte) 0xf0, (byte) 0x9f, (byte) 0x98})) {
        var out = new ByteArrayOutputStream();
        var text = wrapped(door.getValue(), "{\"name\": \"a#\"}").split("#");
        out.writeBytes(text[0].getBytes(UTF));
        out.writeBytes(bytes);
        out.writeBytes(text[1].getBytes(UTF));
        refused(post(door.getKey(), out.toByteArray()), door + " " + bytes[0]);
      }
      for (var half : List.of("\\ud800", "\\ude00", "\\ud83d\\ud83d", "x\\uDBFF")) {
        var inner = "{\"name\": \"" + half + "\"}";
        refused(post(door.getKey(), wrapped(door.getValue(), inner)), door + half);
        var key = "{\"" + half + "\": 1}";
        refused(post(door.getKey(), wrapped(door.getValue(), key)), door + " key " + half);
      }
      var nul = wrapped(door.getValue(), "{\"name\": \"a\\u0000b\"}");
      refused(post(door.getKey(), nul), door + " NUL");
    }
  }

  private static final java.nio.charset.Charset UTF = StandardCharsets.UTF_8;

  @Test
  void whatIsNoJson() throws Exception {
    var zipped = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(zipped)) {
      gzip.write("{\"project\": {\"name\": \"zipped\"}}".getBytes(UTF));
    }
    for (var door : DOORS.keySet()) {
      refused(post(door, zipped.toByteArray(), "content-encoding", "gzip"), door + " gzip");
      for (var type :
          List.of("text/plain", "application/xml", "multipart/form-data", "a/b/c", ",")) {
        refused(post(door, "<x/>".getBytes(UTF), "content-type", type), door + " " + type);
      }
      for (var text :
          List.of("", " ", "\ufeff", "x", "\"x", "{} {}", "{\"a\":1}]", "'a'", "/**/{}")) {
        refused(post(door, text), door + " " + text);
      }
    }
    // with a byte order mark it is still JSON, as for Python
    assertThat(post("/v3/projects", "\ufeff{\"project\": {\"name\": \"marked\"}}").status())
        .isEqualTo(201);
  }

  /** No length was announced and it never ends: what is read of it is bounded. */
  @Test
  void aBodyWithoutEnd() {
    for (var door : DOORS.keySet()) {
      var endless =
          new InputStream() {
            private long given;

            @Override
            public int read() {
              given++;
              return '[';
            }

            @Override
            public int read(byte[] into, int offset, int length) {
              java.util.Arrays.fill(into, offset, offset + length, (byte) '[');
              given += length;
              return length;
            }
          };
      var answer =
          cloud
              .cloud()
              .door()
              .handle(
                  new HttpRequest(
                      "POST",
                      door,
                      null,
                      Map.of("x-auth-token", admin.token(), "content-type", "application/json"),
                      endless,
                      -1,
                      "http://127.0.0.1",
                      "127.0.0.1"));
      assertThat(answer.status()).as(door).isEqualTo(413);
      assertThat(endless.given).as(door).isLessThan(64 << 20);
    }
  }

  @Test
  void pathsThatLeadElsewhere() {
    for (var path :
        List.of(
            "/v3/../v3/users",
            "/v3/users/..",
            "/v3/users/%2e%2e/projects",
            "/v3/%2e%2e/%2e%2e/etc/passwd",
            "/v3/auth/tokens/../../users",
            "/v3/auth/tokens/%2e%2e/%2e%2e/users",
            "/v3/auth/tokens;/../users",
            "/v3;a=b/users",
            "/v3/users;a=b",
            "//v3/users",
            "/v3//users",
            "/v3/users//",
            "/v3/users/%00",
            "/v3/users/%2F",
            "/v3/users%2Fx",
            "/v3/users/x%zz",
            "/v3/users/%",
            "/V3/users",
            "/v3/users/.",
            "/%76%33/users",
            "/healthcheck/../v3/users",
            "/image/v2/images/../../../v3/users",
            "/image/v2/images/%2e%2e%2f%2e%2e/file",
            "/" + "a/".repeat(20_000),
            "/v3/users/" + "x".repeat(60_000),
            "/v3/users/" + "%F0%9F%98%80".repeat(5_000))) {
      var shown = path.substring(0, Math.min(80, path.length()));
      var stranger = send(null, "GET", path, null, 0);
      assertThat(stranger.status()).as(shown).isIn(400, 401, 404, 414);
      assertThat(stranger.body()).as(shown).doesNotContain("\"users\"");
      for (var method : List.of("GET", "PUT", "DELETE", "PATCH", "POST", "COPY", "FOO", "")) {
        var answer = send(admin.token(), method, path, "{}".getBytes(UTF), 2);
        assertThat(answer.status()).as(method + " " + shown).isLessThan(500);
      }
    }
  }

  @Test
  void queriesWithoutMeasure() {
    var many = new StringBuilder("?name=x");
    for (int i = 0; i < 8_000; i++) {
      many.append("&k").append(i).append('=').append(i);
    }
    var queries = new ArrayList<String>(List.of(many.toString()));
    queries.add("?" + "name=a&".repeat(8_000));
    queries.add("?" + "&".repeat(60_000));
    queries.add("?name=" + "x".repeat(60_000));
    queries.add("?name=" + "a.".repeat(30_000));
    queries.add("?name=" + "(".repeat(30_000));
    queries.add("?sort_key=" + "name,".repeat(10_000));
    queries.add("?sort_key=" + "name&sort_key=".repeat(3_000));
    queries.add("?limit=" + "9".repeat(30_000));
    for (var tags : List.of("tags", "tags-any", "not-tags", "not-tags-any")) {
      queries.add("?" + tags + "=" + "t,".repeat(20_000));
      queries.add(
          "?"
              + tags
              + "="
              + IntStream.range(0, 10_000).mapToObj(i -> "t" + i).collect(Collectors.joining(",")));
      queries.add("?" + tags + "=,");
      queries.add("?" + tags + "=");
    }
    queries.add("?fields=" + "id&fields=".repeat(5_000));
    queries.add("?marker=%00");
    queries.add("?name=%ed%a0%80&%ff=%fe");
    for (var path :
        List.of(
            "/v3/users",
            "/v3/projects",
            "/v3/role_assignments",
            "/compute/v2.1/servers",
            "/compute/v2.1/flavors",
            "/network/v2.0/networks",
            "/network/v2.0/ports",
            "/image/v2/images",
            "/placement/resource_providers",
            "/placement/allocation_candidates")) {
      for (var query : queries) {
        var answer = send(admin.token(), "GET", path + query, null, 0);
        assertThat(answer.status())
            .as(path + query.substring(0, Math.min(60, query.length())) + answer.body())
            .isLessThan(500);
      }
    }
  }

  /** Any user may look for servers by a regular expression. */
  @Test
  void aRegularExpressionThatTakesForEver() {
    var flavor = Things.flavor(admin);
    var network = Things.network(admin, "net", "10.9.0.0/24");
    var image = Things.image(admin);
    admin.post(
        "/compute/v2.1/servers",
        "{\"server\": {\"name\": \"%s\", \"flavorRef\": \"%s\", \"imageRef\": \"%s\", \"networks\": [{\"uuid\": \"%s\"}]}}"
            .formatted("a".repeat(60) + "!", flavor, image, network));
    for (var regex : List.of("(.*a)%7B25%7D$", "(%5Ba-z%5D%2B)*%5C1$", "(".repeat(3_000))) {
      refused(send(admin.token(), "GET", "/compute/v2.1/servers?name=" + regex, null, 0), regex);
    }
  }

  @Test
  void headersOfAnyKind() {
    for (var bad :
        List.of(
            "",
            " ",
            "ü",
            "\u0000",
            "gAAAA\u00e9",
            "a,b",
            "x".repeat(60_000),
            "\ud83d\ude00",
            "Bearer x")) {
      for (var path :
          List.of(
              "/v3/users", "/compute/v2.1/servers", "/network/v2.0/networks", "/image/v2/images")) {
        var answer = send(bad, "GET", path, null, 0);
        assertThat(answer.status()).as(path + bad).isEqualTo(401);
      }
      for (var header :
          List.of(
              "x-subject-token",
              "x-service-token",
              "openstack-auth-receipt",
              "authorization",
              "idempotency-key",
              "openstack-api-version",
              "x-openstack-nova-api-version",
              "x-openstack-request-id",
              "accept",
              "range",
              "if-match",
              "x-forwarded-host",
              "x-forwarded-proto",
              "host",
              "content-type",
              "openstack-identity-access-rules")) {
        for (var path :
            List.of(
                "GET /v3/auth/tokens",
                "POST /v3/auth/tokens",
                "POST /v3/OS-OAUTH1/request_token",
                "POST /v3/OS-OAUTH2/token",
                "POST /v3/ec2tokens",
                "GET /compute/v2.1/servers",
                "POST /compute/v2.1/os-keypairs",
                "GET /network/v2.0/networks",
                "GET /image/v2/images",
                "GET /placement/resource_providers")) {
          var words = path.split(" ");
          var answer =
              send(
                  admin.token(), words[0], words[1], "{\"a\":\"b\"}".getBytes(UTF), 9, header, bad);
          assertThat(answer.status())
              .as(path + " " + header + ": " + bad.substring(0, Math.min(20, bad.length())))
              .isLessThan(500);
        }
      }
    }
  }
}
