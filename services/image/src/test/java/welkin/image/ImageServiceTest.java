package welkin.image;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.testkit.Eventually.eventually;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.core.Config;
import welkin.core.Json;
import welkin.peers.Roles;
import welkin.testkit.TestDatabases;

/** Image through its door. */
class ImageServiceTest {
  private static final String ALICE = "alice:member";
  private static final String BOB = "bob:member";
  private static final String ADMIN = "ops:admin";

  @TempDir Path home;
  private TestImages cloud;

  @BeforeEach
  void open() {
    cloud = new TestImages(home, Config.empty());
  }

  @AfterEach
  void close() {
    cloud.close();
  }

  private static byte[] noise(int n) {
    var bytes = new byte[n];
    new Random(7).nextBytes(bytes);
    return bytes;
  }

  private long files() throws IOException {
    try (var all = Files.walk(home.resolve("images"))) {
      return all.filter(Files::isRegularFile).count();
    }
  }

  @Test
  void whatIsUploadedIsDownloaded() {
    var bytes = noise(3_000_000);
    var id = cloud.raw(ALICE, "one");
    assertThat(cloud.send(ALICE, "GET", "/images/" + id + "/file", null).status()).isEqualTo(204);
    assertThat(cloud.upload(ALICE, id, bytes).status()).isEqualTo(204);
    var image = cloud.show(ALICE, id);
    assertThat(image.get("status").stringValue()).isEqualTo("active");
    assertThat(image.get("size").asLong()).isEqualTo(bytes.length);
    assertThat(image.get("virtual_size").asLong()).isEqualTo(bytes.length);
    assertThat(image.get("os_hash_algo").stringValue()).isEqualTo("sha512");
    assertThat(image.get("os_hash_value").stringValue()).hasSize(128);
    var whole = cloud.send(ALICE, "GET", "/images/" + id + "/file", null);
    assertThat(TestImages.body(whole)).isEqualTo(bytes);
    assertThat(whole.headers()).containsEntry("Content-MD5", image.get("checksum").stringValue());
    var part = cloud.send(ALICE, "GET", "/images/" + id + "/file", null, "range", "bytes=10-19");
    assertThat(part.status()).isEqualTo(206);
    assertThat(part.headers()).containsEntry("Content-Range", "bytes 10-19/3000000");
    assertThat(TestImages.body(part)).isEqualTo(java.util.Arrays.copyOfRange(bytes, 10, 20));
    assertThat(
            cloud
                .send(ALICE, "GET", "/images/" + id + "/file", null, "range", "bytes=3000000-")
                .status())
        .isEqualTo(416);
    assertThat(cloud.upload(ALICE, id, bytes).status()).isEqualTo(409);
    assertThat(cloud.send(BOB, "GET", "/images/" + id + "/file", null).status()).isEqualTo(404);
  }

  @Test
  void bytesThatAreNotWhatTheyClaimLeaveNothing() throws IOException {
    var qcow2 = ByteBuffer.allocate(4096).put("QFI\u00fb".getBytes(StandardCharsets.ISO_8859_1));
    var id = cloud.raw(ALICE, "liar");
    var refused = cloud.upload(ALICE, id, qcow2.array());
    assertThat(refused.status()).isBetween(400, 499);
    assertThat(refused.body()).contains("qcow2");
    assertThat(cloud.show(ALICE, id).get("status").stringValue()).isEqualTo("queued");
    assertThat(files()).isZero();
    assertThat(cloud.upload(ALICE, id, noise(1000)).status()).isEqualTo(204);
  }

  @Test
  void anUploadThatBreaksLeavesNothing() throws IOException {
    var id = cloud.raw(ALICE, "broken");
    var half =
        new InputStream() {
          private int n;

          @Override
          public int read() throws IOException {
            if (n++ > 100_000) {
              throw new IOException("connection reset");
            }
            return 1;
          }
        };
    var answer =
        cloud.raw(
            ALICE,
            "PUT",
            "/images/" + id + "/file",
            half,
            200_000,
            "content-type",
            "application/octet-stream");
    assertThat(answer.status()).isEqualTo(400);
    assertThat(cloud.show(ALICE, id).get("status").stringValue()).isEqualTo("queued");
    assertThat(files()).isZero();
  }

