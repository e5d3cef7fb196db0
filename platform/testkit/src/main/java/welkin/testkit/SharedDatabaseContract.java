package welkin.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.RequestContext;
import welkin.core.RequestContext.IdempotencyClaim;
import welkin.store.Database;
import welkin.store.DatabaseUnavailable;
import welkin.store.DatabaseUrl;
import welkin.store.Databases;
import welkin.store.Events;
import welkin.store.Idempotency;
import welkin.store.KeyTaken;
import welkin.store.Quotas;
import welkin.store.StoreException;

/** What several processes on one database server rely on besides, on good days and on bad ones. */
@Tag("engine")
public abstract class SharedDatabaseContract extends DatabaseContract {
  /** A second process. */
  private Database other;

  protected abstract TestServer server();

  @Override
  protected DatabaseUrl url() {
    server().assumeInstalled();
    return server().fresh();
  }

  @BeforeEach
  void openOther() {
    other = open(THINGS);
  }

  @AfterEach
  void closeOther() {
    if (other != null) {
      other.close();
    }
  }

  private Database either(int n) {
    return n % 2 == 0 ? db : other;
  }

  @Test
  void twoProcessesLoseNoUpdate() throws Exception {
    put("counter", "at", null);
    db.change(sql -> sql.update("UPDATE thing SET at = 0 WHERE name = 'counter'"));
    inThreads(
        20,
        10,
        n ->
            either(n / 10)
                .change(
                    sql -> {
                      // read, think, write: only turns make this safe
                      long v = sql.number("SELECT at FROM thing WHERE name = 'counter'");
                      sql.update("UPDATE thing SET at = ? WHERE name = 'counter'", v + 1);
                    }));
    assertThat(db.<Long>read(sql -> sql.number("SELECT at FROM thing WHERE name = 'counter'")))
        .isEqualTo(200);
  }

  @Test
  void aReaderOfTheEventLogSkipsNothing() throws Exception {
    var events = new Events(InstantSource.system());
    var writing = new AtomicBoolean(true);
    var seen = new ArrayList<String>();
    var reader =
        Thread.startVirtualThread(
            () -> {
              long cursor = 0;
              boolean more = true;
              while (more) {
                more = writing.get();
                long from = cursor;
                for (var e : other.read(sql -> events.since(sql, from, null, 1000))) {
                  seen.add(e.resourceId());
                  cursor = e.seq();
                }
              }
            });
    inThreads(
        20,
        20,
        n ->
            either(n / 20)
                .change(
                    sql -> {
                      events.append(sql, "t", "p", "a" + n, Map.of());
                      if (n % 7 == 0) {
                        events.append(sql, "t", "p", "b" + n, Map.of());
                      }
                    }));
    writing.set(false);
    reader.join();
    assertThat(seen).hasSize(400 + 58).doesNotHaveDuplicates();
  }

  @Test
  void quotasHoldAcrossProcesses() throws Exception {
    var quotas = new Quotas(Map.of("servers", 25L), 403);
    var over = new AtomicInteger();
    inThreads(
        60,
        1,
        n -> {
          try {
            either(n).change(sql -> quotas.take(sql, "p", "servers", 1));
          } catch (Fault f) {
            over.incrementAndGet();
          }
        });
    assertThat(over).hasValue(35);
  }

  @Test
  void anIdempotencyKeyIsClaimedOnce() throws Exception {
    var events = new Events(InstantSource.system());
    var late = new AtomicInteger();
    inThreads(
        20,
        1,
        n -> {
          var claim = new IdempotencyClaim("key", "print", "req-" + n);
          try {
            new RequestContext("req-" + n, null, Caller.ANONYMOUS, claim)
                .run(
                    () ->
                        either(n)
                            .change(sql -> events.append(sql, "made", "p", "r" + n, Map.of())));
          } catch (KeyTaken e) {
            late.incrementAndGet();
          }
        });
    assertThat(late).hasValue(19);
    var made = db.read(sql -> events.since(sql, 0, null, 100));
    assertThat(made).hasSize(1);
    assertThat(db.read(sql -> new Idempotency().find(sql, "key")).orElseThrow().resourceId())
        .isEqualTo(made.getFirst().resourceId());
  }

  @Test
  void migrationsOfTwoProcessesAtOnceRunOnce() throws Exception {
    inThreads(4, 1, n -> open(COLOURED).close());
    assertThat(db.<Long>read(sql -> sql.number("SELECT COUNT(*) FROM thing WHERE colour = 'grey'")))
        .isEqualTo(1);
  }

  @Test
  void anEmptyServerIsMadeReadyByManyAtOnce() throws Exception {
    url = server().fresh();
    inThreads(4, 1, n -> open(COLOURED).close());
  }

  @Test
  void leasesAreComparedByOneClock() {
    Instant mine = db.tx(sql -> sql.now());
    Instant theirs = other.tx(sql -> sql.now());
    Instant again = db.tx(sql -> sql.now());
    assertThat(theirs).isBetween(mine, again);
  }

  @Test
  void aConnectionThatDiedWhileNobodyUsedItIsReplacedUnseen() throws Exception {
    put("before");
    server().killConnections(url.base());
    put("after");
    assertThat(eventually(this::names)).containsExactly("after", "before");
  }

