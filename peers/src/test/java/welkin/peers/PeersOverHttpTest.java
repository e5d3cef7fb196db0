package welkin.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.Ids;
import welkin.core.Secret;
import welkin.http.Answer;
import welkin.http.Door;
import welkin.http.HttpRequest;
import welkin.http.HttpServer;
import welkin.http.Metrics;
import welkin.http.Routes;
import welkin.http.Service;
import welkin.http.policy.PolicyTable;
import welkin.testkit.ManualClock;

/** Two services on a socket, and one of them away from time to time. */
class PeersOverHttpTest {
  final ManualClock clock = new ManualClock(java.time.Instant.parse("2026-01-01T00:00:00Z"));
  final Set<String> good = ConcurrentHashMap.newKeySet();
  final AtomicInteger asked = new AtomicInteger();
  final AtomicInteger logins = new AtomicInteger();
  final Door door = new Door(this::authenticate, Ids.system(), new Metrics());
  HttpServer server;
  Peers peers;

  private Caller authenticate(Secret token) {
    if (!good.contains(token.reveal())) {
      throw Fault.unauthorized("no");
    }
    return new Caller(
        "u",
        "user",
        "default",
        "p",
        "project",
        "default",
        null,
        false,
        List.of("admin"),
        token,
        clock.instant().plus(Duration.ofHours(1)));
  }

  @BeforeEach
  void open() {
    var policy = new PolicyTable(List.of()).engine();
    var image = new Routes("/v2");
    image.get("/json", call -> Answer.ok(Map.of("n", 1)));
    image.get(
        "/bytes",
        call ->
            Answer.stream(200, "application/octet-stream", 3, out -> out.write("abc".getBytes())));
    image.get(
        "/full",
        call -> {
          throw Fault.of(503, "NoNetworkAvailable", "none left");
        });
    image.get(
        "/away",
        call -> {
          throw Fault.away("its own peer restarts", 1);
        });
    image.post("/echo", call -> Answer.json(201, call.json()));
    door.mount(Service.of("image", "/image", image, PeersOverHttpTest::render, policy, null));
    var identity = new Routes("/v3/auth");
    identity.get("/tokens", this::validate);
    identity.post("/tokens", this::login).open();
    door.mount(Service.of("identity", "", identity, PeersOverHttpTest::render, policy, null));
    server = new HttpServer(door, "127.0.0.1", 0);
    server.open();
    good.add("service");
    peers = peers(() -> Secret.of("service"));
  }

  private static Answer render(Fault f, String id) {
    return Answer.json(
        f.status(), Map.of("error", Map.of("message", f.getMessage(), "type", f.code())));
  }

  private Answer validate(welkin.http.Call call) {
    asked.incrementAndGet();
    if (!good.contains(call.header("x-subject-token"))) {
      throw Fault.notFound("no such token");
    }
    return Answer.ok(
        Map.of(
            "token",
            Map.of(
                "user", Map.of("id", "u", "name", "user", "domain", Map.of("id", "default")),
                "project", Map.of("id", "p", "name", "project", "domain", Map.of("id", "default")),
                "roles", List.of(Map.of("id", "r", "name", "member")),
                "expires_at", clock.instant().plus(Duration.ofSeconds(60)).toString())));
  }

  private Answer login(welkin.http.Call call) {
    var token = "service-" + logins.incrementAndGet();
    good.add(token);
    return Answer.json(
            201,
            Map.of(
                "token",
                Map.of("expires_at", clock.instant().plus(Duration.ofHours(1)).toString())))
        .with("X-Subject-Token", token);
  }

  private Transport http() {
    return new HttpTransport(new Endpoints("http://127.0.0.1:" + server.port(), Map.of()));
  }

  private Peers peers(TokenSource tokens) {
    return new Peers(http(), new Endpoints("http://127.0.0.1:" + server.port(), Map.of()), tokens);
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void jsonGoesAndComes() {
    assertThat(peers.get("/image/v2/json").get("n").asInt()).isEqualTo(1);
    assertThat(peers.post("/image/v2/echo", Map.of("a", "b")).get("a").stringValue())
        .isEqualTo("b");
  }

  @Test
  void contentStreams() throws Exception {
    var answer =
        http()
            .send(
                HttpRequest.of(
                    "GET", "/image/v2/bytes", Map.of("x-auth-token", "service"), null, ""));
    assertThat(answer.bytes()).isNull();
    assertThat(answer.length()).isEqualTo(3);
    var out = new ByteArrayOutputStream();
    answer.stream().write(out);
    assertThat(out).hasToString("abc");
  }

  @Test
  void awayIsToldApartFromARefusal() {
    assertThatThrownBy(() -> peers.get("/image/v2/away"))
        .isInstanceOfSatisfying(Fault.class, f -> assertThat(f.isAway()).isTrue());
    assertThatThrownBy(() -> peers.get("/image/v2/full"))
        .isInstanceOfSatisfying(
            Fault.class,
            f -> {
              assertThat(f.isAway()).isFalse();
              assertThat(f.code()).isEqualTo("NoNetworkAvailable");
            });
  }

  @Test
  void aPeerThatRestartsIsMetAgain() {
    int port = server.port();
    assertThat(peers.get("/image/v2/json").get("n").asInt()).isEqualTo(1);
    server.close();
    var later = CompletableFuture.supplyAsync(() -> peers.get("/image/v2/json"));
    server = new HttpServer(door, "127.0.0.1", port);
    server.open();
    assertThat(later.join().get("n").asInt()).isEqualTo(1);
  }

  @Test
  void aPeerThatStaysAwayIsAway() {
    server.close();
    assertThatThrownBy(() -> peers.get("/image/v2/json"))
        .isInstanceOfSatisfying(Fault.class, f -> assertThat(f.isAway()).isTrue());
  }

  @Test
  void aRefusedTokenIsMadeAnewOnce() {
    var source = new ServiceLogin(http(), clock, "s", Secret.of("p"), "service");
    var own = peers(source);
    assertThat(own.get("/image/v2/json").get("n").asInt()).isEqualTo(1);
    assertThat(own.get("/image/v2/json").get("n").asInt()).isEqualTo(1);
    assertThat(logins).hasValue(1);
    good.remove("service-1");
    assertThat(own.get("/image/v2/json").get("n").asInt()).isEqualTo(1);
    assertThat(logins).hasValue(2);
    clock.advance(Duration.ofMinutes(56));
    own.get("/image/v2/json");
    assertThat(logins).hasValue(3);
  }

  @Test
  void identityIsAskedOnceForAFewSecondsAndRevocationIsSeen() {
    var remote = new RemoteAuthenticator(peers, clock);
    good.add("t");
    assertThat(remote.authenticate(Secret.of("t")).userId()).isEqualTo("u");
    assertThat(remote.authenticate(Secret.of("t")).roles()).containsExactly("member");
    assertThat(asked).hasValue(1);
    good.remove("t");
    clock.advance(Duration.ofSeconds(6));
    assertThatThrownBy(() -> remote.authenticate(Secret.of("t")))
        .isInstanceOfSatisfying(Fault.class, f -> assertThat(f.status()).isEqualTo(401));
  }

  @Test
  void identityThatIsAwayIsNoBadToken() {
    var remote = new RemoteAuthenticator(peers, clock);
    server.close();
    assertThatThrownBy(() -> remote.authenticate(Secret.of("t")))
        .isInstanceOfSatisfying(Fault.class, f -> assertThat(f.isAway()).isTrue());
  }
}
