package welkin.network.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
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
    long newest = db.read(HostStore::cursor).newest();
    int batches = 0;
    while (db.tx(sql -> HostStore.forget(sql, 10, 40))) {
      batches++;
    }
    assertThat(batches).isEqualTo(3);
    assertThat(db.read(HostStore::cursor).floor()).isEqualTo(newest - 10);
    List<HostStore.Item> left = db.read(sql -> HostStore.changes(sql, "h", 0));
    assertThat(left).hasSize(10).last().isEqualTo(new HostStore.Item("port", "p99"));
    db.close();
  }

  @Test
  void manyHostsHearOfOneObjectUnderOneNumber(@TempDir Path dir) {
    var migration = "/welkin/network/V001__network.sql";
    var db = Database.sqlite(dir.resolve("n.db"), Database.Durability.OFF, List.of(migration));
    var item = new HostStore.Item("group", "g");
    var hosts = IntStream.range(0, 120).mapToObj(i -> "h" + i).toList();
    db.change(sql -> HostStore.change(sql, "h7", item));
    long before = db.read(HostStore::cursor).newest();
    db.change(sql -> HostStore.change(sql, hosts, item));
    db.change(sql -> HostStore.change(sql, hosts.subList(0, 60), item));
    assertThat(db.read(HostStore::cursor).newest()).isEqualTo(before + 2);
    for (var host : hosts) {
      assertThat(changes(db, host, before)).containsExactly(item);
    }
    assertThat(changes(db, "h59", before + 1)).containsExactly(item);
    assertThat(changes(db, "h60", before + 1)).isEmpty();
    db.close();
  }

  private static List<HostStore.Item> changes(Database db, String host, long since) {
    return db.read(sql -> HostStore.changes(sql, host, since));
  }
}
