package welkin.agents.hypervisor;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * A QEMU process, ours or one an earlier agent started. It is in a session of its own and outlives
 * the agent.
 */
final class QemuProcess {
  private final long pid;

  private QemuProcess(long pid) {
    this.pid = pid;
  }

  /** Starts QEMU in the guest's {@code vm} directory. */
  static QemuProcess start(GuestDirectory dir, List<String> command) {
    var words = new ArrayList<String>();
    words.add("setsid");
    words.addAll(command);
    try {
      var process =
          new ProcessBuilder(words)
              .directory(dir.vm().toFile())
              .redirectInput(new File("/dev/null"))
              .redirectErrorStream(true)
              .redirectOutput(dir.messages().toFile())
              .start();
      Files.writeString(dir.pidFile(), Long.toString(process.pid()));
      return new QemuProcess(process.pid());
    } catch (IOException e) {
      throw HostFiles.fault("starting QEMU", e);
    }
  }

  /**
   * The running process of a guest: by the pid file, and as that is written only a moment after the
   * start, by a look at all processes. The UUID on the command line guards against a pid that was
   * given to another.
   */
  static Optional<QemuProcess> find(GuestDirectory dir, String serverId) {
    try {
      var text = new String(HostFiles.tail(dir.pidFile(), 32), StandardCharsets.UTF_8).strip();
      if (text.matches("[0-9]{1,9}") && is(Long.parseLong(text), dir, serverId)) {
        return Optional.of(new QemuProcess(Long.parseLong(text)));
      }
      try (var all = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
        for (var p : all) {
          long pid = Long.parseLong(p.getFileName().toString());
          if (is(pid, dir, serverId)) {
            return Optional.of(new QemuProcess(pid));
          }
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      throw HostFiles.fault("looking for QEMU", e);
    }
  }

  private static boolean is(long pid, GuestDirectory dir, String serverId) {
    try {
      var words = List.of(Files.readString(Path.of("/proc/" + pid + "/cmdline")).split("\0"));
      int uuid = words.indexOf("-uuid");
      return uuid > 0
          && uuid + 1 < words.size()
          && words.get(uuid + 1).equals(serverId)
          && at(pid, dir)
          && new QemuProcess(pid).alive();
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }

  /** Whether it works in the guest's directory: another host's agent may be on this computer. */
  private static boolean at(long pid, GuestDirectory dir) throws IOException {
    var cwd = Path.of("/proc/" + pid + "/cwd");
    return Files.exists(cwd) && Files.exists(dir.vm())
        ? Files.isSameFile(cwd, dir.vm())
        : Files.readSymbolicLink(cwd).startsWith(dir.vm());
  }

  /** One letter, see proc(5); Z and X are processes that have ended. */
  private static String state(long pid) throws IOException {
    var stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    return stat.substring(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  }

  long pid() {
    return pid;
  }

  /** Whether it runs; one that has ended and was not collected yet does not. */
  boolean alive() {
    try {
      var state = state(pid);
      return !state.equals("Z") && !state.equals("X");
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }

  /** Waits for the end of the process; false when it still runs. */
  boolean awaitEnd(Duration limit) {
    var deadline = System.nanoTime() + limit.toNanos();
    while (alive()) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      LockSupport.parkNanos(10_000_000);
    }
    return true;
  }

  /** Ends the process at once. */
  void kill() {
    ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    awaitEnd(Duration.ofSeconds(20));
  }

  /** Time on a processor of one of its threads, in nanoseconds; 0 when it is gone. */
  long threadNanos(long tid) {
    try {
      var s = Files.readString(Path.of("/proc/" + pid + "/task/" + tid + "/schedstat"));
      return Long.parseLong(s.substring(0, s.indexOf(' ')));
    } catch (IOException | RuntimeException e) {
      return 0;
    }
  }

  /** Resident memory in KiB; 0 when it is gone. */
  long residentKib() {
    try (var lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
      return lines
          .filter(l -> l.startsWith("VmRSS:"))
          .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")))
          .findFirst()
          .orElse(0);
    } catch (IOException | RuntimeException e) {
      return 0;
    }
  }
}
