package welkin.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import welkin.core.Exec;

/** What qemu-img really writes. */
@Tag("real")
class RealImagesTest {
  @TempDir Path dir;

  @ParameterizedTest
  @CsvSource({
    "qcow2, , qcow2",
    "qcow2, compat=0.10, qcow2",
    "qcow2, extended_l2=on, qcow2",
    "qcow2, cluster_size=2M, qcow2",
    "qcow2, compression_type=zstd, qcow2",
    "raw, , raw",
    "vmdk, , vmdk",
    "vmdk, subformat=streamOptimized, vmdk",
    "vpc, force_size=on, vhd",
    "vpc, 'subformat=fixed,force_size=on', vhd",
    "vhdx, , vhdx",
    "vhdx, subformat=fixed, vhdx",
    "vdi, , vdi",
    "vdi, static=on, vdi",
    "qed, , qed",
    "parallels, , parallels",
  })
  void takesWhatQemuMakes(String driver, String options, String format) {
    var source = dir.resolve("source").toString();
    Exec.must("qemu-img", "create", "-q", "-f", "raw", source, "64M");
    Exec.must("qemu-io", "-f", "raw", "-c", "write -P 65 1M 3M", source);
    var file = dir.resolve("image");
    if (options == null) {
      Exec.must("qemu-img", "convert", "-f", "raw", "-O", driver, source, file.toString());
    } else {
      Exec.must(
          "qemu-img", "convert", "-f", "raw", "-O", driver, "-o", options, source, file.toString());
    }
    var i = ImageInspector.inspect(file);
    assertThat(i.reason()).isNull();
    assertThat(i.format()).isEqualTo(format);
    assertThat(i.virtualSizeBytes()).isEqualTo(64 << 20);
    if (!driver.equals("vmdk") || options == null) { // stream optimised cannot be created empty
      var empty = dir.resolve("empty");
      var sized = "size=64M" + (options == null ? "" : "," + options);
      Exec.must("qemu-img", "create", "-q", "-f", driver, "-o", sized, empty.toString());
      assertThat(ImageInspector.inspect(empty).reason()).isNull();
    }
  }

  @Test
  void refusesWhatNamesOtherFiles() {
    var base = dir.resolve("base").toString();
    Exec.must("qemu-img", "create", "-q", "-f", "raw", base, "64M");
    var overlay = dir.resolve("overlay");
    Exec.must(
        "qemu-img", "create", "-q", "-f", "qcow2", "-b", base, "-F", "raw", overlay.toString());
    assertThat(ImageInspector.inspect(overlay).reason()).contains("backing file");
    var external = dir.resolve("external");
    Exec.must(
        "qemu-img",
        "create",
        "-q",
        "-f",
        "qcow2",
        "-o",
        "data_file=" + dir.resolve("data"),
        external.toString(),
        "64M");
    assertThat(ImageInspector.inspect(external).reason()).contains("another file");
    var flat = dir.resolve("flat.vmdk");
    Exec.must(
        "qemu-img",
        "create",
        "-q",
        "-f",
        "vmdk",
        "-o",
        "subformat=monolithicFlat",
        flat.toString(),
        "64M");
    assertThat(ImageInspector.inspect(flat).reason()).contains("names other files");
  }

  @Test
  void luks() {
    var file = dir.resolve("luks");
    // it measures how fast it can derive a key, and gives up when the machine is too busy to tell
    boolean made = false;
    for (int attempt = 0; attempt < 10 && !made; attempt++) {
      made =
          Exec.run(
                  "qemu-img",
                  "create",
                  "-q",
                  "-f",
                  "luks",
                  "--object",
                  "secret,id=s,data=wordwordword",
                  "-o",
                  "key-secret=s,iter-time=100",
                  file.toString(),
                  "8M")
              .ok();
    }
    assumeTrue(made, "qemu-img cannot measure the time it needs here");
    var i = ImageInspector.inspect(file);
    assertThat(i.reason()).isNull();
    assertThat(i.format()).isEqualTo("luks");
    assertThat(i.virtualSizeBytes()).isEqualTo(8 << 20);
  }
}
