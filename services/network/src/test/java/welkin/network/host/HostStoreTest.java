package welkin.network.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.store.Database;

class HostStoreTest {
  @Test
  void oldChangesAreForgottenBatchByBatchAndTheFloorSaysSo(@TempDir Path dir) {
    var db = HostRows.open(dir);
    for (int i = 0; i < 100; i++) {
      var item = new HostStore.Item("port", "p" + i);
      db.change(sql -> HostNotes.add(sql, "h", item));
    }
    long newest = db.read(HostStore::cursor).newest();
    int batches = 0;
    while (db.tx(sql -> HostStore.forget(sql, 10, 40))) {
      batches++;
    }
    assertThat(batches).isEqualTo(3);
    assertThat(db.read(HostStore::cursor).floor()).isEqualTo(newest - 10);
    List<HostStore.Item> left = db.read(sql -> HostStore.news(sql, "h", 0).items());
    assertThat(left).hasSize(10).last().isEqualTo(new HostStore.Item("port", "p99"));
    db.close();
  }

  @Test
  void notesOfATransactionHaveOneNumberAndAreWrittenOnce(@TempDir Path dir) {
    var db = HostRows.open(dir);
    var port = new HostStore.Item("port", "p");
    var group = new HostStore.Item("group", "g");
    long before = db.read(HostStore::cursor).newest();
    assertThatThrownBy(
            () ->
                db.change(
                    sql -> {
                      HostNotes.add(sql, "h", port);
                      throw new IllegalStateException("given up");
                    }))
        .hasMessage("given up");
    assertThat(changes(db, "h", before)).isEmpty();
    for (int i = 1; i <= 2; i++) {
      db.change(
          sql -> {
            HostNotes.add(sql, "h", port);
            HostNotes.add(sql, "h", group);
            HostNotes.add(sql, "other", group);
            HostNotes.add(sql, "h", group);
            HostNotes.add(sql, "h", port);
          });
      assertThat(db.read(HostStore::cursor).newest()).isEqualTo(before + i);
      assertThat(changes(db, "h", before + i - 1)).containsExactlyInAnyOrder(port, group);
      assertThat(changes(db, "other", before + i - 1)).containsExactly(group);
    }
    db.close();
  }

  private static List<HostStore.Item> changes(Database db, String host, long since) {
    return db.read(sql -> HostStore.news(sql, host, since).items());
  }
}