  @Test
  void aConnectionThatDiesInATransactionTakesAllOfItAndTheNextOneWorks() throws Exception {
    assertThatThrownBy(
            () ->
                db.change(
                    sql -> {
                      sql.insert("thing", "name", "lost", "flag", true);
                      kill();
                      sql.insert("thing", "name", "lost too", "flag", true);
                    }))
        .isInstanceOf(DatabaseUnavailable.class);
    put("next");
    assertThat(eventually(this::names)).containsExactly("next");
  }

  @Test
  void aConnectionThatDiesBeforeTheCommitIsNoSuccess() throws Exception {
    assertThatThrownBy(
            () ->
                db.change(
                    sql -> {
                      sql.insert("thing", "name", "lost", "flag", true);
                      kill();
                    }))
        .isInstanceOf(DatabaseUnavailable.class);
    assertThat(eventually(this::names)).isEmpty();
  }

  @Test
  void theTurnOfAProcessThatStoppedIsGivenToTheNext() throws Exception {
    var holds = new CountDownLatch(1);
    var mayEnd = new CountDownLatch(1);
    var stopped = new Throwable[1];
    var frozen =
        Thread.startVirtualThread(
            () ->
                stopped[0] =
                    catchThrowable(
                        () ->
                            db.change(
                                sql -> {
                                  sql.insert("thing", "name", "frozen", "flag", true);
                                  holds.countDown();
                                  await(mayEnd);
                                  sql.insert("thing", "name", "thawed", "flag", true);
                                })));
    holds.await();
    long begin = System.nanoTime();
    other.change(sql -> sql.insert("thing", "name", "next", "flag", true));
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(14));
    mayEnd.countDown();
    frozen.join();
    assertThat(stopped[0]).isInstanceOf(DatabaseUnavailable.class);
    assertThat(eventually(this::names)).containsExactly("next");
  }

  @Test
  void killedWhileManyWriteNothingAcknowledgedIsLostAndNothingElseIsThere() throws Exception {
    var acknowledged = java.util.Collections.synchronizedList(new ArrayList<String>());
    var unknown = java.util.Collections.synchronizedList(new ArrayList<String>());
    var done = new AtomicBoolean();
    var killer =
        Thread.startVirtualThread(
            () -> {
              while (!done.get()) {
                kill();
                pause(50);
              }
            });
    inThreads(
        16,
        25,
        n -> {
          var name = "n" + n;
          try {
            either(n).change(sql -> sql.insert("thing", "name", name, "flag", true));
            acknowledged.add(name);
          } catch (DatabaseUnavailable e) {
            unknown.add(name);
          }
        });
    done.set(true);
    killer.join();
    var there = eventually(this::names);
    assertThat(there).containsAll(acknowledged).doesNotHaveDuplicates();
    var either = new ArrayList<>(acknowledged);
    either.addAll(unknown);
    assertThat(either).containsAll(there).hasSize(400);
  }

  @Test
  void afterARestartOfTheServerEverythingWorksWithinSeconds() throws Exception {
    put("before");
    assertThat(names()).containsExactly("before");
    server().kill();
    assertThatThrownBy(() -> put("away")).isInstanceOf(DatabaseUnavailable.class);
    assertThatThrownBy(this::names).isInstanceOf(DatabaseUnavailable.class);
    server().start();
    long begin = System.nanoTime();
    eventually(
        () -> {
          put("after");
          return true;
        });
    assertThat(eventually(this::names)).contains("after");
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(10));
  }

  /** However long it was away: nobody waits for the end of a pause between two attempts. */
  @Test
  void whoReadsNoticesAtOnceThatTheServerIsBack() throws Exception {
    assertThat(names()).isEmpty();
    server().kill();
    long until = System.nanoTime() + Duration.ofSeconds(11).toNanos();
    while (System.nanoTime() < until) {
      assertThatThrownBy(this::names).isInstanceOf(DatabaseUnavailable.class);
    }
    server().start();
    long begin = System.nanoTime();
    eventually(this::names);
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(2));
  }

  private void kill() {
    try {
      server().killConnections(url.base());
    } catch (java.sql.SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void pause(long millis) {
    LockSupport.parkNanos(millis * 1_000_000);
  }

  private static <T> T eventually(java.util.function.Supplier<T> work) {
    long end = System.nanoTime() + Duration.ofSeconds(15).toNanos();
    while (true) {
      try {
        return work.get();
      } catch (DatabaseUnavailable e) {
        if (System.nanoTime() > end) {
          throw e;
        }
        pause(20);
      }
    }
  }

  private boolean opens(String host, String options) {
    var to =
        DatabaseUrl.parse(
            "%s://%s@%s:%d/%s?connect_timeout=2&%s"
                .formatted(
                    url.engine().name().toLowerCase(java.util.Locale.ROOT),
                    url.user(),
                    host,
                    url.port(),
                    url.base(),
                    options));
    try (var secure =
        new Databases(to, null, Database.Durability.FULL, InstantSource.system())
            .open("tls", List.of())) {
      return secure.<Long>read(sql -> sql.number("SELECT 1")) == 1;
    } catch (StoreException e) {
      return false;
    }
  }

  @Test
  void whoAsksForTlsSpeaksToNobodyElse() {
    var ca = server().certificate().certificate();
    assertThat(opens("127.0.0.1", "tls=require")).isTrue();
    assertThat(opens("127.0.0.1", "tls=verify&ca=" + ca)).isTrue();
    assertThat(opens("127.0.0.1", "tls=verify")).as("nobody vouches for it").isFalse();
    assertThat(opens("localhost", "tls=verify&ca=" + ca)).as("not for that name").isFalse();
  }
}
