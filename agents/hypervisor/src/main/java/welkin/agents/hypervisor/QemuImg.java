package welkin.agents.hypervisor;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import welkin.core.Exec;
import welkin.core.Fault;

/**
 * Runs qemu-img and the makers of file systems on guests' disks: confined, limited in memory,
 * processor time and file size, always told the format and never left to guess it.
 */
final class QemuImg {
  private static final long ADDRESS_SPACE = 2L << 30;
  private static final long FILE_SLACK = 64L << 20;

  private final String program;
  private final Confinement confinement;
  // two cores' worth: more at once only makes each slower
  private final Semaphore slots = new Semaphore(2);

  QemuImg(String program, Confinement confinement) {
    this.program = program;
    this.confinement = confinement;
  }

  /** An overlay on a raw base image; both names relative to the directory. */
  void overlay(Path directory, String base, String disk, long bytes) {
    run(
        directory,
        Duration.ofMinutes(1),
        FILE_SLACK * 4,
        List.of(
            program,
            "create",
            "-q",
            "-f",
            "qcow2",
            "-b",
            base,
            "-F",
            "raw",
            disk,
            Long.toString(bytes)));
  }

  /** An empty disk; a raw one is sparse. */
  void empty(Path directory, String format, String disk, long bytes) {
    run(
        directory,
        Duration.ofMinutes(1),
        format.equals("raw") ? bytes : FILE_SLACK * 4,
        List.of(program, "create", "-q", "-f", format, disk, Long.toString(bytes)));
  }

  /**
   * Copies a disk into another format, its backing files included.
   *
   * @param bytesMax what the result can be at most, before the format's own tables
   */
  void convert(
      Path directory, String fromFormat, String from, String toFormat, String to, long bytesMax) {
    run(
        directory,
        Duration.ofMinutes(30),
        bytesMax + bytesMax / 1000 + FILE_SLACK,
        List.of(program, "convert", "-q", "-f", fromFormat, "-O", toFormat, from, to));
  }

  /** Formats a raw file as an ext4 file system. */
  void ext4(Path directory, String disk, String label, long bytes) {
    run(
        directory,
        Duration.ofMinutes(2),
        bytes + FILE_SLACK,
        List.of("mke2fs", "-q", "-F", "-t", "ext4", "-L", label, disk));
  }

  /** Formats a raw file as swap space. */
  void swap(Path directory, String disk, long bytes) {
    run(directory, Duration.ofMinutes(1), bytes + FILE_SLACK, List.of("mkswap", "-q", disk));
  }

  /** Makes a disk larger. */
  void grow(Path directory, String format, String disk, long bytes) {
    run(
        directory,
        Duration.ofMinutes(1),
        format.equals("raw") ? bytes : bytes + bytes / 1000 + FILE_SLACK,
        List.of(program, "resize", "-q", "-f", format, disk, Long.toString(bytes)));
  }

  private void run(Path directory, Duration limit, long fileMax, List<String> command) {
    var words = new ArrayList<String>();
    words.addAll(List.of("env", "-C", directory.toString()));
    words.addAll(confinement.words(false));
    words.addAll(
        List.of(
            "prlimit",
            "--as=" + ADDRESS_SPACE,
            "--cpu=" + limit.toSeconds(),
            "--fsize=" + fileMax,
            "--core=0"));
    words.addAll(command);
    slots.acquireUninterruptibly();
    try {
      var r = Exec.run(limit, null, words);
      if (!r.ok()) {
        var doing = command.get(0) + " " + command.get(1);
        if (HostFiles.isDiskFull(r.err())) {
          throw HostFiles.diskFull(doing);
        }
        throw Fault.of(
            500,
            "ImageToolFailed",
            doing + " failed with status " + r.status() + ": " + r.err().strip());
      }
    } finally {
      slots.release();
    }
  }
}