  @Test
  void aRestartPutsBackWhatWasUnderWay() throws IOException {
    TestDatabases.assumeOneProcess();
    var id = cloud.raw(ALICE, "cut");
    cloud
        .service
        .database()
        .change(sql -> sql.update("UPDATE image SET status = 'saving' WHERE id = ?", id));
    Files.write(home.resolve("images").resolve(id), noise(10));
    Files.write(home.resolve("images/arriving/x"), noise(10));
    cloud.close();
    cloud = new TestImages(home, Config.empty());
    assertThat(cloud.show(ALICE, id).get("status").stringValue()).isEqualTo("queued");
    assertThat(files()).isZero();
  }

  @Test
  void amongSeveralWorkersOnlyWhatFellSilentIsGivenUp() throws IOException {
    var alive = cloud.raw(ALICE, "alive");
    var dead = cloud.raw(ALICE, "dead");
    cloud
        .service
        .database()
        .change(
            sql -> sql.update("UPDATE image SET status = 'saving', updated_at = ?", Instant.EPOCH));
    var arriving = home.resolve("images/arriving");
    var kept = Files.write(arriving.resolve(alive + "-1"), noise(10));
    var left = Files.write(arriving.resolve(dead + "-1"), noise(10));
    Files.setLastModifiedTime(left, FileTime.from(Instant.EPOCH));
    cloud.service.start(Roles.parse(List.of("api", "worker")));
    eventually(
        "the abandoned one is given up",
        () -> cloud.show(ALICE, dead).get("status").stringValue().equals("queued"));
    eventually("and its file", () -> Files.notExists(left));
    assertThat(cloud.show(ALICE, alive).get("status").stringValue()).isEqualTo("saving");
    assertThat(kept).exists();
  }

  @Test
  void stagingAndImport() {
    var id = cloud.raw(ALICE, "staged");
    var staged =
        cloud.send(
            ALICE,
            "PUT",
            "/images/" + id + "/stage",
            noise(5000),
            "content-type",
            "application/octet-stream");
    assertThat(staged.status()).isEqualTo(204);
    assertThat(cloud.show(ALICE, id).get("status").stringValue()).isEqualTo("uploading");
    var imported =
        cloud.send(
            ALICE,
            "POST",
            "/images/" + id + "/import",
            Map.of("method", Map.of("name", "glance-direct")));
    assertThat(imported.status()).as(imported.body()).isEqualTo(202);
    assertThat(cloud.show(ALICE, id).get("status").stringValue()).isEqualTo("active");
    assertThat(TestImages.body(cloud.send(ALICE, "GET", "/images/" + id + "/file", null)))
        .isEqualTo(noise(5000));
    var tasks = Json.parse(cloud.send(ALICE, "GET", "/images/" + id + "/tasks", null).bytes());
    assertThat(tasks.at("/tasks/0/status").stringValue()).isEqualTo("success");
  }

