package welkin.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static welkin.testkit.Eventually.eventually;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import welkin.bus.Bus;
import welkin.bus.Cast;
import welkin.bus.FanOut;
import welkin.bus.Speaker;
import welkin.bus.Within;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.RequestContext;
import welkin.core.Secret;
import welkin.core.TransactionGuard;

/** What every {@link Bus} does, in process or over a broker. */
public abstract class BusContract {
  private final List<Bus> opened = new ArrayList<>();

  /** A bus as another process would open it: what one offers, the others reach. */
  protected abstract Bus open();

  protected final Bus bus() {
    var bus = open();
    opened.add(bus);
    return bus;
  }

  @AfterEach
  final void closeAll() {
    opened.forEach(Bus::close);
  }

  /** An interface with everything that a contract may have. */
  public interface Desk {
    Parcel echo(Parcel parcel);

    List<Parcel> several(List<Parcel> parcels, Integer more);

    Map<String, Object> loose();

    void fail(Fact fact);

    String greet(@Speaker Visitor visitor);

    void crash();

    String asker();

    int number(int a, long b, boolean c);

    String hold(String what);

    @Within(seconds = 1)
    void holdBriefly();

    @Cast
    void note(String text);

    @Cast(validSeconds = 2)
    void alive(@Speaker String host, long count);

    @FanOut
    void look(String at);
  }

  /** Who comes from a host. */
  public record Visitor(String host, String name) {}

  /** A fault as values. */
  public record Fact(int status, String code, String message) {}

  /** A colour. */
  public enum Shade {
    LIGHT,
    DARK
  }

  /** Everything that a record may hold. */
  public record Parcel(
      String text,
      int number,
      Long big,
      double fraction,
      boolean flag,
      Shade shade,
      Secret secret,
      Instant at,
      List<Parcel> inner,
      Map<String, List<String>> map) {}

  /** The other side; what it heard is kept. */
  public static class Clerk implements Desk {
    public final List<String> heard = new CopyOnWriteArrayList<>();
    public final Map<String, CountDownLatch> holds = new ConcurrentHashMap<>();
    public final String name;

    public Clerk(String name) {
      this.name = name;
    }

    @Override
    public Parcel echo(Parcel parcel) {
      heard.add("echo");
      return parcel;
    }

    @Override
    public List<Parcel> several(List<Parcel> parcels, Integer more) {
      assertThat(more).isNull();
      return parcels;
    }

    @Override
    public Map<String, Object> loose() {
      return Map.of("memory", 4096, "text", "words", "list", List.of(1, 2));
    }

    @Override
    public void fail(Fact fact) {
      throw Fault.of(fact.status(), fact.code(), fact.message()).with("retry_after", 7);
    }

    @Override
    public String greet(Visitor visitor) {
      return visitor.name() + " of " + visitor.host();
    }

    @Override
    public void crash() {
      throw new IllegalStateException("a bug");
    }

    @Override
    public String asker() {
      var context = RequestContext.current();
      return name + " for " + context.requestId() + " of " + context.caller().userId();
    }

    @Override
    public int number(int a, long b, boolean c) {
      return c ? (int) (a + b) : 0;
    }

    @Override
    public String hold(String what) {
      heard.add(what);
      await(holds.computeIfAbsent(what, w -> new CountDownLatch(1)));
      return what;
    }

    @Override
    public void holdBriefly() {
      heard.add("briefly");
      await(holds.computeIfAbsent("briefly", w -> new CountDownLatch(1)));
    }

    @Override
    public void note(String text) {
      heard.add(text);
    }

    @Override
    public void alive(String host, long count) {
      await(holds.getOrDefault("alive", new CountDownLatch(0)));
      heard.add(host + " " + count);
    }

    @Override
    public void look(String at) {
      heard.add(at);
    }

