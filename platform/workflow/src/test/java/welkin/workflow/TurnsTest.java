package welkin.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.core.Ids;
import welkin.store.Database;

class TurnsTest {
  @TempDir Path dir;
  final AtomicReference<Instant> time =
      new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));

  Database database() {
    return Database.sqlite(dir.resolve("t.db"), Database.Durability.OFF, time::get, List.of());
  }

  @Test
  void oneOfManyGetsEachTurn() throws Exception {
    var taken = new AtomicInteger();
    try (var a = database();
        var b = database()) {
      for (int round = 1; round <= 5; round++) {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
          for (int i = 0; i < 20; i++) {
            var turns = new Turns(i % 2 == 0 ? a : b, Ids.system());
            threads.submit(
                () -> turns.take("job", Duration.ofMinutes(1)) ? taken.incrementAndGet() : 0);
          }
        }
        assertThat(taken).hasValue(round);
        assertThat(new Turns(a, Ids.system()).take("other", Duration.ofSeconds(60))).isTrue();
        time.updateAndGet(t -> t.plusSeconds(60));
      }
    }
  }
}
