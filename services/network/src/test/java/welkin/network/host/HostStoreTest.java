package welkin.network.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.store.Database;

class HostStoreTest {
  @Test
  void oldChangesAreForgottenBatchByBatchAndTheFloorSaysSo(@TempDir Path dir) {
    var migration = "/welkin/network/V001__network.sql";
    var db = Database.sqlite(dir.resolve("n.db"), Database.Durability.OFF, List.of(migration));
    db.change(
        sql -> {
          for (int i = 0; i < 100; i++) {
            HostStore.change(sql, "h", new HostStore.Item("port", "p" + i));
          }
        });
    long newest = db.read(HostStore::newest);
    int batches = 0;
    while (db.tx(sql -> HostStore.forget(sql, 10, 40))) {
      batches++;
    }
    assertThat(batches).isEqualTo(3);
    assertThat(db.<Long>read(HostStore::floor)).isEqualTo(newest - 10);
    List<HostStore.Item> left = db.read(sql -> HostStore.changes(sql, "h", 0));
    assertThat(left).hasSize(10).last().isEqualTo(new HostStore.Item("port", "p99"));
    db.close();
  }
}
