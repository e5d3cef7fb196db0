package welkin.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only SQLite does; the rest is the contract of all engines. */
class SqliteDatabaseTest {
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
  void aClosedDatabaseRefusesReadsInsteadOfWaiting(@TempDir Path folder) {
    var closed = Database.sqlite(folder.resolve("x.db"), Database.Durability.OFF, List.of());
    closed.close();
    assertThatThrownBy(() -> closed.read(sql -> sql.number("SELECT 1")))
        .isInstanceOf(DatabaseUnavailable.class);
  }
}
