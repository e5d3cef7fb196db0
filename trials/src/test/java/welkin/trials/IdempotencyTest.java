package welkin.trials;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.core.Json;
import welkin.http.Answer;

/** A key stands for one thing, however often, however at once, and across a crash. */
class IdempotencyTest {
  /**
   * One kind of thing.
   *
   * @param body with {@code %s} where its name goes
   * @param id where its id stands in the answer
   * @param list where all of them stand
   */
  private record Kind(String path, String body, String id, String list) {
    String named(String name) {
      return body.replace("%s", name);
    }

    String made(Answer answer) {
      assertThat(answer.status()).as(path + " " + answer.body()).isBetween(200, 202);
      var value = Json.parse(answer.bytes()).at(id);
      assertThat(value.isMissingNode()).as(answer.body()).isFalse();
      return value.asString();
    }

    long count(TestCloud.Client who, String name) {
      var text = who.get(path).at(list).toString();
      return text.split("\"name\":\"" + name + "\"", -1).length - 1L;
    }
  }

  private static final List<Kind> KINDS =
      List.of(
          new Kind(
              "/network/v2.0/networks",
              "{\"network\": {\"name\": \"%s\"}}",
              "/network/id",
              "/networks"),
          new Kind(
              "/v3/projects",
              "{\"project\": {\"name\": \"%s\", \"domain_id\": \"default\"}}",
              "/project/id",
              "/projects"),
          new Kind(
              "/image/v2/images",
              "{\"name\": \"%s\", \"disk_format\": \"raw\", \"container_format\": \"bare\"}",
              "/id",
              "/images"),
          new Kind(
              "/compute/v2.1/os-keypairs",
              "{\"keypair\": {\"name\": \"%s\", \"type\": \"ssh\", \"public_key\": \"ssh-ed25519"
                  + " AAAAC3NzaC1lZDI1NTE5AAAAIGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRk a\"}}",
              "/keypair/name",
              "/keypairs"));

  @TempDir Path home;

  private static Kind servers(TestCloud.Client admin) {
    return new Kind(
        "/compute/v2.1/servers",
        "{\"server\": {\"name\": \"%s\", \"imageRef\": \"IMAGE\", \"flavorRef\": \"FLAVOR\","
                .replace("IMAGE", Things.image(admin))
                .replace("FLAVOR", Things.flavor(admin))
            + " \"networks\": \"none\"}}",
        "/server/id",
        "/servers");
  }

  private static List<Kind> kinds(TestCloud.Client admin) {
    var all = new ArrayList<>(KINDS);
    all.add(servers(admin));
    return all;
  }

  @Test
  void theSameKeyIsTheSameThingAndAnotherBodyIsRefused() {
    try (var cloud = new TestCloud(home, 1)) {
      var admin = cloud.admin();
      for (var kind : kinds(admin)) {
        var key = "key-of-" + kind.path();
        var first = admin.send("POST", kind.path(), kind.named("once"), "idempotency-key", key);
        var second = admin.send("POST", kind.path(), kind.named("once"), "idempotency-key", key);
        assertThat(kind.made(second)).isEqualTo(kind.made(first));
        assertThat(second.status()).isEqualTo(first.status());
        assertThat(TestCloud.header(first, "Idempotency-Replayed")).isNull();
        assertThat(TestCloud.header(second, "Idempotency-Replayed")).isEqualTo("true");
        var other = admin.send("POST", kind.path(), kind.named("other"), "idempotency-key", key);
        assertThat(other.status()).as(kind.path()).isEqualTo(422);
        assertThat(kind.count(admin, "once")).as(kind.path()).isEqualTo(1);
        assertThat(kind.count(admin, "other")).as(kind.path()).isZero();
      }
    }
  }

  @Test
  void manyAtOnceMakeOne() throws Exception {
    try (var cloud = new TestCloud(home, 1);
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var admin = cloud.admin();
      for (var kind : kinds(admin)) {
        var key = "at-once-" + kind.path();
        Callable<Answer> post =
            () -> admin.send("POST", kind.path(), kind.named("rushed"), "idempotency-key", key);
        var made = new ArrayList<String>();
        for (var future : threads.invokeAll(java.util.Collections.nCopies(16, post))) {
          // one is told to ask again while another holds the key
          if (future.get().status() != 409) {
            made.add(kind.made(future.get()));
          }
        }
        assertThat(made).as(kind.path()).isNotEmpty();
        assertThat(made.stream().distinct()).as(kind.path()).hasSize(1);
        assertThat(kind.count(admin, "rushed")).as(kind.path()).isEqualTo(1);
      }
    }
  }

  @Test
  void anAnswerThatWasLostIsMadeAgainFromTheRow() {
    var made = new ArrayList<String>();
    List<Kind> kinds;
    try (var cloud = new TestCloud(home, 1)) {
      var admin = cloud.admin();
      kinds = kinds(admin);
      for (var kind : kinds) {
        made.add(
            kind.made(
                admin.send(
                    "POST",
                    kind.path(),
                    kind.named("lost"),
                    "idempotency-key",
                    "lost " + kind.path())));
      }
      // as if the process had ended after the transaction and before the answer
      for (var service : cloud.cloud().services()) {
        service
            .database()
            .change(sql -> sql.update("UPDATE idempotency SET status = NULL, answer = NULL"));
      }
    }
    try (var cloud = new TestCloud(home, 1)) {
      var admin = cloud.admin();
      for (int i = 0; i < kinds.size(); i++) {
        var kind = kinds.get(i);
        var again =
            admin.send(
                "POST", kind.path(), kind.named("lost"), "idempotency-key", "lost " + kind.path());
        assertThat(kind.made(again)).as(kind.path()).isEqualTo(made.get(i));
        assertThat(TestCloud.header(again, "Idempotency-Replayed")).isEqualTo("true");
        assertThat(kind.count(admin, "lost")).as(kind.path()).isEqualTo(1);
      }
    }
  }

  @Test
  void aLostAnswerOfWhatIsGoneSaysSo() {
    try (var cloud = new TestCloud(home, 1)) {
      var admin = cloud.admin();
      var body = "{\"network\": {\"name\": \"short-lived\"}}";
      var made = admin.send("POST", "/network/v2.0/networks", body, "idempotency-key", "gone");
      var id = Json.parse(made.bytes()).at("/network/id").asString();
      cloud
          .database("network")
          .change(sql -> sql.update("UPDATE idempotency SET status = NULL, answer = NULL"));
      assertThat(admin.send("DELETE", "/network/v2.0/networks/" + id, null).status())
          .isEqualTo(204);
      for (int i = 0; i < 2; i++) {
        var again = admin.send("POST", "/network/v2.0/networks", body, "idempotency-key", "gone");
        assertThat(again.status()).isEqualTo(409);
        assertThat(again.body()).contains("took effect").contains("what it made is gone");
      }
    }
  }
}
