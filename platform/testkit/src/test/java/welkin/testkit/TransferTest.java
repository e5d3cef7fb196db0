package welkin.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import welkin.store.Database;
import welkin.store.DatabaseUrl;
import welkin.store.Databases;
import welkin.store.Events;
import welkin.store.StoreException;
import welkin.store.Transfer;

@Tag("engine")
class TransferTest {
  /** Of two services: things, events, where events begin, parts, and a tree. */
  private static final int ROWS = 2 * (1235 + 1200 + 1 + 1 + 3);

  private static final List<String> MIGRATIONS =
      List.of("/welkin/testkit/V001__things.sql", "/welkin/testkit/V003__tree.sql");

  enum Engine {
    POSTGRESQL(PostgresServer.get()),
    MARIADB(MariadbServer.get());

    final TestServer server;

    Engine(TestServer server) {
      this.server = server;
    }
  }

  @TempDir Path home;

  private final Events events = new Events(InstantSource.system());
  private final List<String> told = new ArrayList<>();

  private Database open(DatabaseUrl url, String service) {
    return new Databases(url, home, Database.Durability.OFF, InstantSource.system())
        .open(service, MIGRATIONS);
  }

  private void fill() {
    for (var service : List.of("one", "two")) {
      try (var db = open(DatabaseUrl.SQLITE, service)) {
        db.change(
            sql -> {
              for (int i = 0; i < 1234; i++) {
                sql.insert(
                    "thing",
                    "name",
                    "thing é\\'\" " + i,
                    "flag",
                    i % 2,
                    "weight",
                    i / 3.0,
                    "document",
                    Map.of("i", i),
                    "bytes",
                    new byte[] {0, (byte) i},
                    "note",
                    i % 5 == 0 ? null : "n");
                events.append(sql, "t", "p", "r" + i, Map.of());
              }
              sql.insert("part", "thing", "first", "position", 1);
              // children before their parents
              sql.insert("tree", "id", "z", "parent", null);
              sql.insert("tree", "id", "y", "parent", "z");
              sql.insert("tree", "id", "a", "parent", "y");
              sql.update("UPDATE tree SET parent = 'a' WHERE id = 'z'");
              sql.update("UPDATE tree SET parent = NULL WHERE id = 'z'");
              sql.update("DELETE FROM event WHERE seq > 1200");
            });
      }
    }
  }

  private long transfer(DatabaseUrl to) throws Exception {
    return new Transfer(home.resolve("database"), to, told::add).run();
  }

  @ParameterizedTest
  @EnumSource
  void everythingIsThereAndNumbersGoOn(Engine engine) throws Exception {
    engine.server.assumeInstalled();
    fill();
    var to = engine.server.fresh();
    long rows = transfer(to);
    assertThat(told).hasSize(2);
    assertThat(rows).isEqualTo(ROWS);
    for (var service : List.of("one", "two")) {
      try (var from = open(DatabaseUrl.SQLITE, service);
          var db = open(to, service)) {
        var all = "SELECT * FROM thing ORDER BY id";
        Database.Work<List<List<?>>> look =
            sql ->
                sql.list(
                    all,
                    r ->
                        List.of(
                            r.number("id"),
                            r.text("name"),
                            r.flag("flag"),
                            r.decimal("weight"),
                            String.valueOf(r.json("document")),
                            String.valueOf(r.text("note"))));
        assertThat(db.read(look)).isEqualTo(from.read(look));
        long seq =
            db.tx(
                sql -> {
                  events.append(sql, "t", "p", "after", Map.of());
                  return events.last(sql);
                });
        assertThat(seq).as("no position is given twice").isEqualTo(1235);
        assertThat(
                db.<Long>read(
                    sql -> sql.number("SELECT COUNT(*) FROM tree WHERE parent IS NOT NULL")))
            .isEqualTo(2);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void dataThatIsThereIsLeftAlone(Engine engine) throws Exception {
    engine.server.assumeInstalled();
    fill();
    var to = engine.server.fresh();
    try (var db = open(to, "two")) {
      db.change(sql -> sql.insert("thing", "name", "mine", "flag", true));
      assertThatThrownBy(() -> transfer(to))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("holds data already");
      assertThat(db.<Long>read(sql -> sql.number("SELECT COUNT(*) FROM thing"))).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatWasCutOffGoesOn(Engine engine) throws Exception {
    engine.server.assumeInstalled();
    fill();
    var to = engine.server.fresh();
    assertThatThrownBy(
            () ->
                new Transfer(
                        home.resolve("database"),
                        to,
                        line -> {
                          throw new IllegalStateException("the first service was enough");
                        })
                    .run())
        .isInstanceOf(IllegalStateException.class);
    assertThat(transfer(to)).isEqualTo(ROWS);
    assertThatThrownBy(() -> transfer(to)).hasMessageContaining("holds data already");
  }

  @ParameterizedTest
  @EnumSource
  void aSourceThatChangedMeanwhileIsNoticed(Engine engine) throws Exception {
    engine.server.assumeInstalled();
    fill();
    var to = engine.server.fresh();
    assertThatThrownBy(
            () ->
                new Transfer(
                        home.resolve("database"),
                        to,
                        line -> {
                          throw new IllegalStateException("the first service was enough");
                        })
                    .run())
        .isInstanceOf(IllegalStateException.class);
    try (var db = open(DatabaseUrl.SQLITE, "one")) {
      db.change(sql -> events.append(sql, "t", "p", "late", Map.of()));
    }
    assertThatThrownBy(() -> transfer(to)).hasMessageContaining("changed since");
  }
}
