package welkin.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.core.RequestContext;
import welkin.core.RequestContext.IdempotencyClaim;
import welkin.core.RequestContext.KeptAnswer;
import welkin.store.Database;
import welkin.store.DatabaseUrl;
import welkin.store.Databases;
import welkin.store.DuplicateKey;
import welkin.store.EventRetention;
import welkin.store.Events;
import welkin.store.Idempotency;
import welkin.store.ListQuery;
import welkin.store.Quotas;
import welkin.store.Sql;
import welkin.store.StoreException;

/** What every service relies on, whatever the engine. */
public abstract class DatabaseContract {
  protected static final List<String> THINGS = List.of("/welkin/testkit/V001__things.sql");
  protected static final List<String> COLOURED =
      List.of("/welkin/testkit/V001__things.sql", "/welkin/testkit/V002__colour.sql");

  @TempDir protected Path home;
  protected DatabaseUrl url;
  protected Database db;

  /** An empty place for data. */
  protected abstract DatabaseUrl url();

  @BeforeEach
  void open() {
    url = url();
    db = open(THINGS);
  }

  @AfterEach
  void close() {
    if (db != null) {
      db.close();
    }
  }

  /** One more process that works on the same data. */
  protected Database open(List<String> migrations) {
    return new Databases(url, home, Database.Durability.OFF, InstantSource.system())
        .open("things", migrations);
  }

  protected static void inThreads(int threads, int each, ThrowingIntConsumer work)
      throws InterruptedException {
    var all = new ArrayList<Thread>();
    var failures = java.util.Collections.synchronizedList(new ArrayList<Throwable>());
    for (int t = 0; t < threads; t++) {
      int n = t;
      all.add(
          Thread.startVirtualThread(
              () -> {
                for (int i = 0; i < each; i++) {
                  try {
                    work.accept(n * each + i);
                  } catch (Throwable e) {
                    failures.add(e);
                  }
                }
              }));
    }
    for (var t : all) {
      t.join();
    }
    assertThat(failures).isEmpty();
  }

  /** Work of a numbered thread. */
  @FunctionalInterface
  public interface ThrowingIntConsumer {
    void accept(int n) throws Exception;
  }

  protected void put(String name, Object... more) {
    var pairs = new ArrayList<Object>(List.of("name", name, "flag", true));
    pairs.addAll(java.util.Arrays.asList(more));
    db.change(sql -> sql.insert("thing", pairs.toArray()));
  }

  protected List<String> names() {
    return db.read(
        sql -> sql.list("SELECT name FROM thing WHERE id > 1 ORDER BY name", r -> r.text("name")));
  }

  @Test
  void whatIsWrittenIsReadAsItWas() {
    var at = Instant.now().truncatedTo(ChronoUnit.MICROS);
    var bytes = "bytes \0 and more".getBytes(StandardCharsets.UTF_8);
    put(
        "Zoë \uD83D\uDE00 'quoted' \"twice\" \\ back",
        "weight",
        0.1,
        "document",
        Map.of("a", List.of(1, 2)),
        "bytes",
        bytes,
        "at",
        at);
    put("empty", "note", null, "weight", null, "document", null, "bytes", null, "at", null);
    var seen =
        db.read(
            sql ->
                sql.list(
                    "SELECT * FROM thing WHERE id > ? ORDER BY id",
                    r ->
                        java.util.Arrays.asList(
                            r.text("name"),
                            r.flag("flag"),
                            r.decimal("weight"),
                            r.json("document"),
                            r.time("at"),
                            r.numberOrNull("at")),
                    1));
    assertThat(seen.getFirst())
        .containsExactly(
            "Zoë \uD83D\uDE00 'quoted' \"twice\" \\ back",
            true,
            0.1,
            Json.parse("{\"a\": [1, 2]}".getBytes(StandardCharsets.UTF_8)),
            at,
            ChronoUnit.MICROS.between(Instant.EPOCH, at));
    assertThat(seen.getLast()).containsExactly("empty", true, 0.0, null, null, null);
  }

  @Test
  void aTextWithNulIsRefused() {
    assertThatThrownBy(() -> put("a\0b")).isInstanceOf(Fault.class).hasMessageContaining("NUL");
    assertThat(names()).isEmpty();
  }

