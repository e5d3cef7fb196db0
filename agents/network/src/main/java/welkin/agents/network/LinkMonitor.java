package welkin.agents.network;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears of device changes in a namespace, such as a guest's program letting go of its tap. Without
 * it the periodic look finds the same, later.
 */
final class LinkMonitor implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LinkMonitor.class);
  private final String ns;
  private final Path pidFile;
  private final Runnable changed;
  private Process process;
  private boolean closed;

  LinkMonitor(String ns, Path stateDirectory, Runnable changed) {
    this.ns = ns;
    this.pidFile = stateDirectory.resolve("monitor.pid");
    this.changed = changed;
  }

  /** Starts it unless it runs. */
  synchronized void ensure() {
    if (closed || process != null && process.isAlive() && Netns.holds(ns, process.pid())) {
      return;
    }
    end();
    try {
      process =
          new ProcessBuilder(List.of("ip", "-n", ns, "-o", "monitor", "link"))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      Files.createDirectories(pidFile.getParent());
      Files.writeString(pidFile, Long.toString(process.pid()));
      var lines =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      Thread.ofVirtual().name("link-monitor").start(() -> read(lines));
    } catch (IOException e) {
      log.warn("no news of devices in {}: {}", ns, e.getMessage());
    }
  }

  private void read(BufferedReader lines) {
    try (lines) {
      while (lines.readLine() != null) {
        changed.run();
      }
    } catch (IOException e) {
      log.debug("link monitor of {} ended", ns, e);
    }
  }

  private void end() {
    if (process != null) {
      process.destroyForcibly();
      process = null;
    }
    endLeftOver(ns, pidFile);
  }

  /** Ends the monitor of an agent that could not do so itself. */
  static void endLeftOver(String ns, Path pidFile) {
    try {
      var pid = Long.parseLong(Files.readString(pidFile).strip());
      var line = Files.readString(Path.of("/proc/" + pid + "/cmdline"));
      if (line.contains("monitor") && line.contains(ns)) {
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
      }
      Files.deleteIfExists(pidFile);
    } catch (IOException | NumberFormatException e) {
      // none was left
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    end();
  }
}
