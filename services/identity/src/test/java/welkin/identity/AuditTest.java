package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.store.Events;
import welkin.store.Events.Event;
import welkin.testkit.TestDatabases;

/** What auditors find in the event log. */
class AuditTest {
  @TempDir Path dir;

  /** All of the log, when the process has ended. */
  static List<Event> events(Path dir) {
    try (var database =
        TestDatabases.in(dir, InstantSource.system())
            .open("identity", IdentityService.MIGRATIONS)) {
      return database.read(sql -> new Events(() -> null).since(sql, 0, null, 1000));
    }
  }

  @Test
  void loginsAndRefusalsWithoutAnySecret() {
    String user;
    try (var cloud = new TestIdentity(dir)) {
      user = cloud.make("user", Map.of("name", "anna", "password", "correct-secret"));
      cloud.login("anna", "correct-secret", null);
      cloud.login("anna", "wrong-secret", null);
    }
    var all = events(dir);
    var logins = all.stream().filter(e -> e.type().equals("identity.authenticate")).toList();
    var good = logins.stream().filter(e -> user.equals(e.userId())).map(Event::payload).toList();
    assertThat(good).hasSize(1);
    assertThat(good.getFirst().get("outcome").asString()).isEqualTo("success");
    assertThat(good.getFirst().at("/initiator/username").asString()).isEqualTo("anna");
    assertThat(good.getFirst().at("/target/id").asString()).isEqualTo(user);
    var bad =
        logins.stream()
            .map(Event::payload)
            .filter(p -> p.get("outcome").asString().equals("failure"))
            .toList();
    assertThat(bad).hasSize(1);
    assertThat(bad.getFirst().at("/reason/reasonCode").asString()).isEqualTo("401");
    assertThat(bad.getFirst().at("/initiator/username").asString()).isEqualTo("anna");
    assertThat(all.toString()).doesNotContain("correct-secret").doesNotContain("wrong-secret");
    var created =
        all.stream().filter(e -> e.type().equals("identity.user.created")).toList().getLast();
    assertThat(created.payload().get("action").asString()).isEqualTo("created.user");
    assertThat(created.payload().get("resource_info").asString()).isEqualTo(user);
    assertThat(created.payload().at("/initiator/id").asString()).hasSize(32);
  }
}