  @Test
  void halfACharacterIsRefused() {
    for (var half : List.of("\ud83d", "a\ude00", "\ude00\ud83d", "\ud83d\ud83d\ude00")) {
      assertThatThrownBy(() -> put(half))
          .isInstanceOf(Fault.class)
          .hasMessageContaining("surrogate");
    }
    assertThat(names()).isEmpty();
  }

  /** No engine folds case, width, accents or compositions, nor drops what is not seen. */
  @Test
  void textsThatLookAlikeAreDistinct() {
    var alike =
        List.of(
            "caf\u00e9",
            "cafe\u0301",
            "cafe",
            "CAF\u00c9",
            "caf\u00e9 ",
            " caf\u00e9",
            "caf\u00e9\t",
            "caf\u00e9\u200b",
            "caf\u00e9\ufeff",
            "\u202ecaf\u00e9",
            "ca\u00adf\u00e9",
            "\uff43af\u00e9",
            "\ud83d\ude00",
            "\ud83d\ude01",
            "\ud83d\udc69\u200d\ud83d\ude80",
            "\ud83d\udc69",
            "stra\u00dfe",
            "strasse",
            "\u0131",
            "i",
            "I",
            "\u0130",
            "\u212a",
            "k",
            "K",
            "\ufb01",
            "fi",
            "\ud83d\ude00".repeat(200));
    alike.forEach(this::put);
    assertThat(names()).containsExactlyInAnyOrderElementsOf(alike);
    for (var one : alike) {
      assertThat(db.<Long>read(sql -> sql.number("SELECT COUNT(*) FROM thing WHERE name = ?", one)))
          .as(one)
          .isEqualTo(1);
      assertThatThrownBy(() -> put(one)).isInstanceOf(DuplicateKey.class);
    }
  }

  @Test
  void textsCompareAndSortByCodePoints() {
    for (var name : List.of("b", "B", "a", "a ", "Á", "_", "á", "aa", "Z")) {
      put(name);
    }
    assertThat(names()).containsExactly("B", "Z", "_", "a", "a ", "aa", "b", "Á", "á");
    assertThat(db.<Long>read(sql -> sql.number("SELECT COUNT(*) FROM thing WHERE name = ?", "A")))
        .isZero();
    assertThat(
            db.<Long>read(
                sql ->
                    sql.number(
                        "SELECT COUNT(*) FROM thing WHERE name >= ? AND name < ?", "a", "b")))
        .isEqualTo(3);
  }

  @Test
  void aTransactionThatThrowsLeavesNothing() {
    assertThatThrownBy(
            () ->
                db.change(
                    sql -> {
                      sql.insert("thing", "name", "half", "flag", false);
                      throw Fault.conflict("no");
                    }))
        .isInstanceOf(Fault.class);
    assertThat(names()).isEmpty();
  }

  @Test
  void aStatementThatFailsFailsItsTransactionEvenWhenSomebodyLooksAway() {
    put("there");
    assertThatThrownBy(
            () ->
                db.change(
                    sql -> {
                      sql.insert("thing", "name", "before", "flag", true);
                      try {
                        sql.insert("thing", "name", "there", "flag", true);
                      } catch (DuplicateKey e) {
                        // on PostgreSQL nothing would work from here on
                      }
                    }))
        .isInstanceOf(DuplicateKey.class);
    assertThat(names()).containsExactly("there");
    put("after");
    assertThat(names()).containsExactly("after", "there");
  }

  @Test
  void insertIfAbsentTellsWhetherItDid() {
    put("there", "note", "mine");
    int[] did = new int[2];
    db.change(
        sql -> {
          did[0] = sql.insertIfAbsent("thing", "name", "there", "note", "other", "flag", 1);
          did[1] = sql.insertIfAbsent("thing", "name", "new", "note", "other", "flag", 1);
        });
    assertThat(did).containsExactly(0, 1);
    Optional<String> note =
        db.read(
            sql -> sql.one("SELECT note FROM thing WHERE name = ?", r -> r.text("note"), "there"));
    assertThat(note).contains("mine");
  }

