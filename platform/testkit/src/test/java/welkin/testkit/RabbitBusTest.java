package welkin.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static welkin.testkit.Eventually.eventually;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import welkin.bus.Bus;
import welkin.bus.Buses;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.Ids;
import welkin.core.RequestContext;

@Tag("real")
class RabbitBusTest extends BusContract {
  private static RabbitServer server;

  @BeforeAll
  static void start() {
    server = RabbitServer.start();
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Override
  protected Bus open() {
    return open(server.url());
  }

  private static Bus open(String url) {
    var bus = Buses.open(url, InstantSource.system(), Ids.system());
    eventually("connected", () -> bus.trouble() == null);
    return bus;
  }

  private static <T> CompletableFuture<T> async(java.util.concurrent.Callable<T> work) {
    var result = new CompletableFuture<T>();
    Thread.startVirtualThread(
        () -> {
          try {
            result.complete(work.call());
          } catch (Throwable t) {
            result.completeExceptionally(t);
          }
        });
    return result;
  }

  private static Fault fault(CompletableFuture<?> call, Duration within) throws Exception {
    try {
      throw new AssertionError("answered " + call.get(within.toMillis(), TimeUnit.MILLISECONDS));
    } catch (ExecutionException e) {
      assertThat(e.getCause()).isInstanceOf(Fault.class);
      return (Fault) e.getCause();
    }
  }

  @Test
  void aCallThatTakesTooLongIsGivenUp() {
    var clerk = new Clerk("clerk");
    bus().offer(Desk.class, "node-1", clerk);
    assertThatThrownBy(() -> bus().client(Desk.class, "node-1").holdBriefly())
        .isInstanceOfSatisfying(
            Fault.class,
            f -> {
              assertThat(f.status()).isEqualTo(504);
              assertThat(f).hasMessageContaining("Desk.holdBriefly on host 'node-1'");
            });
    clerk.holds.get("briefly").countDown();
  }

  @Test
  void aLongCallLivesAsLongAsItsHostWorksOnIt() throws Exception {
    var clerk = new Clerk("clerk");
    bus().offer(Desk.class, "node-1", clerk);
    var desk = bus().client(Desk.class, "node-1");
    var call = async(() -> desk.hold("long"));
    // longer than a silent host would be waited for
    assertThatThrownBy(() -> call.get(15, TimeUnit.SECONDS))
        .isInstanceOf(java.util.concurrent.TimeoutException.class);
    clerk.holds.get("long").countDown();
    assertThat(call.get(5, TimeUnit.SECONDS)).isEqualTo("long");
  }

  @Test
  void aCallFailsWithinSecondsWhenItsHostDies() throws Exception {
    var clerk = new Clerk("clerk");
    var host = open();
    host.offer(Desk.class, "node-1", clerk);
    var desk = bus().client(Desk.class, "node-1");
    var call = async(() -> desk.hold("dying"));
    eventually("it works", () -> clerk.heard.contains("dying"));
    host.close();
    assertThat(fault(call, Duration.ofSeconds(8)).status()).isEqualTo(503);
  }

  @Test
  void aCallFailsWithinSecondsWhenItsAgentIsStartedAgain() throws Exception {
    var clerk = new Clerk("clerk");
    var host = open();
    host.offer(Desk.class, "node-1", clerk);
    var desk = bus().client(Desk.class, "node-1");
    var call = async(() -> desk.hold("dying"));
    eventually("it works", () -> clerk.heard.contains("dying"));
    host.close();
    bus().offer(Desk.class, "node-1", new Clerk("again"));
    var fault = fault(call, Duration.ofSeconds(8));
    assertThat(fault.isAway()).isTrue();
    assertThat(desk.asker()).startsWith("again");
  }

  @Test
  void aCallToAServiceIsTakenOverWhenItsWorkerDies() throws Exception {
    var dying = new Clerk("dying");
    var worker = open();
    worker.offer(Desk.class, "", dying);
    var desk = bus().client(Desk.class, "");
    var call = async(() -> desk.hold("work"));
    eventually("it works", () -> dying.heard.contains("work"));
    var other = new Clerk("other");
    other.holds.put("work", new CountDownLatch(0));
    bus().offer(Desk.class, "", other);
    worker.close();
    assertThat(call.get(10, TimeUnit.SECONDS)).isEqualTo("work");
    assertThat(other.heard).containsExactly("work");
  }

  @Test
  void whatNobodyTookInTimeIsNotDoneLate() throws Exception {
    var clerk = new Clerk("clerk");
    bus().offer(Desk.class, "node-1", clerk);
    var desk = bus().client(Desk.class, "node-1");
    var busy = new ArrayList<CompletableFuture<String>>();
    for (int i = 0; i < 64; i++) {
      busy.add(async(() -> desk.hold("busy")));
    }
    eventually("it has its hands full", () -> clerk.heard.size() == 64);
    var fault = fault(async(() -> desk.hold("late")), Duration.ofSeconds(16));
    assertThat(fault.status()).isEqualTo(504);
    clerk.holds.get("busy").countDown();
    for (var b : busy) {
      b.get(5, TimeUnit.SECONDS);
    }
    assertThat(desk.number(1, 2, true)).isEqualTo(3);
    assertThat(clerk.heard).doesNotContain("late");
  }

  @Test
  void aSlowWorkerReadsFreshSignsOfLife() {
    var clerk = new Clerk("clerk");
    var slow = new CountDownLatch(1);
    clerk.holds.put("alive", slow);
    bus().offer(Desk.class, "", clerk);
    var desk = bus().client(Desk.class, "");
    for (int i = 0; i < 6_000; i++) {
      desk.alive("old", i);
    }
    // two seconds later they say nothing any more
    var expired = System.nanoTime() + Duration.ofMillis(2_500).toNanos();
    eventually("they expire", () -> System.nanoTime() > expired);
    desk.alive("new", 1);
    slow.countDown();
    eventually("the new one is read", () -> clerk.heard.contains("new 1"));
    // those that it held already, and none that waited
    assertThat(clerk.heard.size()).isLessThanOrEqualTo(17);
  }

  @Test
  void ofOneHostTheNewestConnectionCounts() {
    var old = bus();
    old.offer(Desk.class, "node-1", new Clerk("old"));
    var until = System.nanoTime() + Duration.ofMillis(1_100).toNanos();
    eventually("another second", () -> System.nanoTime() > until);
    bus().offer(Desk.class, "node-1", new Clerk("new"));
    var desk = bus().client(Desk.class, "node-1");
    for (int i = 0; i < 5; i++) {
      assertThat(desk.asker()).startsWith("new");
    }
  }

  @Test
  void aBrokerThatComesBackEmptyIsFilledAgain() throws Exception {
    var clerk = new Clerk("clerk");
    var host = bus();
    host.offer(Desk.class, "node-1", clerk);
    var worker = bus();
    worker.offer(Desk.class, "", clerk);
    var caller = bus();
    var desk = caller.client(Desk.class, "node-1");
    var call = async(() -> desk.hold("under way"));
    eventually("it works", () -> clerk.heard.contains("under way"));

    server.kill();
    assertThat(fault(call, Duration.ofSeconds(5)).isAway()).isTrue();
    eventually("it is noticed", () -> caller.trouble() != null);
    assertThatThrownBy(() -> desk.number(1, 1, true))
        .isInstanceOfSatisfying(Fault.class, f -> assertThat(f.isAway()).isTrue());
    caller.client(Desk.class, "").look("a hint meanwhile");
    var late = bus0();
    late.offer(Desk.class, "node-2", new Clerk("late"));

    server.startEmpty();
    assertThat(caller.awaitHost(Desk.class, "node-1", Duration.ofSeconds(10))).isTrue();
    assertThat(desk.number(1, 2, true)).isEqualTo(3);
    assertThat(caller.awaitHost(Desk.class, "", Duration.ofSeconds(10))).isTrue();
    assertThat(caller.client(Desk.class, "").number(1, 2, true)).isEqualTo(3);
    assertThat(caller.awaitHost(Desk.class, "node-2", Duration.ofSeconds(10))).isTrue();
    clerk.holds.get("under way").countDown();
  }

  /** One that is opened while nobody answers. */
  private Bus bus0() {
    return Buses.open(server.url(), InstantSource.system(), Ids.system());
  }

  @Test
  void aThousandHostsComeBackTogether() throws Exception {
    var names = new ArrayList<String>();
    var buses = List.of(open(), open(), open());
    try {
      long begun = System.nanoTime();
      for (int i = 0; i < 1_000; i++) {
        var name = "sim-%04d".formatted(i);
        names.add(name);
        var bus = buses.get(i % buses.size());
        bus.offer(Desk.class, name, new Clerk(name));
        bus.offer(Second.class, name, () -> name);
      }
      var caller = bus();
      allAnswer(caller, names);
      System.out.println("2,000 offers: " + (System.nanoTime() - begun) / 1_000_000 + " ms");
      server.kill();
      server.startEmpty();
      long back = System.nanoTime();
      for (var name : names) {
        assertThat(caller.awaitHost(Desk.class, name, Duration.ofSeconds(10))).isTrue();
        assertThat(caller.awaitHost(Second.class, name, Duration.ofSeconds(10))).isTrue();
      }
      allAnswer(caller, names);
      var took = Duration.ofNanos(System.nanoTime() - back);
      System.out.println("1,000 hosts answer again after " + took.toMillis() + " ms");
      assertThat(took).isLessThan(Duration.ofSeconds(10));
    } finally {
      buses.forEach(Bus::close);
    }
  }

  @Test
  void anAgentReachesServicesAndItsOwnHostOnly() throws Exception {
    var clerk = new Clerk("service");
    var service = bus();
    service.offer(Desk.class, "", clerk);
    var other = new Clerk("other");
    service.offer(Desk.class, "node-2", other);
    service.offer(Desk.class, "node-1.example.org", other);
    var url = server.admin().hostCredential(server.url(), "node-1").reveal();
    assertThat(url).startsWith("amqp://agent-node-1:").contains("@127.0.0.1:" + server.port());

    // what it is for
    var agent = open(url);
    try {
      agent.offer(Desk.class, "node-1", new Clerk("agent"));
      assertThat(service.client(Desk.class, "node-1").asker()).startsWith("agent");
      var desk = agent.client(Desk.class, "");
      assertThat(desk.echo(parcel("x"))).isEqualTo(parcel("x"));
      desk.alive("node-1", 1);
      eventually("its sign of life is heard", () -> clerk.heard.contains("node-1 1"));
      assertThat(agent.awaitHost(Desk.class, "", Duration.ofSeconds(5))).isTrue();
      // who asks is for services to say
      var admin =
          new Caller(
              "admin", null, null, null, null, null, null, true, List.of("admin"), null, null);
      assertThat(new RequestContext("req-9", null, admin, null).call(desk::asker))
          .isEqualTo("service for req-9 of null");

      // it speaks for its own host only
      assertThat(desk.greet(new Visitor("node-1", "Ann"))).isEqualTo("Ann of node-1");
      assertThatThrownBy(() -> desk.greet(new Visitor("node-2", "Ann")))
          .isInstanceOfSatisfying(Fault.class, f -> assertThat(f.status()).isEqualTo(403));
      desk.alive("node-2", 7);
      desk.alive("node-1", 2);
      eventually("the next is heard", () -> clerk.heard.contains("node-1 2"));
      assertThat(clerk.heard).doesNotContain("node-2 7");
      assertThat(service.client(Desk.class, "").greet(new Visitor("node-2", "Bob")))
          .isEqualTo("Bob of node-2");

      // what the bus refuses by itself
      assertThatThrownBy(() -> agent.offer(Desk.class, "node-2", new Clerk("thief")))
          .hasMessageContaining("may not offer");
      assertThatThrownBy(() -> agent.offer(Desk.class, "", new Clerk("thief")))
          .hasMessageContaining("may not offer");
      assertThatThrownBy(() -> agent.client(Desk.class, "node-2").asker())
          .isInstanceOfSatisfying(Fault.class, f -> assertThat(f.status()).isEqualTo(403));
      assertThatThrownBy(() -> desk.look("everyone")).hasMessageContaining("services only");
    } finally {
      agent.close();
    }

    // what the broker refuses whoever does not ask the bus
    var factory = new ConnectionFactory();
    factory.setUri(url);
    try (var connection = factory.newConnection()) {
      refused(connection, c -> c.basicConsume("agent.node-2.Desk", (t, m) -> {}, t -> {}));
      refused(
          connection, c -> c.basicConsume("agent.node-1.example.org.Desk", (t, m) -> {}, t -> {}));
      refused(connection, c -> c.basicConsume("service.Desk", (t, m) -> {}, t -> {}));
      refused(connection, c -> c.queueDeclare("service.Other", false, false, true, null));
      refused(connection, c -> c.queueDeclare("agent.node-2.Other", false, false, true, null));
      refused(connection, c -> c.queueDeclare("replies.123", false, false, true, null));
      refused(connection, c -> c.queueDelete("agent.node-2.Desk"));
      refused(connection, c -> c.queuePurge("service.Desk"));
      refused(connection, c -> c.exchangeDelete("welkin.services"));
      refused(connection, c -> c.exchangeDeclare("mine", "fanout"));
      var request = new AMQP.BasicProperties.Builder().type("cast").build();
      refused(connection, c -> publish(c, "", "agent.node-2.Desk", request));
      refused(connection, c -> publish(c, "welkin.hints", "hints.Desk", request));
      refused(
          connection,
          c -> {
            c.queueDeclare("agent.node-1.Own", false, false, true, null);
            c.queueBind("agent.node-1.Own", "welkin.services", "service.Desk");
          });
      refused(
          connection,
          c -> {
            c.queueDeclare("reply.node-1.1", false, false, true, null);
            c.queueBind("reply.node-1.1", "welkin.replies", "replies.1");
          });
      // nor are services' hints for it to give, by whichever queue
      publishAs(connection, "look", "[\"here\"]");
      publishAs(connection, "note", "[\"a note\"]");
      eventually("the note is heard", () -> clerk.heard.contains("a note"));
      assertThat(clerk.heard).doesNotContain("here");

      // nor does it pass as somebody else
      var another = new AMQP.BasicProperties.Builder().type("cast").userId("welkin").build();
      var channel = connection.createChannel();
      var closed = new CompletableFuture<ShutdownSignalException>();
      channel.addShutdownListener(closed::complete);
      channel.basicPublish("welkin.services", "service.Desk", another, new byte[0]);
      assertThat(closed.get(10, TimeUnit.SECONDS)).hasMessageContaining("user_id");
    }
    assertThat(other.heard).isEmpty();

    // a new password replaces the old one
    assertThat(server.admin().hostCredential(server.url(), "node-1").reveal()).isNotEqualTo(url);
    assertThatThrownBy(factory::newConnection).isInstanceOf(AuthenticationFailureException.class);
    server.admin().revokeHost("node-1");
    assertThat(server.admin().users()).containsExactly("welkin");
  }

  @Test
  void anAnswerGoesToWhoAskedAndNobodyElse() throws Exception {
    var service = bus();
    service.offer(Desk.class, "", new Clerk("service"));
    var victim = new Clerk("victim");
    service.offer(Desk.class, "node-2", victim);
    var factory = new ConnectionFactory();
    factory.setUri(server.admin().hostCredential(server.url(), "node-1").reveal());
    try (var connection = factory.newConnection()) {
      var channel = connection.createChannel();
      for (var replyTo : List.of("agent.node-2.Desk", "reply.node-2.1", "service.Desk")) {
        channel.basicPublish(
            "welkin.services",
            "service.Desk",
            new AMQP.BasicProperties.Builder()
                .type("call")
                .correlationId(replyTo)
                .replyTo(replyTo)
                .userId("agent-node-1")
                .headers(Map.of("method", "note"))
                .build(),
            "[\"x\"]".getBytes(StandardCharsets.UTF_8));
      }
      assertThat(service.client(Desk.class, "").number(1, 2, true)).isEqualTo(3);
      assertThat(service.client(Desk.class, "node-2").number(1, 2, true)).isEqualTo(3);
    }
    assertThat(victim.heard).isEmpty();
    server.admin().revokeHost("node-1");
  }

  /** Something done on a channel. */
  private interface Attempt {
    void on(Channel channel) throws IOException;
  }

  private static void publish(Channel c, String exchange, String key, AMQP.BasicProperties p)
      throws IOException {
    c.basicPublish(exchange, key, p, new byte[0]);
  }

  private static void publishAs(Connection connection, String method, String body)
      throws IOException {
    connection
        .createChannel()
        .basicPublish(
            "welkin.services",
            "service.Desk",
            new AMQP.BasicProperties.Builder()
                .type("cast")
                .userId("agent-node-1")
                .headers(Map.of("method", method))
                .build(),
            body.getBytes(StandardCharsets.UTF_8));
  }

  private static void refused(Connection connection, Attempt attempt) throws Exception {
    var channel = connection.createChannel();
    var closed = new CompletableFuture<ShutdownSignalException>();
    channel.addShutdownListener(closed::complete);
    try {
      attempt.on(channel);
    } catch (IOException e) {
      // the channel says why
    }
    assertThat(closed.get(10, TimeUnit.SECONDS)).hasMessageContaining("ACCESS_REFUSED");
  }

  /** A second interface of a host. */
  public interface Second {
    String name();
  }

  private static void allAnswer(Bus caller, List<String> names) {
    for (var name : names) {
      assertThat(caller.client(Desk.class, name).asker()).startsWith(name);
      assertThat(caller.client(Second.class, name).name()).isEqualTo(name);
    }
  }

  @Test
  void overTlsOnlyWithWhomItBelieves() {
    var ca = "?ca=" + server.certificate().certificate();
    open(server.secureUrl() + ca).close();
    for (var stranger :
        List.of(server.secureUrl(), server.secureUrl().replace("127.0.0.1", "localhost") + ca)) {
      var bus = Buses.open(stranger, InstantSource.system(), Ids.system());
      eventually(
          "told", () -> String.valueOf(bus.trouble()).matches("(?i)(?s).*(certif|name|trust).*"));
      bus.close();
    }
    assertThatThrownBy(
            () -> Buses.open(server.url() + ca, InstantSource.system(), Ids.system()).close())
        .hasMessageContaining("after amqps://");
  }
}
