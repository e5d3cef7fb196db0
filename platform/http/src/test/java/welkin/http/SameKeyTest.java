package welkin.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.Ids;
import welkin.core.Json;
import welkin.http.policy.PolicyTable;
import welkin.store.Database;
import welkin.store.DuplicateKey;
import welkin.store.Events;

/** Two processes answer for one schema, and a client asks both at once. */
class SameKeyTest {
  @TempDir Path dir;
  final List<Process> processes = new ArrayList<>();

  /** Both have looked for the key, and found nothing, before one goes on. */
  final CyclicBarrier together = new CyclicBarrier(2);

  class Process {
    final Database db = Database.sqlite(dir.resolve("t.db"), Database.Durability.OFF, List.of());
    final Ids ids = Ids.system();
    final Events events = new Events(InstantSource.system());
    final Door door = new Door(token -> Caller.ANONYMOUS, ids, new Metrics());

    Process() {
      var routes = new Routes("");
      routes.post("/things", this::make).open();
      door.mount(
          Service.of(
              "test",
              "/test",
              routes,
              (fault, id) -> Answer.json(fault.status(), Map.of("message", fault.getMessage())),
              new PolicyTable(List.of()).engine(),
              db));
      processes.add(this);
    }

    Answer make(Call call) {
      try {
        together.await();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
      var id = ids.uuid();
      var name = call.object().get("name").asString();
      try {
        db.change(
            sql -> {
              sql.insert("thing", "id", id, "name", name.startsWith("unique") ? name : id);
              events.append(sql, "thing.create", null, id, Map.of());
            });
      } catch (DuplicateKey taken) {
        throw Fault.conflict("There is one of that name.");
      }
      return Answer.json(201, Map.of("id", id));
    }

    Answer post(String name, String key) {
      return door.handle(
          HttpRequest.of(
              "POST",
              "/test/things",
              Map.of("idempotency-key", key, "content-type", "application/json"),
              ("{\"name\": \"" + name + "\"}").getBytes(StandardCharsets.UTF_8),
              "http://x"));
    }
  }

  @AfterEach
  void close() {
    processes.forEach(p -> p.db.close());
  }

  @Test
  void oneIsMadeAndBothAreToldOfIt() throws Exception {
    var one = new Process();
    one.db.change(
        sql ->
            sql.update("CREATE TABLE thing (id VARCHAR(36) PRIMARY KEY, name VARCHAR(64) UNIQUE)"));
    var two = new Process();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      // where only the key tells that it is the same, and where the name would be refused too
      for (var name : List.of("any", "unique")) {
        for (int i = 0; i < 20; i++) {
          var thing = name + i;
          var answers =
              threads.invokeAll(
                  List.<Callable<Answer>>of(
                      () -> one.post(thing, "key " + thing),
                      () -> two.post(thing, "key " + thing)));
          var first = answers.get(0).get();
          var second = answers.get(1).get();
          assertThat(first.status()).as(first.body()).isEqualTo(201);
          assertThat(Json.parse(second.bytes())).isEqualTo(Json.parse(first.bytes()));
          assertThat(second.status()).isEqualTo(201);
        }
      }
    }
    assertThat(one.db.<Long>read(sql -> sql.number("SELECT COUNT(*) FROM thing"))).isEqualTo(40);
  }
}