  @Test
  void whatIsSentIsDoneInOrderAndSeenByWhatComesNext() {
    put("there", "note", "mine");
    var note = new ArrayList<>(List.of("as it was"));
    db.change(
        sql -> {
          sql.sendInsert("thing", "name", "a", "flag", 1, "note", note);
          note.clear();
          sql.send("UPDATE thing SET flag = 0 WHERE name = ?", "a");
          sql.sendIfAbsent("thing", "name", "there", "flag", 1, "note", "other");
          assertThat(
                  sql.one(
                      "SELECT flag, note FROM thing WHERE name = ?",
                      r -> r.flag("flag") + r.text("note"),
                      "a"))
              .contains("false[\"as it was\"]");
          sql.send("DELETE FROM thing WHERE name = ?", "a");
          assertThat(
                  sql.updateAll(
                      List.of(
                          new Sql.Change("UPDATE thing SET flag = 1 WHERE name = ?", "there"),
                          new Sql.Change("UPDATE thing SET flag = 1 WHERE name = ?", "a"),
                          new Sql.Change("UPDATE thing SET flag = 0 WHERE note = ?", "mine"))))
              .containsExactly(1, 0, 1);
          for (int i = 0; i < 40; i++) {
            sql.sendInsert("thing", "name", "n" + i, "flag", 1);
          }
          sql.send("DELETE FROM thing WHERE name LIKE ?", "n%");
          sql.sendInsert("thing", "name", "last", "flag", 1);
        });
    assertThat(names()).containsExactly("last", "there");
  }

  @Test
  void whatIsAskedTogetherSeesWhatWasSentBefore() {
    put("a");
    put("b");
    db.change(
        sql -> {
          sql.sendInsert("thing", "name", "c", "flag", 1, "note", "new");
          var names = sql.ask("SELECT name FROM thing ORDER BY name", r -> r.text("name"));
          sql.send("DELETE FROM thing WHERE name = ?", "b");
          var none = sql.ask("SELECT name FROM thing WHERE name = ?", r -> r.text("name"), "b");
          // another shape under the same names
          var c =
              sql.ask(
                  "SELECT flag AS name, note FROM thing WHERE name = ?",
                  r -> r.number("name") + r.text("note"),
                  "c");
          assertThat(c.one()).contains("1new");
          assertThat(names.list()).containsExactly("a", "b", "c", "first");
          assertThat(none.one()).isEmpty();
          var last = sql.ask("SELECT name FROM thing WHERE name = ?", r -> r.text("name"), "a");
          assertThat(sql.update("DELETE FROM thing WHERE name = ?", "a")).isOne();
          assertThat(last.list()).containsExactly("a");
          sql.ask("SELECT name FROM thing", r -> r.text("name")); // nobody looks
        });
    for (int i = 0; i < 3; i++) { // the columns are known the second time
      List<String> both =
          db.read(
              sql -> {
                var flag =
                    sql.ask("SELECT flag FROM thing WHERE name = 'c'", r -> "" + r.number("flag"));
                var name = sql.ask("SELECT name FROM thing WHERE name = 'c'", r -> r.text("name"));
                return List.of(name.list().getFirst(), flag.list().getFirst());
              });
      assertThat(both).containsExactly("c", "1");
    }
  }

  @Test
  void whatIsAskedAndFailsFailsItsTransaction() {
    put("a");
    assertThatThrownBy(
            () ->
                db.change(
                    sql -> {
                      sql.sendInsert("thing", "name", "b", "flag", 1);
                      var wrong = sql.ask("SELECT nothing FROM thing", r -> r.text("nothing"));
                      sql.number("SELECT COUNT(*) FROM thing");
                      wrong.list();
                    }))
        .isInstanceOf(StoreException.class);
    assertThat(names()).containsExactly("a");
  }

