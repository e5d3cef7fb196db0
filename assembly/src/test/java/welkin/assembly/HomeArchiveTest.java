package welkin.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.core.Fault;
import welkin.store.Database;
import welkin.store.DatabaseUrl;
import welkin.store.Databases;
import welkin.store.Events;
import welkin.testkit.MariadbServer;
import welkin.testkit.PostgresServer;

class HomeArchiveTest {
  private static final List<String> SERVICES = List.of("compute", "identity");
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

  @TempDir Path folder;

  private final Events events = new Events(InstantSource.system());
  private final List<String> told = new ArrayList<>();

  private static Database open(DatabaseUrl url, Path home, String service) {
    return new Databases(url, home, Database.Durability.OFF, InstantSource.system())
        .open(service, List.of());
  }

  private Path home(DatabaseUrl url) throws Exception {
    var home = Files.createDirectories(folder.resolve("va.r,1"));
    if (url.engine() != welkin.store.Dialect.SQLITE) {
      Files.writeString(home.resolve("welkin.yaml"), "database: " + url + "\n");
    }
    Files.createDirectories(home.resolve("fernet-keys"));
    Files.writeString(home.resolve("fernet-keys/0"), "secret");
    Files.setPosixFilePermissions(
        home.resolve("fernet-keys/0"), PosixFilePermissions.fromString("rw-------"));
    Files.createDirectories(home.resolve("images/a"));
    Files.writeString(home.resolve("images/a/image"), "bytes");
    Files.createDirectories(home.resolve("log"));
    Files.writeString(home.resolve("log/welkin.log"), "not kept");
    for (var service : SERVICES) {
      try (var db = open(url, home, service)) {
        db.change(sql -> events.append(sql, "t", "p", "before", Map.of()));
      }
    }
    return home;
  }

  private HomeArchive archive(Path home) {
    return new HomeArchive(home, told::add);
  }

  private List<String> seen(DatabaseUrl url, Path home, String service) {
    try (var db = open(url, home, service)) {
      return db.read(
          sql -> events.since(sql, 0, null, 100).stream().map(Events.Event::resourceId).toList());
    }
  }

  private static long events(Path home, String service) {
    try (var db = open(DatabaseUrl.SQLITE, home, service)) {
      return db.read(sql -> sql.number("SELECT COUNT(*) FROM event"));
    }
  }

  private void roundTrip(DatabaseUrl url) throws Exception {
    var home = home(url);
    var file = folder.resolve("backup.tar.gz");
    archive(home).save(file, true, NOW);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    for (var service : SERVICES) {
      try (var db = open(url, home, service)) {
        db.change(sql -> events.append(sql, "t", "p", "after", Map.of()));
      }
    }
    Files.delete(home.resolve("fernet-keys/0"));
    Files.delete(home.resolve("images/a/image"));
    assertThatThrownBy(() -> archive(home).load(file, false, NOW))
        .isInstanceOf(Fault.class)
        .hasMessageContaining("--replace");
    if (url.engine() != welkin.store.Dialect.SQLITE) {
      try (var other = open(url, home, "compute")) {
        long there = other.read(sql -> sql.number("SELECT COUNT(*) FROM event"));
        assertThat(there).isEqualTo(2);
        assertThatThrownBy(() -> archive(home).load(file, true, NOW))
            .isInstanceOf(Fault.class)
            .hasMessageContaining("are connected to");
      }
    }
    told.clear();
    archive(home).load(file, true, NOW);
    for (var service : SERVICES) {
      assertThat(seen(url, home, service)).containsExactly("before");
    }
    assertThat(home.resolve("fernet-keys/0")).hasContent("secret");
    assertThat(told).anyMatch(line -> line.contains("fernet-keys"));
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(home.resolve("fernet-keys/0"))))
        .isEqualTo("rw-------");
    assertThat(home.resolve("images/a/image")).hasContent("bytes");
    try (var left = Files.list(folder)) {
      assertThat(left.map(p -> p.getFileName().toString()))
          .containsExactlyInAnyOrder("va.r,1", "backup.tar.gz");
    }
    if (url.engine() == welkin.store.Dialect.SQLITE) {
      assertThat(home.resolve("database.before-2026-01-02T030405Z")).isDirectory();
      var elsewhere = folder.resolve("other");
      archive(elsewhere).load(file, false, NOW);
      assertThat(seen(url, elsewhere, "compute")).containsExactly("before");
      assertThat(elsewhere.resolve("log")).doesNotExist();
    }
  }

  @Test
  void sqlite() throws Exception {
    roundTrip(DatabaseUrl.SQLITE);
  }

  @Test
  @Tag("engine")
  void postgresql() throws Exception {
    PostgresServer.get().assumeInstalled();
    roundTrip(PostgresServer.get().fresh());
  }

  @Test
  @Tag("engine")
  void mariadb() throws Exception {
    MariadbServer.get().assumeInstalled();
    roundTrip(MariadbServer.get().fresh());
  }

  @Test
  void aBackupWhileManyWriteIsOfOneMoment() throws Exception {
    var home = home(DatabaseUrl.SQLITE);
    var writing = new AtomicBoolean(true);
    try (var compute = open(DatabaseUrl.SQLITE, home, "compute");
        var identity = open(DatabaseUrl.SQLITE, home, "identity")) {
      var writer =
          Thread.startVirtualThread(
              () -> {
                for (int i = 0; writing.get(); i++) {
                  int n = i;
                  // first in one, then in the other: never may the second be seen alone
                  compute.change(sql -> events.append(sql, "t", "p", "n" + n, Map.of()));
                  identity.change(sql -> events.append(sql, "t", "p", "n" + n, Map.of()));
                }
              });
      archive(home).save(folder.resolve("backup.tar.gz"), false, NOW);
      writing.set(false);
      writer.join();
    }
    var other = folder.resolve("other");
    archive(other).load(folder.resolve("backup.tar.gz"), false, NOW);
    assertThat(events(other, "compute") - events(other, "identity")).isBetween(0L, 1L);
  }

  @Test
  void imagesAreTakenFromAndPutWhereTheConfigurationSays() throws Exception {
    var home = home(DatabaseUrl.SQLITE);
    var shared = Files.createDirectories(folder.resolve("srv/va.r,1"));
    Files.writeString(shared.resolve("picture"), "shared");
    Files.writeString(
        home.resolve("welkin.yaml"),
        "glance_store: {filesystem_store_datadir: \"" + shared + "\"}\n");
    var file = folder.resolve("backup.tar.gz");
    archive(home).save(file, true, NOW);
    Files.delete(shared.resolve("picture"));
    Files.delete(shared);
    archive(folder.resolve("other")).load(file, false, NOW);
    assertThat(shared.resolve("picture")).hasContent("shared");
    assertThat(folder.resolve("other/images")).doesNotExist();
    assertThat(folder.resolve("other/welkin.yaml")).exists();
  }

  @Test
  void anArchiveOfAnotherEngineIsRefused() throws Exception {
    var home = home(DatabaseUrl.SQLITE);
    var file = folder.resolve("backup.tar.gz");
    archive(home).save(file, false, NOW);
    var other = Files.createDirectories(folder.resolve("other"));
    Files.writeString(
        other.resolve("welkin.yaml"), "database: postgresql://nobody@127.0.0.1:1/none\n");
    assertThatThrownBy(() -> archive(other).load(file, false, NOW))
        .isInstanceOf(Fault.class)
        .hasMessageContaining("The archive is of sqlite")
        .hasMessageContaining("postgresql://nobody@127.0.0.1:1/none");
  }
}
