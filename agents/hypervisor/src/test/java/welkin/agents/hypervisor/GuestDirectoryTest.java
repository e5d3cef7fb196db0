package welkin.agents.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.core.Exec;
import welkin.core.Fault;

class GuestDirectoryTest {
  private static final String ID = "6d1fbc3a-6d4e-4c3c-9b43-3f5f6a0c1f11";

  @TempDir Path state;
  private GuestDirectory dir;

  @BeforeEach
  void create() throws Exception {
    dir = new GuestDirectory(state.resolve("guests"), state.resolve("guests"), state, ID);
    Files.createDirectories(dir.vm());
  }

  private void console(String text) throws Exception {
    Files.writeString(dir.vm().resolve(GuestDirectory.CONSOLE), text);
  }

  @Test
  void theConsoleIsCutByLines() throws Exception {
    assertThat(dir.console(null)).isEmpty();
    console("one\ntwo\nthree\n");
    assertThat(dir.console(null)).isEqualTo("one\ntwo\nthree\n");
    assertThat(dir.console(2)).isEqualTo("two\nthree\n");
    assertThat(dir.console(9)).isEqualTo("one\ntwo\nthree\n");
    assertThat(dir.console(0)).isEmpty();
    console("one\ntwo\nhalf");
    assertThat(dir.console(2)).isEqualTo("two\nhalf");
    console("x".repeat(300 << 10));
    assertThat(dir.console(null)).hasSize(100 << 10);
  }

  @Test
  void aLongConsoleIsShortenedAndItsEndKept() throws Exception {
    console("line of the console\n".repeat(500_000) + "the last line\n");
    dir.tidy();
    assertThat(dir.vm().resolve(GuestDirectory.CONSOLE)).isEmptyFile();
    assertThat(dir.console(2)).isEqualTo("line of the console\nthe last line\n");
    console("and more\n");
    assertThat(dir.console(2)).isEqualTo("the last line\nand more\n");
    assertThat(dir.console(null)).hasSizeLessThanOrEqualTo(100 << 10);
  }

  @Test
  void aConsoleThatPointsElsewhereIsNotFollowed() throws Exception {
    var secret = Files.writeString(state.resolve("secret"), "secret");
    Files.createSymbolicLink(dir.vm().resolve(GuestDirectory.CONSOLE), secret);
    assertThat(dir.console(null)).isEmpty();
  }

  @Test
  void idsAreUuidsAndNothingElse() {
    assertThat(GuestDirectory.checked(ID)).isEqualTo(ID);
    for (var id : new String[] {"..", "", "a/b", ID + "/..", null}) {
      assertThat(catchThrowableOfType(Fault.class, () -> GuestDirectory.checked(id)).status())
          .isEqualTo(400);
    }
  }

  @Test
  void configDriveNamesCannotLeaveIt() {
    for (var name : new String[] {"../x", "/etc/x", "a/../../x", ""}) {
      assertThat(
              catchThrowableOfType(Fault.class, () -> dir.writeConfigDrive(Map.of(name, "e30=")))
                  .status())
          .isEqualTo(400);
    }
    assertThat(state.resolve("guests").resolve(ID).resolve("config")).doesNotExist();
  }

  @Test
  @Tag("real")
  void aConfigDriveHoldsItsFilesUnderTheirNames() throws Exception {
    var data = Base64.getEncoder().encodeToString("#!/bin/sh\n".getBytes(StandardCharsets.UTF_8));
    dir.writeConfigDrive(
        Map.of("openstack/latest/user_data", data, "openstack/latest/meta_data.json", "e30="));
    var iso = state.resolve("guests").resolve(ID).resolve("config.iso");
    assertThat(Exec.must("isoinfo", "-R", "-f", "-i", iso.toString()))
        .contains("/openstack/latest/user_data", "/openstack/latest/meta_data.json");
    assertThat(Exec.must("isoinfo", "-d", "-i", iso.toString()))
        .contains("Volume id: config-2", "Joliet");
  }
}