  @Test
  void whatIsSentAndFailsFailsItsOwnTransactionAndNoOther() throws Exception {
    put("there");
    var refused = new AtomicInteger();
    var threads = new ArrayList<Thread>();
    for (int t = 0; t < 8; t++) {
      var name = "t" + t;
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (int i = 0; i < 20; i++) {
                      var key = name + "-" + i;
                      int kind = i % 4;
                      try {
                        db.change(
                            sql -> {
                              sql.sendInsert("thing", "name", key, "flag", 1);
                              if (kind == 1) {
                                sql.sendInsert("thing", "name", "there", "flag", 1);
                              } else if (kind == 2) {
                                throw Fault.conflict("no");
                              } else if (kind == 3) {
                                sql.number("SELECT COUNT(*) FROM thing");
                                sql.sendInsert("thing", "name", "there", "flag", 1);
                              }
                            });
                      } catch (DuplicateKey | Fault e) {
                        refused.incrementAndGet();
                      }
                    }
                  }));
    }
    for (var t : threads) {
      t.join();
    }
    assertThat(refused).hasValue(8 * 15);
    assertThat(names()).hasSize(1 + 8 * 5).allMatch(n -> n.equals("there") || kept(n));
  }

  private static boolean kept(String name) {
    return Integer.parseInt(name.substring(name.indexOf('-') + 1)) % 4 == 0;
  }

  @Test
  void updatesCountTheRowsTheyMatch() {
    put("a", "note", "x");
    int same = db.tx(sql -> sql.update("UPDATE thing SET note = ? WHERE name = ?", "x", "a"));
    assertThat(same).isEqualTo(1);
  }

  @Test
  void aBatchIsAllOrNothing() {
    db.change(
        sql ->
            sql.batch(
                "INSERT INTO thing (name, flag, note) VALUES (?, ?, ?)",
                List.of(new Object[] {"a", 1, null}, new Object[] {"b", 0, "x"})));
    assertThat(names()).containsExactly("a", "b");
    assertThatThrownBy(
            () ->
                db.change(
                    sql ->
                        sql.batch(
                            "INSERT INTO thing (name, flag, note) VALUES (?, ?, ?)",
                            List.of(new Object[] {"c", 1, null}, new Object[] {"a", 0, "x"}))))
        .isInstanceOf(DuplicateKey.class);
    assertThat(names()).containsExactly("a", "b");
  }

  @Test
  void childrenGoWithTheirParent() {
    put("parent");
    db.change(sql -> sql.insert("part", "thing", "parent", "position", 1));
    assertThatThrownBy(() -> db.change(sql -> sql.insert("part", "thing", "nobody", "position", 1)))
        .isInstanceOf(StoreException.class);
    db.change(sql -> sql.update("DELETE FROM thing WHERE name = ?", "parent"));
    assertThat(db.<Long>read(sql -> sql.number("SELECT COUNT(*) FROM part"))).isZero();
  }

  @Test
  void aValueMayBeComparedWithNothing() {
    put("a", "note", "x");
    var all = "SELECT COUNT(*) FROM thing WHERE id > 1 AND (? IS NULL OR note = ?)";
    assertThat(db.<Long>read(sql -> sql.number(all, null, null))).isEqualTo(1);
    assertThat(db.<Long>read(sql -> sql.number(all, "y", "y"))).isZero();
  }

  @Test
  void readersDoNotWrite() {
    assertThatThrownBy(
            () -> db.read(sql -> sql.update("UPDATE thing SET note = 'no' WHERE id = 1")))
        .isInstanceOf(StoreException.class);
  }

  @Test
  void aReaderSeesWhatWasAcknowledgedAndNothingElse() {
    db.change(
        sql -> {
          sql.insert("thing", "name", "open", "flag", true);
          assertThat(names()).isEmpty();
        });
    assertThat(names()).containsExactly("open");
  }

  @Test
  void theClockIsTheDatabases() {
    Instant before = Instant.now().minusSeconds(1);
    Instant written = db.tx(sql -> sql.now());
    Instant read = db.read(sql -> sql.now());
    assertThat(written).isBetween(before, Instant.now().plusSeconds(1));
    assertThat(read).isBetween(written, Instant.now().plusSeconds(1));
  }

  @Test
  void manyWritersShareCommitsAndLoseNothing() throws Exception {
    var quotas = new Quotas(Map.of("servers", -1L), 403);
    var hints = new AtomicInteger();
    inThreads(
        40,
        5,
        n -> {
          try {
            db.change(
                sql -> {
                  quotas.take(sql, "p", "servers", 1);
                  sql.afterCommit(hints::incrementAndGet);
                  if (n % 10 == 0) {
                    throw Fault.conflict("every tenth");
                  }
                });
          } catch (Fault f) {
            // its count must not stay
          }
        });
    Map<String, Long> usage = db.read(sql -> quotas.usage(sql, "p"));
    assertThat(usage).containsEntry("servers", 180L);
    assertThat(hints).hasValue(180);
  }

  @Test
  void equalHintsOfATransactionAreOne() {
    var hints = new AtomicInteger();
    record Hint(String host, AtomicInteger count) implements Runnable {
      @Override
      public void run() {
        count.incrementAndGet();
      }
    }
    for (int i = 0; i < 2; i++) {
      db.change(
          sql -> {
            sql.afterCommit(new Hint("a", hints));
            sql.afterCommit(new Hint("b", hints));
            sql.afterCommit(new Hint("a", hints));
          });
    }
    assertThat(hints).hasValue(4);
  }

  /** Gathers notes and writes them as one. */
  private static final class Notes implements Database.Action {
    final List<String> texts = new ArrayList<>();

    static void add(Sql sql, String text) {
      sql.atEnd(Notes.class, Notes::new).texts.add(text);
    }

    @Override
    public void run(Sql sql) {
      sql.sendInsert(
          "thing", "name", texts.getFirst(), "note", String.join(" ", texts), "flag", true);
    }
  }

  @Test
  void whatATransactionGathersIsWrittenOnceAtItsEnd() {
    for (var name : List.of("a", "b")) {
      db.change(
          sql -> {
            Notes.add(sql, name);
            Notes.add(sql, name);
            assertThat(sql.exists("SELECT 1 FROM thing WHERE name = ?", name)).isFalse();
          });
      assertThatThrownBy(
              () ->
                  db.change(
                      sql -> {
                        Notes.add(sql, "given up");
                        throw new IllegalStateException("given up");
                      }))
          .hasMessage("given up");
    }
    List<String> notes =
        db.read(
            sql ->
                sql.list("SELECT note FROM thing WHERE id > 1 ORDER BY id", r -> r.text("note")));
    assertThat(notes).containsExactly("a a", "b b");
  }

  @Test
  void anInsertionMaySetAColumnOfTheRowThatIsThere() {
    for (int i = 1; i <= 2; i++) {
      var note = "note " + i;
      db.change(
          sql ->
              sql.send(
                  "INSERT INTO thing (name, note, flag) VALUES (?, ?, 1), ('other', ?, 1)"
                      + sql.dialect().orSet("name", "note"),
                  "one",
                  note,
                  note));
      List<String> notes =
          db.read(
              sql ->
                  sql.list(
                      "SELECT note FROM thing WHERE name IN ('one', 'other')",
                      r -> r.text("note")));
      assertThat(notes).containsExactly(note, note);
    }
  }

  @Test
  void oneThatFailsAmongManyFailsAlone() throws Exception {
    put("taken");
    var refused = new AtomicInteger();
    inThreads(
        30,
        4,
        n -> {
          try {
            put(n % 3 == 0 ? "taken" : "n" + n);
          } catch (DuplicateKey e) {
            refused.incrementAndGet();
          }
        });
    assertThat(refused).hasValue(40);
    assertThat(names()).hasSize(81);
  }

  @Test
  void quotasAreNeverExceeded() throws Exception {
    var quotas = new Quotas(Map.of("servers", 25L), 403);
    var over = new AtomicInteger();
    inThreads(
        50,
        1,
        n -> {
          try {
            db.change(sql -> quotas.take(sql, "p", "servers", 1));
          } catch (Fault f) {
            over.incrementAndGet();
          }
        });
    assertThat(over).hasValue(25);
    Map<String, Long> usage = db.read(sql -> quotas.usage(sql, "p"));
    assertThat(usage).containsEntry("servers", 25L);
  }

  @Test
  void severalQuotasAreCountedTogetherOrNotAtAll() {
    var quotas = new Quotas(Map.of("servers", 3L, "cores", 8L, "ram", -1L), 403);
    var one = new LinkedHashMap<>(Map.of("servers", 1L));
    one.put("cores", 4L);
    one.put("ram", 512L);
    db.change(sql -> quotas.take(sql, "p", "servers", 1));
    db.change(sql -> quotas.take(sql, "p", one));
    db.change(sql -> quotas.take(sql, "p", one));
    assertThatThrownBy(() -> db.change(sql -> quotas.take(sql, "p", one)))
        .hasMessageContaining("servers: Requested 1, but already used 3 of 3");
    db.change(sql -> quotas.setLimit(sql, "p", "servers", -1));
    assertThatThrownBy(() -> db.change(sql -> quotas.take(sql, "p", one)))
        .hasMessageContaining("cores: Requested 4, but already used 8 of 8");
    Map<String, Long> full = db.read(sql -> quotas.usage(sql, "p"));
    assertThat(full).isEqualTo(Map.of("servers", 3L, "cores", 8L, "ram", 1024L));
    db.change(sql -> quotas.setLimit(sql, Quotas.EVERYONE, "cores", 12));
    db.change(sql -> quotas.take(sql, "p", one));
    db.change(
        sql -> {
          quotas.give(sql, "p", one);
          quotas.give(sql, "p", one);
        });
    Map<String, Long> left = db.read(sql -> quotas.usage(sql, "p"));
    assertThat(left).isEqualTo(Map.of("servers", 2L, "cores", 4L, "ram", 512L));
  }

  @Test
  void aProjectsOwnLimitGoesBeforeEveryonesAndThatBeforeTheDefault() {
    var quotas = new Quotas(Map.of("servers", 1L), 403);
    db.change(sql -> quotas.take(sql, "p", "servers", 1));
    assertThatThrownBy(() -> db.change(sql -> quotas.take(sql, "p", "servers", 1)))
        .hasMessageContaining("already used 1 of 1");
    db.change(sql -> quotas.setLimit(sql, Quotas.EVERYONE, "servers", 3));
    db.change(sql -> quotas.take(sql, "p", "servers", 2));
    assertThatThrownBy(() -> db.change(sql -> quotas.take(sql, "p", "servers", 1)))
        .hasMessageContaining("already used 3 of 3");
    db.change(sql -> quotas.setLimit(sql, "p", "servers", -1));
    db.change(sql -> quotas.take(sql, "p", "servers", 100));
    db.change(sql -> quotas.setLimit(sql, "p", "servers", 0));
    db.change(sql -> quotas.take(sql, "p", "servers", -3));
    assertThatThrownBy(() -> db.change(sql -> quotas.take(sql, "p", "servers", 1)))
        .hasMessageContaining("already used 100 of 0");
    db.change(sql -> quotas.give(sql, "p", "servers", 100));
    Map<String, Long> usage = db.read(sql -> quotas.usage(sql, "p"));
    assertThat(usage).containsEntry("servers", 0L);
  }

  @Test
  void listsPageByKeysetWithoutGapsOrRepeats() {
    var events = new Events(InstantSource.system());
    db.change(
        sql -> {
          for (int i = 0; i < 25; i++) {
            events.append(sql, "t." + (i % 3), "p", "r" + i, Map.of("n", i));
          }
        });
    var seen = new ArrayList<String>();
    String marker = null;
    do {
      var m = marker;
      var page =
          db.read(
              sql ->
                  ListQuery.of("SELECT * FROM event", "event", "resource_id")
                      .where("project_id = ?", "p")
                      .sort(
                          List.of(
                              new ListQuery.Sort("type", false), new ListQuery.Sort("at", true)),
                          Map.of("type", "type", "at", "at"))
                      .after(sql, m)
                      .limit(7)
                      .list(sql, r -> r.text("resource_id")));
      seen.addAll(page);
      marker = page.size() < 7 ? null : page.getLast();
    } while (marker != null);
    assertThat(seen).hasSize(25).doesNotHaveDuplicates();
  }

  @Test
  void oldEventsAreForgottenUpToAFloor() {
    var at = new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));
    var events = new Events(at::get);
    for (int day = 0; day < 10; day++) {
      db.change(sql -> events.append(sql, "made", "p", "r", Map.of()));
      at.updateAndGet(t -> t.plus(Duration.ofDays(1)));
    }
    long last = db.read(events::last);
    assertThat(db.<Long>read(events::floor)).isZero();
    assertThat(new EventRetention(db, events, at::get, Duration.ZERO).pass()).isZero();
    assertThat(new EventRetention(db, events, at::get, Duration.ofDays(3)).pass()).isEqualTo(7);
    assertThat(db.<Long>read(events::floor)).isEqualTo(last - 3);
    assertThat(db.<Integer>read(sql -> events.since(sql, 0, null, 100).size())).isEqualTo(3);
    assertThat(new EventRetention(db, events, at::get, Duration.ofSeconds(1)).pass()).isEqualTo(3);
    assertThat(db.<Long>read(events::last)).as("goes on where it was").isEqualTo(last);
    db.change(sql -> events.append(sql, "made", "p", "r", Map.of()));
    assertThat(db.<Integer>read(sql -> events.since(sql, last, null, 100).size())).isEqualTo(1);
  }

  @Test
  void anIdempotencyKeyIsKeptWithWhatItMade() {
    var idempotency = new Idempotency();
    var events = new Events(InstantSource.system());
    var claim = new IdempotencyClaim("key", "print", "req-1");
    new RequestContext("req-1", null, Caller.ANONYMOUS, claim)
        .run(() -> db.change(sql -> events.append(sql, "made", "p", "r1", Map.of())));
    var kept = db.read(sql -> idempotency.find(sql, "key")).orElseThrow();
    assertThat(kept.resourceId()).isEqualTo("r1");
    assertThat(kept.status()).isNull();
    assertThat(kept.underWay()).isTrue();
    db.change(sql -> idempotency.answered(sql, claim, new KeptAnswer(201, "{}")));
    kept = db.read(sql -> idempotency.find(sql, "key")).orElseThrow();
    assertThat(kept.status()).isEqualTo(201);
    assertThat(kept.answer()).isEqualTo("{}");
  }

  @Test
  void anAnswerThatIsKnownInTheTransactionIsKeptThere() {
    var idempotency = new Idempotency();
    var events = new Events(InstantSource.system());
    var claim = new IdempotencyClaim("key", "print", "req-1");
    var context = new RequestContext("req-1", null, Caller.ANONYMOUS, claim);
    Database.Work<Void> work =
        sql -> {
          events.append(sql, "made", "p", "r1", Map.of());
          claim.answer().set(new KeptAnswer(201, "{}"));
          return null;
        };
    assertThatThrownBy(
            () ->
                context.run(
                    () ->
                        db.tx(
                            sql -> {
                              work.run(sql);
                              throw new IllegalStateException("refused");
                            })))
        .hasMessage("refused");
    assertThat(claim.kept()).isFalse();
    context.run(() -> db.tx(work));
    assertThat(claim.kept()).isTrue();
    var kept = db.read(sql -> idempotency.find(sql, "key")).orElseThrow();
    assertThat(kept.status()).isEqualTo(201);
    assertThat(kept.answer()).isEqualTo("{}");
    assertThat(kept.holder()).isEqualTo("req-1");
    db.change(sql -> assertThat(idempotency.forgetBefore(sql, sql.now().plusSeconds(60))).isOne());
  }

  @Test
  void migrationsRunOnceAndGoOn() {
    put("kept");
    db.close();
    db = open(COLOURED);
    assertThat(
            db.<String>read(
                sql ->
                    sql.one(
                            "SELECT colour FROM thing WHERE name = ?",
                            r -> r.text("colour"),
                            "kept")
                        .orElse(null)))
        .isEqualTo("grey");
    db.close();
    db = open(COLOURED);
    assertThat(names()).containsExactly("kept");
  }

  @Test
  void aTransactionInsideATransactionIsRefused() {
    assertThatThrownBy(() -> db.change(sql -> db.change(inner -> inner.number("SELECT 1"))))
        .isInstanceOf(IllegalStateException.class);
  }
}
