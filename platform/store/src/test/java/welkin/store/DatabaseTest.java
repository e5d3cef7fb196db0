package welkin.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.core.Fault;

class DatabaseTest {
  @TempDir Path dir;
  Database db;

  @BeforeEach
  void open() {
    db = Database.sqlite(dir.resolve("t.db"), Database.Durability.OFF, List.of());
  }

  @AfterEach
  void close() {
    db.close();
  }

  @Test
  void aTransactionThatThrowsLeavesNothing() {
    var quotas = new Quotas(Map.of("servers", 2L), 403);
    assertThatThrownBy(
            () ->
                db.change(
                    sql -> {
                      quotas.take(sql, "p", "servers", 2);
                      quotas.take(sql, "p", "servers", 1);
                    }))
        .isInstanceOf(Fault.class)
        .hasMessageContaining("already used 2 of 2");
    Map<String, Long> usage = db.read(sql -> quotas.usage(sql, "p"));
    assertThat(usage).containsEntry("servers", 0L);
  }

  @Test
  void aFullDiskRefusesAndIsForgottenWhenThereIsRoom() {
    db.change(sql -> sql.update("CREATE TABLE note (text TEXT)"));
    Database.Action write =
        sql -> sql.update("INSERT INTO note (text) VALUES (?)", "x".repeat(100_000));
    db.change(write);
    long pages = db.read(sql -> sql.number("PRAGMA page_count"));
    db.tx(sql -> sql.number("PRAGMA max_page_count = " + pages));
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> db.change(write))
          .isInstanceOfSatisfying(
              DatabaseUnavailable.class,
              e -> {
                assertThat(e.fault().status()).isEqualTo(503);
                assertThat(e.fault()).hasMessageContaining("disk of the database is full");
              });
    }
    assertThat(db.<Long>read(sql -> sql.number("SELECT COUNT(*) FROM note"))).isEqualTo(1);

    db.tx(sql -> sql.number("PRAGMA max_page_count = 1000000"));
    db.change(write);

    assertThat(db.<Long>read(sql -> sql.number("SELECT COUNT(*) FROM note"))).isEqualTo(2);
  }

  @Test
  void manyWritersShareCommitsAndLoseNothing() throws Exception {
    var quotas = new Quotas(Map.of("servers", -1L), 403);
    var threads = new ArrayList<Thread>();
    for (int i = 0; i < 200; i++) {
      int n = i;
      threads.add(
          Thread.startVirtualThread(
              () -> {
                try {
                  db.change(
                      sql -> {
                        quotas.take(sql, "p", "servers", 1);
                        if (n % 10 == 0) {
                          throw Fault.conflict("every tenth");
                        }
                      });
                } catch (Fault f) {
                  // its count must not stay
                }
              }));
    }
    for (var t : threads) {
      t.join();
    }
    Map<String, Long> usage = db.read(sql -> quotas.usage(sql, "p"));
    assertThat(usage).containsEntry("servers", 180L);
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
                      .sort(List.of(new ListQuery.Sort("type", false)), Map.of("type", "type"))
                      .after(sql, m)
                      .limit(7)
                      .list(sql, r -> r.text("resource_id")));
      seen.addAll(page);
      marker = page.size() < 7 ? null : page.getLast();
    } while (marker != null);
    assertThat(seen).hasSize(25).doesNotHaveDuplicates();
  }

  @Test
  void duplicateKeysAreTold() {
    db.change(
        sql -> sql.insert("quota_limit", "project_id", "p", "resource", "r", "hard_limit", 1L));
    assertThatThrownBy(
            () ->
                db.change(
                    sql ->
                        sql.insert(
                            "quota_limit", "project_id", "p", "resource", "r", "hard_limit", 1L)))
        .isInstanceOf(DuplicateKey.class);
  }

  @Test
  void aTransactionInsideATransactionIsRefused() {
    assertThatThrownBy(() -> db.change(sql -> db.change(inner -> inner.number("SELECT 1"))))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aClosedDatabaseRefusesReadsInsteadOfWaiting(@TempDir Path folder) {
    var closed = Database.sqlite(folder.resolve("x.db"), Database.Durability.OFF, List.of());
    closed.close();
    assertThatThrownBy(() -> closed.read(sql -> sql.number("SELECT 1")))
        .isInstanceOf(DatabaseUnavailable.class);
  }
}
