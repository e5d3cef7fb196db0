package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.identity.token.SealedColumn;
import welkin.identity.token.StoredSecrets;
import welkin.store.Database;

/** What is secret at rest outlives its keys, and no column of it can be forgotten. */
class StoredSecretsTest {
  private static final SealedColumn OURS = SealedColumn.of("ours", "secret", "id", "place");
  private static final SealedColumn FORGOTTEN = SealedColumn.of("forgotten", "secret", "id");

  @TempDir Path dir;
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-11-21T04:00:00Z"));

  @Test
  void aRotationSealsEveryColumnAnewAndOthersAreNotSealed() {
    try (var database =
        Database.sqlite(
            dir.resolve("identity.db"),
            Database.Durability.OFF,
            now::get,
            IdentityService.MIGRATIONS)) {
      var secrets = new StoredSecrets(database, dir, now::get, List.of(OURS));
      assertThatThrownBy(() -> secrets.seal(FORGOTTEN, "x"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("forgotten.secret");
      database.change(
          sql -> {
            sql.update("CREATE TABLE ours (id INTEGER, place INTEGER, secret TEXT)");
            for (int i = 0; i < 4; i++) {
              var text = secrets.seal(OURS, "secret " + i);
              sql.insert("ours", "id", i / 2, "place", i % 2, "secret", text);
            }
          });
      for (int i = 0; i < 5; i++) { // more often than keys are kept
        now.set(now.get().plusSeconds(11));
        database.change(secrets::rotate);
        database.read(
            sql -> {
              secrets.reload(sql);
              return null;
            });
      }
      var opened =
          database.read(
              sql ->
                  sql.list(
                      "SELECT secret FROM ours ORDER BY id, place",
                      r -> secrets.open(r.text("secret"))));
      assertThat(opened).containsExactly("secret 0", "secret 1", "secret 2", "secret 3");
    }
  }

  /** By their names, which is all that a schema says. */
  @Test
  void everyColumnThatIsNamedAsSealedIsDeclared() throws Exception {
    var table = Pattern.compile("CREATE TABLE (\\w+)");
    var column = Pattern.compile("^\\s+((?:encrypted|sealed)\\w*) ");
    var found = new ArrayList<String>();
    for (var file : IdentityService.MIGRATIONS) {
      String sql;
      try (var in = getClass().getResourceAsStream(file)) {
        sql = new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      }
      String at = null;
      for (var line : sql.lines().toList()) {
        var t = table.matcher(line);
        at = t.find() ? t.group(1) : at;
        var c = column.matcher(line);
        if (c.find()) {
          found.add(at + "." + c.group(1));
        }
      }
    }
    // keys, which the cluster's key seals: it does not rotate
    assertThat(found).contains("fernet_key.sealed", "saml_key.sealed");
    found.removeAll(List.of("fernet_key.sealed", "saml_key.sealed"));
    assertThat(Keys.SEALED.stream().map(SealedColumn::toString).toList())
        .containsExactlyInAnyOrderElementsOf(found);
  }
}
