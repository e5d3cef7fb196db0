package welkin.agents.hypervisor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import welkin.core.Exec;
import welkin.core.Fault;

/**
 * Writes a config drive: an ISO 9660 image with Rock Ridge and Joliet names, labelled {@code
 * config-2}, as guests look for it (OpenStack, "Store metadata on a configuration drive").
 */
final class ConfigDrive {
  private static final long BYTES_MAX = 64L << 20;

  private ConfigDrive() {}

  /**
   * Writes the image.
   *
   * @param files content in Base64 by path, e.g. {@code openstack/latest/meta_data.json}
   * @param scratch a directory to be made beside the image and removed again
   */
  static void write(Map<String, String> files, Path scratch, Path iso) throws IOException {
    HostFiles.removeTree(scratch);
    try {
      long total = 0;
      for (var f : files.entrySet()) {
        var target = scratch.resolve(f.getKey()).normalize();
        if (!target.startsWith(scratch) || target.equals(scratch)) {
          throw Fault.badRequest("config drive: unusable file name '" + f.getKey() + "'");
        }
        byte[] bytes;
        try {
          bytes = Base64.getDecoder().decode(f.getValue());
        } catch (IllegalArgumentException e) {
          throw Fault.badRequest("config drive: '" + f.getKey() + "' is not Base64");
        }
        total += bytes.length;
        if (total > BYTES_MAX) {
          throw Fault.badRequest("config drive: more than " + BYTES_MAX + " bytes");
        }
        Files.createDirectories(target.getParent());
        Files.write(target, bytes);
      }
      Files.createDirectories(scratch);
      Files.deleteIfExists(iso);
      var r =
          Exec.run(
              Duration.ofMinutes(1),
              null,
              List.of(
                  "genisoimage",
                  "-quiet",
                  "-o",
                  iso.toString(),
                  "-ldots",
                  "-allow-lowercase",
                  "-allow-multidot",
                  "-l",
                  "-J",
                  "-joliet-long",
                  "-r",
                  "-V",
                  "config-2",
                  "-publisher",
                  "Welkin",
                  scratch.toString()));
      if (!r.ok()) {
        throw HostFiles.isDiskFull(r.err())
            ? HostFiles.diskFull("writing a config drive")
            : Fault.of(500, "ConfigDriveFailed", "genisoimage: " + r.err().strip());
      }
    } finally {
      HostFiles.removeTree(scratch);
    }
  }
}
