package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.store.Database;
import welkin.store.DuplicateKey;
import welkin.store.Sql;
import welkin.store.StoreException;
import welkin.testkit.TestDatabases;

/** Limits of a cloud of before V013 outlive their service and region, and lose nothing else. */
class LimitMigrationTest {
  @TempDir Path home;

  @Test
  void limitsStayAndKeepWhatTheyHad() {
    var all = IdentityService.MIGRATIONS;
    var before = all.subList(0, all.indexOf("/welkin/identity/V013__limits_outlive.sql"));
    var databases = TestDatabases.in(home, InstantSource.system());
    try (var db = databases.open("identity", before)) {
      db.change(LimitMigrationTest::fill);
      assertThatThrownBy(() -> delete(db, "service", "s")).isInstanceOf(StoreException.class);
    }
    try (var db = databases.open("identity", all)) {
      List<String> rows = db.read(LimitMigrationTest::rows);
      assertThat(rows).containsExactly("r 10 5 p");
      assertThatThrownBy(() -> delete(db, "registered_limit", "r"))
          .as("a limit keeps what it is of")
          .isInstanceOf(StoreException.class);
      assertThatThrownBy(() -> db.change(sql -> register(sql, "again")))
          .isInstanceOf(DuplicateKey.class);
      assertThatThrownBy(() -> db.change(sql -> limit(sql, "again")))
          .isInstanceOf(DuplicateKey.class);
      delete(db, "service", "s");
      delete(db, "region", "here");
      rows = db.read(LimitMigrationTest::rows);
      assertThat(rows).hasSize(1);
      delete(db, "project", "p");
      rows = db.read(LimitMigrationTest::rows);
      assertThat(rows).as("a limit goes with its project").isEmpty();
      delete(db, "registered_limit", "r");
    }
  }

  private static List<String> rows(Sql sql) {
    return sql.list(
        "SELECT r.id, default_limit, resource_limit, owner FROM registered_limit r JOIN"
            + " resource_limit l ON registered_limit_id = r.id",
        r ->
            "%s %d %d %s"
                .formatted(
                    r.text("id"),
                    r.number("default_limit"),
                    r.number("resource_limit"),
                    r.text("owner")));
  }

  private static void delete(Database db, String table, String id) {
    db.change(sql -> sql.update("DELETE FROM " + table + " WHERE id = ?", id));
  }

  private static void fill(Sql sql) {
    sql.insert("region", "id", "here", "description", "", "extra", "{}");
    sql.insert("service", "id", "s", "type", "share", "name", "s", "enabled", true, "extra", "{}");
    register(sql, "r");
    sql.insert(
        "project",
        "id",
        "p",
        "name_scope",
        "",
        "name",
        "p",
        "is_domain",
        true,
        "enabled",
        true,
        "tags",
        "[]",
        "extra",
        "{}",
        "options",
        "{}");
    limit(sql, "l");
  }

  private static void register(Sql sql, String id) {
    sql.insert(
        "registered_limit",
        "id",
        id,
        "service_id",
        "s",
        "region_id",
        "here",
        "name_scope",
        "here",
        "resource_name",
        "shares",
        "default_limit",
        10);
  }

  private static void limit(Sql sql, String id) {
    sql.insert(
        "resource_limit",
        "id",
        id,
        "registered_limit_id",
        "r",
        "project_id",
        "p",
        "owner",
        "p",
        "resource_limit",
        5);
  }
}