  @Test
  void patches() {
    var id = cloud.raw(ALICE, "old");
    var patched =
        cloud.patch(
            ALICE,
            id,
            "[{\"op\":\"replace\",\"path\":\"/name\",\"value\":\"new\"},"
                + "{\"op\":\"add\",\"path\":\"/os_distro\",\"value\":\"debian\"},"
                + "{\"op\":\"replace\",\"path\":\"/tags\",\"value\":[\"a\",\"b\"]}]");
    assertThat(patched.status()).as(patched.body()).isEqualTo(200);
    assertThat(cloud.show(ALICE, id).get("os_distro").stringValue()).isEqualTo("debian");
    assertThat(cloud.names(ALICE, "?os_distro=debian")).containsExactly("new");
    assertThat(cloud.names(ALICE, "?tag=a&tag=b")).containsExactly("new");
    assertThat(cloud.names(ALICE, "?tag=a&tag=c")).isEmpty();
    assertThat(status(id, "remove", "os_distro", null)).isEqualTo(200);
    assertThat(status(id, "remove", "os_distro", null)).isEqualTo(409);
    assertThat(status(id, "replace", "status", "\"active\"")).isEqualTo(403);
    assertThat(status(id, "remove", "name", null)).isEqualTo(403);
    assertThat(status(id, "replace", "visibility", "\"public\"")).isEqualTo(403);
    assertThat(status(id, "replace", "owner", "\"bob\"")).isEqualTo(403);
    assertThat(status(id, "replace", "min_ram", "\"x\"")).isEqualTo(400);
    assertThat(status(id, "replace", "locations", "[]")).isEqualTo(403);
    assertThat(
            cloud
                .send(ALICE, "PATCH", "/images/" + id, Map.of(), "content-type", "text/x")
                .status())
        .isEqualTo(415);
    assertThat(cloud.show(ALICE, id).get("name").stringValue()).isEqualTo("new");
  }

  private int status(String id, String op, String path, String value) {
    return cloud
        .patch(
            ALICE,
            id,
            "[{\"op\":\""
                + op
                + "\",\"path\":\"/"
                + path
                + "\""
                + (value == null ? "" : ",\"value\":" + value)
                + "}]")
        .status();
  }

  @Test
  void whoSeesWhat() {
    var shared = cloud.raw(ALICE, "shared");
    cloud.create(ALICE, Map.of("name", "private", "visibility", "private"));
    cloud.create(ALICE, Map.of("name", "community", "visibility", "community"));
    var open = cloud.create(ADMIN, Map.of("name", "public", "visibility", "public"));
    assertThat(cloud.names(ALICE, "?sort=name:asc"))
        .containsExactly("community", "private", "public", "shared");
    assertThat(cloud.names(BOB, "")).containsExactly("public");
    assertThat(cloud.names(BOB, "?visibility=community")).containsExactly("community");
    var members = "/images/" + shared + "/members";
    assertThat(cloud.send(BOB, "GET", "/images/" + shared, null).status()).isEqualTo(404);
    assertThat(cloud.send(ALICE, "POST", members, Map.of("member", "bob")).status()).isEqualTo(200);
    assertThat(cloud.send(ALICE, "POST", members, Map.of("member", "bob")).status()).isEqualTo(409);
    assertThat(cloud.names(BOB, "")).containsExactly("public");
    assertThat(cloud.names(BOB, "?member_status=pending&visibility=shared"))
        .containsExactly("shared");
    assertThat(cloud.send(ALICE, "PUT", members + "/bob", Map.of("status", "accepted")).status())
        .isEqualTo(403);
    assertThat(cloud.send(BOB, "PUT", members + "/bob", Map.of("status", "accepted")).status())
        .isEqualTo(200);
    assertThat(cloud.names(BOB, "?sort=name:asc")).containsExactly("public", "shared");
    assertThat(cloud.send(BOB, "DELETE", "/images/" + shared, null).status()).isEqualTo(403);
    assertThat(cloud.send(ALICE, "DELETE", members + "/bob", null).status()).isEqualTo(204);
    assertThat(
            cloud.send(ALICE, "DELETE", "/images/" + open.get("id").stringValue(), null).status())
        .isEqualTo(403);
    assertThat(cloud.send("alice:reader", "POST", "/images", Map.of("name", "x")).status())
        .isEqualTo(403);
  }

