package welkin.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigTest {
  static final Config.Key<Double> RATIO =
      Config.Key.decimal("compute.ram_allocation_ratio", 1.5, "Memory overcommit.");

  @Test
  void readsGroupsFromTheFile(@TempDir Path dir) throws Exception {
    var file = dir.resolve("welkin.yaml");
    Files.writeString(file, "compute:\n  ram_allocation_ratio: 2.5\n");
    assertThat(Config.load(file).get(RATIO)).isEqualTo(2.5);
    assertThat(Config.load(dir.resolve("absent.yaml")).get(RATIO)).isEqualTo(1.5);
  }

  @Test
  void aTextMayStandInAFileOfItsOwnOrInTheEnvironment(@TempDir Path dir) throws Exception {
    var key = Config.Key.text("database", "", "Where it is.");
    var file = dir.resolve("welkin.yaml");
    Files.writeString(dir.resolve("database.secret"), "postgresql://u:p@db/welkin\n");
    for (var where : List.of("database.secret", dir.resolve("database.secret").toString())) {
      Files.writeString(file, "database: file:" + where + "\n");
      assertThat(Config.load(file).get(key)).isEqualTo("postgresql://u:p@db/welkin");
    }
    Files.writeString(file, "database: env:PATH\n");
    assertThat(Config.load(file).get(key)).isEqualTo(System.getenv("PATH"));
    Files.writeString(file, "database: file:nowhere\n");
    assertThatThrownBy(() -> Config.load(file)).hasMessageContaining("option database");
    Files.writeString(file, "database: env:NOT_A_VARIABLE\n");
    assertThatThrownBy(() -> Config.load(file)).hasMessageContaining("NOT_A_VARIABLE");
  }

  @Test
  void anUnknownOptionStopsTheStartAndSuggests() {
    assertThatThrownBy(() -> Config.of("compute.ram_alocation_ratio", 2).check(List.of(RATIO)))
        .hasMessageContaining("did you mean 'compute.ram_allocation_ratio'");
  }

  @Test
  void aWrongValueIsNamed() {
    assertThatThrownBy(
            () -> Config.of("compute.ram_allocation_ratio", "much").check(List.of(RATIO)))
        .hasMessageContaining("compute.ram_allocation_ratio");
  }
}
