package welkin.network.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
    for (int i = 0; i < 100; i++) {
      var item = new HostStore.Item("port", "p" + i);
      db.change(sql -> HostStore.change(sql, "h", item));
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

  @Test
  void notesOfATransactionHaveOneNumberAndAreWrittenOnce(@TempDir Path dir) {
    var migration = "/welkin/network/V001__network.sql";
    var db = Database.sqlite(dir.resolve("n.db"), Database.Durability.OFF, List.of(migration));
    var port = new HostStore.Item("port", "p");
    var group = new HostStore.Item("group", "g");
    long before = db.read(HostStore::cursor).newest();
    assertThatThrownBy(
            () ->
                db.change(
                    sql -> {
                      HostStore.change(sql, "h", port);
                      throw new IllegalStateException("given up");
                    }))
        .hasMessage("given up");
    assertThat(changes(db, "h", before)).isEmpty();
    for (int i = 1; i <= 2; i++) {
      db.change(
          sql -> {
            HostStore.change(sql, "h", port);
            HostStore.change(sql, List.of("h", "other"), group);
            HostStore.change(sql, "h", group);
            HostStore.change(sql, "h", port);
          });
      assertThat(db.read(HostStore::cursor).newest()).isEqualTo(before + i);
      assertThat(changes(db, "h", before + i - 1)).containsExactlyInAnyOrder(port, group);
      assertThat(changes(db, "other", before + i - 1)).containsExactly(group);
    }
    db.close();
  }

  @Test
  void whoWasToldSinceIsNotBehind(@TempDir Path dir) {
    var db =
        Database.sqlite(
            dir.resolve("n.db"),
            Database.Durability.OFF,
            List.of(
                "/welkin/network/V001__network.sql",
                "/welkin/network/V002__port_bindings.sql",
                "/welkin/network/V005__told_already.sql"));
    for (var host : List.of("a", "b", "c", "d")) {
      port(db, "net", host);
    }
    port(db, "other", "e");
    var item = new HostStore.Item(HostLog.NETWORK, "net");
    db.change(sql -> HostStore.change(sql, "a", item)); // before: not new enough
    db.change(
        sql -> {
          HostStore.change(sql, "b", item); // with it
          HostStore.dirty(sql, item);
          HostStore.dirty(sql, item);
        });
    db.change(sql -> HostStore.change(sql, "c", item)); // after it
    List<HostStore.Dirty> noted = db.read(sql -> HostStore.allDirty(sql, 10));
    assertThat(noted).hasSize(1);
    assertThat(behind(db, noted.getFirst())).containsExactlyInAnyOrder("a", "d");
    // noted again: everyone is behind
    db.change(sql -> HostStore.dirty(sql, item));
    noted = db.read(sql -> HostStore.allDirty(sql, 10));
    assertThat(behind(db, noted.getFirst())).containsExactlyInAnyOrder("a", "b", "c", "d");
    db.close();
  }

  private static void port(Database db, String network, String host) {
    db.change(
        sql ->
            sql.insert(
                "port",
                "id",
                network + host,
                "project_id",
                "p",
                "doc",
                "{}",
                "network_id",
                network,
                "mac_address",
                "fa:" + host,
                "host",
                host,
                "admin_doc",
                "{}",
                "revision_number",
                1,
                "created_at",
                "",
                "updated_at",
                ""));
  }

  private static List<String> behind(Database db, HostStore.Dirty noted) {
    return db.read(sql -> HostStore.behind(sql, noted));
  }

  private static List<HostStore.Item> changes(Database db, String host, long since) {
    return db.read(sql -> HostStore.news(sql, host, since).items());
  }
}
