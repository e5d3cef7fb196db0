package welkin.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.Builder;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HttpServerTest {
  final AtomicReference<String> trouble = new AtomicReference<>();
  final CountDownLatch inside = new CountDownLatch(1);
  final CountDownLatch leave = new CountDownLatch(1);
  final Health health = new Health(List.of(trouble::get), List.of());
  final HttpClient client = HttpClient.newHttpClient();
  HttpServer server;

  @BeforeEach
  void listen() {
    var routes = new Routes("/v1");
    routes.get("/base", c -> Answer.ok(Map.of("base", c.base()))).open();
    routes.get("/long", this::lasting).open();
    var door = TestDoor.to(routes);
    door.mount(health.service());
    server = new HttpServer(door, "127.0.0.1", 0);
  }

  private Answer lasting(Call call) {
    inside.countDown();
    try {
      return Answer.ok(Map.of("left", leave.await(10, TimeUnit.SECONDS)));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @AfterEach
  void close() {
    leave.countDown();
    server.close();
  }

  private HttpResponse<String> get(String path, String... headers) throws Exception {
    return client.send(request(path, headers).build(), BodyHandlers.ofString());
  }

  private Builder request(String path, String... headers) {
    var b =
        java.net.http.HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + server.port() + path));
    return headers.length == 0 ? b : b.headers(headers);
  }

  @Test
  void beforeItOpensItSaysWhatItWaitsFor() throws Exception {
    server.waits("Waiting for the database.");
    var probe = get("/healthcheck");
    assertThat(probe.statusCode()).isEqualTo(503);
    assertThat(probe.body()).isEqualTo("Waiting for the database.");
    var answer = get("/thing/v1/base");
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.headers().firstValue("Retry-After")).contains("1");
    assertThat(answer.body()).contains("Waiting for the database.");
    server.open();
    assertThat(get("/thing/v1/base").statusCode()).isEqualTo(200);
  }

  @Test
  void healthTellsTheReason() throws Exception {
    server.open();
    assertThat(get("/healthcheck").body()).isEqualTo("OK");
    health.drain();
    assertThat(get("/healthcheck").statusCode()).isEqualTo(503);
    trouble.set("no connection");
    assertThat(new Health(List.of(trouble::get), List.of()).trouble()).isEqualTo("no connection");
    var worried = new Health(List.of(), List.of(trouble::get));
    assertThat(worried.trouble()).isNull();
    assertThat(worried.worry()).isEqualTo("no connection");
  }

  @Test
  void linksAreWhatTheClientTyped() throws Exception {
    server.open();
    var own = "http://127.0.0.1:" + server.port() + "/thing";
    assertThat(get("/thing/v1/base").body()).contains(own);
    var far =
        get(
            "/thing/v1/base",
            "X-Forwarded-Proto",
            "https",
            "X-Forwarded-Host",
            "cloud.example, inner.example");
    assertThat(far.body()).contains("\"https://cloud.example/thing\"");
    assertThat(get("/thing/v1/base", "X-Forwarded-Host", "a b/<").body()).contains(own);
    server.open("https://told.example:5000");
    assertThat(get("/thing/v1/base").body()).contains("\"https://told.example:5000/thing\"");
  }

  @Test
  void closingLetsRequestsUnderWayEnd() throws Exception {
    server.open();
    var answer = client.sendAsync(request("/thing/v1/long").build(), BodyHandlers.ofString());
    assertThat(inside.await(10, TimeUnit.SECONDS)).isTrue();
    server.drain();
    assertThat(get("/thing/v1/base").headers().firstValue("connection")).contains("close");
    server.finishWithin(Duration.ofSeconds(10));
    var closed = CompletableFuture.runAsync(server::close);
    leave.countDown();
    assertThat(answer.get(10, TimeUnit.SECONDS).body()).contains("true");
    closed.get(10, TimeUnit.SECONDS);
  }
}