    private static void await(CountDownLatch latch) {
      try {
        latch.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  protected static Parcel parcel(String text) {
    return new Parcel(
        text,
        -3,
        1L << 60,
        0.25,
        true,
        Shade.DARK,
        Secret.of("gAAAA-token"),
        Instant.parse("2026-11-21T07:00:00.123456Z"),
        List.of(new Parcel(null, 0, null, 0, false, null, null, null, List.of(), Map.of())),
        Map.of("b", List.of("1", "2"), "a", List.of()));
  }

  @Test
  void whatGoesInComesOut() {
    bus().offer(Desk.class, "node-1", new Clerk("clerk"));
    var desk = bus().client(Desk.class, "node-1");
    var parcel = parcel("Grüße, 世界 \u0000 \"quoted\"");
    assertThat(desk.echo(parcel)).isEqualTo(parcel);
    assertThat(desk.echo(null)).isNull();
    assertThat(desk.several(List.of(parcel, parcel), null)).containsExactly(parcel, parcel);
    assertThat(desk.number(40, 2, true)).isEqualTo(42);
    assertThat(desk.loose())
        .containsEntry("memory", 4096)
        .containsEntry("text", "words")
        .containsEntry("list", List.of(1, 2));
    assertThat(desk).hasToString("Desk@node-1");
  }

  @Test
  void faultsArriveAsTheyWereThrown() {
    bus().offer(Desk.class, "node-1", new Clerk("clerk"));
    var desk = bus().client(Desk.class, "node-1");
    assertThatThrownBy(() -> desk.fail(new Fact(507, "DiskFull", "The disk of node-1 is full.")))
        .isInstanceOfSatisfying(
            Fault.class,
            f -> {
              assertThat(f.status()).isEqualTo(507);
              assertThat(f.code()).isEqualTo("DiskFull");
              assertThat(f).hasMessage("The disk of node-1 is full.");
              assertThat(f.details()).containsEntry("retry_after", 7);
            });
    assertThatThrownBy(desk::crash)
        .isInstanceOfSatisfying(
            Fault.class,
            f -> {
              assertThat(f.status()).isEqualTo(500);
              assertThat(f.getMessage()).doesNotContain("a bug");
            });
  }

  @Test
  void aHostThatOffersNothingIsToldAtOnce() {
    var bus = bus();
    bus.offer(Desk.class, "node-1", new Clerk("clerk"));
    for (var host : List.of("node-2", "")) {
      var desk = bus.client(Desk.class, host);
      long begun = System.nanoTime();
      assertThatThrownBy(() -> desk.echo(null))
          .isInstanceOfSatisfying(
              Fault.class,
              f -> {
                assertThat(f.status()).isEqualTo(503);
                assertThat(f.getMessage()).contains("Desk").contains("'" + host + "'");
                assertThat(f.details()).containsKey("retry_after");
              });
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(4));
    }
  }

  @Test
  void aClosedOfferIsGone() {
    var offers = bus();
    var offer = offers.offer(Desk.class, "node-1", new Clerk("clerk"));
    var desk = bus().client(Desk.class, "node-1");
    assertThat(desk.number(1, 2, true)).isEqualTo(3);
    offer.close();
    assertThatThrownBy(() -> desk.number(1, 2, true)).hasMessageContaining("No Desk answers");
  }

  @Test
  void theRequestContextCrosses() {
    bus().offer(Desk.class, "node-1", new Clerk("clerk"));
    var desk = bus().client(Desk.class, "node-1");
    var caller =
        new Caller(
            "user-1",
            "ann",
            "default",
            "p",
            "project",
            "default",
            null,
            false,
            List.of("member"),
            Secret.of("token"),
            Instant.EPOCH);
    assertThat(new RequestContext("req-1", null, caller, null).call(desk::asker))
        .isEqualTo("clerk for req-1 of user-1");
    assertThat(desk.asker()).isEqualTo("clerk for - of null");
  }

  @Test
  void nobodyWaitsForACast() {
    var clerk = new Clerk("clerk");
    clerk.holds.put("alive", new CountDownLatch(1));
    bus().offer(Desk.class, "", clerk);
    var desk = bus().client(Desk.class, "");
    desk.alive("node-1", 1);
    desk.note("one");
    eventually("the note arrived", () -> clerk.heard.contains("one"));
    assertThat(clerk.heard).containsExactly("one");
    clerk.holds.get("alive").countDown();
    eventually("the sign of life arrived", () -> clerk.heard.contains("node-1 1"));
  }

  @Test
  void eachCallToAServiceReachesOneOfThoseWhoOfferIt() {
    var one = new Clerk("one");
    var two = new Clerk("two");
    bus().offer(Desk.class, "", one);
    bus().offer(Desk.class, "", two);
    var desk = bus().client(Desk.class, "");
    for (int i = 0; i < 40; i++) {
      desk.echo(parcel("x"));
    }
    assertThat(one.heard).isNotEmpty();
    assertThat(two.heard).isNotEmpty();
    assertThat(one.heard.size() + two.heard.size()).isEqualTo(40);
  }

  @Test
  void aHintReachesEveryoneWhoOffers() {
    var one = new Clerk("one");
    var two = new Clerk("two");
    var bus = bus();
    bus.offer(Desk.class, "", one);
    bus().offer(Desk.class, "", two);
    bus.client(Desk.class, "").look("workflows");
    eventually("both heard", () -> one.heard.size() == 1 && two.heard.size() == 1);
  }

  @Test
  void aHintThatNobodyWaitsForIsNoError() {
    bus().client(Desk.class, "").look("nothing");
  }

  @Test
  void aMegabyteIsAMessageToo() {
    bus().offer(Desk.class, "node-1", new Clerk("clerk"));
    var big = parcel("x".repeat(1 << 20));
    assertThat(bus().client(Desk.class, "node-1").echo(big)).isEqualTo(big);
  }

  @Test
  void manyCallAtOnce() throws Exception {
    bus().offer(Desk.class, "node-1", new Clerk("clerk"));
    bus().offer(Desk.class, "", new Clerk("clerk"));
    var caller = bus();
    var host = caller.client(Desk.class, "node-1");
    var service = caller.client(Desk.class, "");
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var all = new ArrayList<Future<?>>();
      for (int t = 0; t < 32; t++) {
        int mine = t;
        all.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 50; i++) {
                    var desk = i % 2 == 0 ? host : service;
                    assertThat(desk.number(mine, i, true)).isEqualTo(mine + i);
                  }
                }));
      }
      for (var f : all) {
        f.get();
      }
    }
  }

  @Test
  void whoIsJustStartingIsWaitedFor() {
    var bus = bus();
    var other = bus();
    assertThat(bus.awaitHost(Desk.class, "node-1", Duration.ofMillis(100))).isFalse();
    Thread.startVirtualThread(() -> other.offer(Desk.class, "node-1", new Clerk("clerk")));
    assertThat(bus.awaitHost(Desk.class, "node-1", Duration.ofSeconds(20))).isTrue();
    other.offer(Desk.class, "", new Clerk("clerk"));
    assertThat(bus.awaitHost(Desk.class, "", Duration.ofSeconds(20))).isTrue();
    assertThat(bus.client(Desk.class, "node-1").number(1, 1, true)).isEqualTo(2);
    assertThat(bus.trouble()).isNull();
  }

  @Test
  void aPatientCallFindsWhoIsJustStartingAndDoesNotWaitForever() {
    var bus = bus();
    var other = bus();
    var patient = bus.client(Desk.class, "node-3", Duration.ofSeconds(20));
    Thread.startVirtualThread(() -> other.offer(Desk.class, "node-3", new Clerk("clerk")));
    assertThat(patient.number(1, 2, true)).isEqualTo(3);
    assertThatThrownBy(
            () -> bus.client(Desk.class, "node-4", Duration.ofMillis(200)).number(1, 2, true))
        .isInstanceOfSatisfying(Fault.class, f -> assertThat(f.status()).isEqualTo(503))
        .hasMessageContaining("node-4");
  }

  @Test
  void nothingIsSentInsideAWriteTransaction() {
    var bus = bus();
    bus.offer(Desk.class, "node-1", new Clerk("clerk"));
    TransactionGuard.enter();
    try {
      assertThatThrownBy(() -> bus.client(Desk.class, "node-1").note("early"))
          .isInstanceOf(IllegalStateException.class);
    } finally {
      TransactionGuard.leave();
    }
  }
}
