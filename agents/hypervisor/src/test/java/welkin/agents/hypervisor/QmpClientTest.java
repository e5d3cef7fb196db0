package welkin.agents.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import welkin.core.Fault;

class QmpClientTest {
  @TempDir Path directory;
  private FakeQmp qemu;

  @AfterEach
  void close() throws Exception {
    if (qemu != null) {
      qemu.close();
    }
  }

  private QmpClient connect(Function<JsonNode, List<String>> answers) throws Exception {
    qemu = new FakeQmp(directory.resolve("qmp"), answers);
    return QmpClient.connect(directory.resolve("qmp"), Duration.ofSeconds(10), () -> true, e -> {});
  }

  @Test
  void answersFindTheirCommandsAmongEvents() throws Exception {
    try (var qmp =
            connect(
                c ->
                    List.of(
                        "{\"event\": \"NOISE\", \"data\": {}}",
                        "{\"return\": {\"said\": \""
                            + c.get("arguments").get("n")
                            + "\"}, \"id\": \"@id\"}"));
        var together = Executors.newVirtualThreadPerTaskExecutor()) {
      var answers =
          IntStream.range(0, 50)
              .mapToObj(n -> together.submit(() -> qmp.execute("echo", Map.of("n", n))))
              .toList();
      for (int n = 0; n < 50; n++) {
        assertThat(answers.get(n).get().get("said").asString()).isEqualTo("" + n);
      }
      assertThat(qemu.commands).startsWith("qmp_capabilities");
    }
  }

  @Test
  void aRefusalIsAFaultInQemusWords() throws Exception {
    try (var qmp =
        connect(
            c ->
                List.of(
                    "{\"error\": {\"class\": \"GenericError\", \"desc\": \"Node 'x' is busy\"},"
                        + " \"id\": \"@id\"}"))) {
      var f = catchThrowableOfType(Fault.class, () -> qmp.execute("blockdev-del"));
      assertThat(f.status()).isEqualTo(500);
      assertThat(f).hasMessageContaining("Node 'x' is busy").hasMessageContaining("blockdev-del");
    }
  }

  @Test
  void silenceEndsAtTheDeadline() throws Exception {
    try (var qmp = connect(c -> List.of())) {
      var f =
          catchThrowableOfType(
              Fault.class, () -> qmp.execute("query-status", Map.of(), Duration.ofMillis(50)));
      assertThat(f.status()).isEqualTo(503);
    }
  }

  @Test
  void hangingUpEndsWhatWaits() throws Exception {
    try (var qmp = connect(c -> List.of())) {
      var waiting =
          CompletableFuture.supplyAsync(
              () -> catchThrowableOfType(Fault.class, () -> qmp.execute("query-status")));
      while (!qemu.commands.contains("query-status")) {
        Thread.onSpinWait();
      }
      try (var event = qmp.expect(e -> e.is("SHUTDOWN"))) {
        qemu.hangUp();
        assertThat(event.await(Duration.ofSeconds(10))).isNull();
      }
      assertThat(waiting.get().code()).isEqualTo("HypervisorDied");
      assertThat(qmp.isOpen()).isFalse();
      assertThat(catchThrowableOfType(Fault.class, () -> qmp.execute("stop")).code())
          .isEqualTo("HypervisorDied");
    }
  }

  @Test
  void eventsBetweenCommandAndAnswerAreNotMissed() throws Exception {
    try (var qmp =
        connect(
            c ->
                List.of(
                    "{\"event\": \"DEVICE_DELETED\", \"data\": {\"path\": \"/machine/x\"}}",
                    "{\"event\": \"DEVICE_DELETED\", \"data\": {\"device\": \"nic0\"}}",
                    "{\"return\": {}, \"id\": \"@id\"}"))) {
      try (var gone = qmp.expect(e -> e.is("DEVICE_DELETED") && "nic0".equals(e.text("device")))) {
        qmp.execute("device_del", Map.of("id", "nic0"));
        assertThat(gone.await(Duration.ofSeconds(10)).text("device")).isEqualTo("nic0");
      }
    }
  }

  @Test
  void nobodyThereIsSaidAtOnceWhenTheProcessIsGone() {
    var f =
        catchThrowableOfType(
            Fault.class,
            () ->
                QmpClient.connect(
                    directory.resolve("none"), Duration.ofMinutes(5), () -> false, e -> {}));
    assertThat(f.code()).isEqualTo("HypervisorDied");
  }
}
