package welkin.trials;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.testkit.Eventually.eventually;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import welkin.core.Json;

/** The event watch: only one's own, nothing left out, nothing twice. */
class EventsTest {
  @TempDir Path home;

  private static List<JsonNode> events(TestCloud.Client who, String since) {
    var answer = who.send("GET", "/v1/events?since=" + since, null);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    var out = new ByteArrayOutputStream();
    try {
      answer.stream().write(out);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return out.toString(StandardCharsets.UTF_8)
        .lines()
        .filter(l -> !l.isBlank())
        .map(l -> Json.parse(l))
        .toList();
  }

  private static String network(TestCloud.Client who, String name) {
    return who.post("/network/v2.0/networks", "{\"network\": {\"name\": \"" + name + "\"}}")
        .at("/network/id")
        .asString();
  }

  @Test
  void aTenantSeesItsOwnProjectOnly() {
    try (var cloud = new TestCloud(home, 1)) {
      var one = cloud.newcomer("one", "member");
      var other = cloud.newcomer("other", "member");
      var mine = network(one, "mine");
      var theirs = network(other, "theirs");
      var seen = events(one, "0");
      assertThat(seen.stream().map(e -> e.get("resource_id").asString())).contains(mine);
      assertThat(seen.toString()).doesNotContain(theirs);
      assertThat(seen.stream().map(e -> e.get("project_id").asString()).distinct()).hasSize(1);
      assertThat(events(cloud.admin(), "0").toString()).contains(mine, theirs);
      assertThat(one.send("GET", "/v1/events?since=rubbish", null).status()).isEqualTo(400);
      assertThat(cloud.new Client(null).send("GET", "/v1/events", null).status()).isEqualTo(401);
    }
  }

  @Test
  void aCursorGoesOnWithoutGapsOrRepeatsWhileManyWrite() throws Exception {
    try (var cloud = new TestCloud(home, 1)) {
      var admin = cloud.admin();
      admin.call(
          "PUT",
          "/network/v2.0/quotas/"
              + admin.get("/v3/projects?name=admin").at("/projects/0/id").asString(),
          "{\"quota\": {\"network\": -1}}");
      var writing = new AtomicBoolean(true);
      var seen = new ArrayList<JsonNode>();
      var reader =
          Thread.ofVirtual()
              .start(
                  () -> {
                    var cursor = "0";
                    boolean last;
                    do {
                      last = !writing.get();
                      var page = events(admin, cursor);
                      seen.addAll(page);
                      if (!page.isEmpty()) {
                        cursor = page.getLast().get("cursor").asString();
                      }
                    } while (!last);
                  });
      var made = new ArrayList<String>();
      try (var writers = Executors.newVirtualThreadPerTaskExecutor()) {
        var futures = new ArrayList<java.util.concurrent.Future<String>>();
        for (int w = 0; w < 50; w++) {
          for (int i = 0; i < 4; i++) {
            var name = "net-" + w + "-" + i;
            futures.add(
                writers.submit(
                    () ->
                        name.endsWith("3") ? cloud.newProject(admin, name) : network(admin, name)));
          }
        }
        for (var f : futures) {
          made.add(f.get());
        }
      }
      writing.set(false);
      reader.join();
      var keys = seen.stream().map(EventsTest::key).toList();
      assertThat(keys).doesNotHaveDuplicates();
      var whole = new TreeSet<String>();
      events(admin, "0").forEach(e -> whole.add(key(e)));
      // what happened meanwhile by itself (a host's sign of life) may come after the last page
      assertThat(whole).containsAll(keys);
      var ids = seen.stream().map(e -> e.get("resource_id").asString()).toList();
      assertThat(ids).containsAll(made);
    }
  }

  @Test
  void aCursorFromBeforeWhatIsKeptIsToldSo() {
    try (var cloud = new TestCloud(home, 1)) {
      var admin = cloud.admin();
      network(admin, "old");
      var cursor = events(admin, "0").getFirst().get("cursor").asString();
      var network =
          cloud.cloud().services().stream()
              .filter(s -> s.type().equals("network"))
              .findFirst()
              .orElseThrow();
      var identity =
          cloud.cloud().services().stream()
              .filter(s -> s.type().equals("identity"))
              .findFirst()
              .orElseThrow();
      for (var s : java.util.List.of(network, identity)) {
        s.database().change(sql -> s.events().forgetBefore(sql, java.time.Instant.MAX, 1_000_000));
      }
      assertThat(admin.send("GET", "/v1/events?since=" + cursor, null).status()).isEqualTo(410);
      var now = network(admin, "new");
      var left = events(admin, "0");
      assertThat(left.toString()).contains(now).doesNotContain("\"name\":\"old\"");
      assertThat(events(admin, left.getFirst().get("cursor").asString())).hasSize(left.size() - 1);
    }
  }

  /** Service and position: the last cursor part that moved. */
  private static String key(JsonNode e) {
    var cursor = Json.parse(java.util.Base64.getUrlDecoder().decode(e.get("cursor").asString()));
    var service = e.get("service").asString();
    return service + " " + cursor.get(service).asLong();
  }

  @Test
  void serverSentEventsComeAsTheyHappen() throws Exception {
    try (var cloud = new TestCloud(home, 1)) {
      var tenant = cloud.newcomer("tenant", "member");
      var before = network(tenant, "before");
      var answer = tenant.send("GET", "/v1/events", null, "accept", "text/event-stream");
      assertThat(TestCloud.header(answer, "Content-Type")).isEqualTo("text/event-stream");
      var heard = new Ear();
      var thread =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      answer.stream().write(heard);
                    } catch (IOException e) {
                      // the client left
                    }
                  });
      eventually("the past is told", () -> heard.text().contains(before));
      var after = network(tenant, "after");
      eventually("news are told", () -> heard.text().contains(after));
      assertThat(heard.text().lines().filter(l -> !l.isEmpty()))
          .allMatch(l -> l.startsWith("data: {") || l.startsWith(":"));
      heard.close();
      network(tenant, "unheard");
      assertThat(thread.join(java.time.Duration.ofSeconds(10))).isTrue();
      assertThat(heard.text()).doesNotContain("unheard");
    }
  }

  /** A client that hears until it leaves. */
  private static final class Ear extends OutputStream {
    private final ByteArrayOutputStream heard = new ByteArrayOutputStream();
    private boolean left;

    @Override
    public synchronized void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] b, int off, int len) throws IOException {
      if (left) {
        throw new IOException("gone");
      }
      heard.write(b, off, len);
    }

    synchronized String text() {
      return heard.toString(StandardCharsets.UTF_8);
    }

    @Override
    public synchronized void close() {
      left = true;
    }
  }
}