  @Test
  void listsFilterAndPage() {
    for (int i = 0; i < 5; i++) {
      cloud.raw(ALICE, "n" + i);
    }
    assertThat(cloud.names(ALICE, "?name=in:n1,n3&sort=name:asc")).containsExactly("n1", "n3");
    var first = Json.parse(cloud.send(ALICE, "GET", "/images?limit=2&sort=name:asc", null).bytes());
    assertThat(first.get("first").stringValue()).startsWith("/v2/images?limit=2");
    var next = first.get("next").stringValue();
    assertThat(next).startsWith("/v2/images?");
    assertThat(cloud.names(ALICE, next.substring("/v2/images".length())))
        .containsExactly("n2", "n3");
    assertThat(cloud.send(ALICE, "GET", "/images?limit=-1", null).status()).isEqualTo(400);
    assertThat(cloud.send(ALICE, "GET", "/images?sort_key=color", null).status()).isEqualTo(400);
    assertThat(cloud.names(ALICE, "?created_at=lt:2000-01-01T00:00:00Z")).isEmpty();
    assertThat(cloud.names(ALICE, "?created_at=gt:2000-01-01T00:00:00Z")).hasSize(5);
  }

  @Test
  void deactivatedProtectedHidden() {
    var id = cloud.raw(ALICE, "one");
    cloud.upload(ALICE, id, noise(10));
    assertThat(cloud.send(ALICE, "POST", "/images/" + id + "/actions/deactivate", null).status())
        .isEqualTo(204);
    assertThat(cloud.send(ALICE, "GET", "/images/" + id + "/file", null).status()).isEqualTo(403);
    assertThat(cloud.send(ADMIN, "GET", "/images/" + id + "/file", null).status()).isEqualTo(200);
    assertThat(cloud.send(ALICE, "POST", "/images/" + id + "/actions/reactivate", null).status())
        .isEqualTo(204);
    assertThat(status(id, "replace", "protected", "true")).isEqualTo(200);
    assertThat(status(id, "replace", "os_hidden", "true")).isEqualTo(200);
    assertThat(cloud.send(ALICE, "DELETE", "/images/" + id, null).status()).isEqualTo(403);
    assertThat(cloud.names(ALICE, "")).isEmpty();
    assertThat(cloud.names(ALICE, "?os_hidden=true")).containsExactly("one");
  }

  @Test
  void quotasCountImagesAndTheirBytes() throws IOException {
    cloud.close();
    cloud =
        new TestImages(home, Config.of("image.image_count_total", 2, "image.image_size_total", 1));
    var id = cloud.raw(ALICE, "one");
    var two = cloud.raw(ALICE, "two");
    assertThat(cloud.send(ALICE, "POST", "/images", Map.of("name", "three")).status())
        .isEqualTo(413);
    assertThat(cloud.upload(ALICE, id, noise(1000)).status()).isEqualTo(204);
    assertThat(cloud.upload(ALICE, two, noise(1000)).status()).isEqualTo(413);
    assertThat(cloud.show(ALICE, two).get("status").stringValue()).isEqualTo("queued");
    assertThat(cloud.send(ALICE, "DELETE", "/images/" + id, null).status()).isEqualTo(204);
    assertThat(files()).isZero();
    assertThat(cloud.upload(ALICE, two, noise(1000)).status()).isEqualTo(204);
    var usage = Json.parse(cloud.send(ALICE, "GET", "/info/usage", null).bytes());
    assertThat(usage.at("/usage/image_size_total/usage").asLong()).isEqualTo(1);
    assertThat(usage.at("/usage/image_count_total/usage").asLong()).isEqualTo(1);
  }

  @Test
  void documents() {
    for (var path :
        new String[] {
          "/schemas/image",
          "/schemas/images",
          "/schemas/member",
          "/schemas/members",
          "/info/import",
          "/info/usage"
        }) {
      assertThat(cloud.send(ALICE, "GET", path, null).status()).as(path).isEqualTo(200);
    }
    assertThat(cloud.send(ALICE, "GET", "/info/stores", null).status()).isEqualTo(404);
    assertThat(cloud.send(ALICE, "GET", "/tasks", null).status()).isEqualTo(403);
    assertThat(cloud.send(ADMIN, "GET", "/tasks", null).status()).isEqualTo(200);
    var unknown = cloud.send(ALICE, "GET", "/images/nothing", null);
    assertThat(Json.parse(unknown.bytes()).get("code").stringValue()).isEqualTo("404 Not Found");
  }
}
