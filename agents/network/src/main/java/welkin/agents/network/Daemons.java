package welkin.agents.network;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.core.Exec;

/**
 * Programs that run beside the agent and outlive it, each with a directory of its own for its
 * configuration and pid. A pid is believed only when the process names that directory and stands in
 * the right namespace.
 */
final class Daemons {
  private static final Logger log = LoggerFactory.getLogger(Daemons.class);

  /** The file of addresses to lease. */
  static final String HOSTS = "hosts";

  private static final Duration STOP_LOOK_EVERY = Duration.ofMillis(5);
  private static final int STOP_LOOKS = 800;

  private final Path root;

  Daemons(Path root) {
    this.root = root;
  }

  Path directory(String key) {
    return root.resolve(key);
  }

  /** What a program needs: its files by name, those it re-reads on SIGHUP apart. */
  record Spec(
      String key,
      String ns,
      List<String> command,
      Map<String, String> fixed,
      Map<String, String> live) {}

  /**
   * Makes it run as specified: started when it does not, restarted when command or fixed files
   * differ, told to read again when live ones do.
   */
  void ensure(Spec spec) {
    var dir = directory(spec.key);
    try {
      Files.createDirectories(dir);
      var fixed = write(dir, spec.fixed);
      var command = write(dir, Map.of("command", String.join("\n", spec.command)));
      var lost = loses(dir, spec.live.get(HOSTS));
      var live = write(dir, spec.live);
      var pid = pid(dir);
      if (pid > 0 && !fixed && !command && !lost && Netns.holds(spec.ns, pid)) {
        if (live) {
          Exec.run("kill", "-HUP", Long.toString(pid));
        }
        return;
      }
      if (pid > 0) {
        stop(dir, pid);
      }
      Files.deleteIfExists(dir.resolve("pid"));
      Files.deleteIfExists(dir.resolve("leases"));
      Netns.must(spec.ns, spec.command);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // dnsmasq keeps the leases it gave: an address that changes hands needs a fresh start
  private static boolean loses(Path dir, String hosts) throws IOException {
    var file = dir.resolve(HOSTS);
    return hosts != null
        && Files.exists(file)
        && !hosts.lines().collect(Collectors.toSet()).containsAll(Files.readAllLines(file));
  }

  /** Whether it needs {@link #ensure} again, cheaply. */
  boolean alive(String key) {
    return pid(directory(key)) > 0;
  }

  private static boolean write(Path dir, Map<String, String> files) throws IOException {
    var changed = false;
    for (var f : files.entrySet()) {
      var path = dir.resolve(f.getKey());
      if (!Files.exists(path) || !Files.readString(path).equals(f.getValue())) {
        Files.writeString(path, f.getValue());
        changed = true;
      }
    }
    return changed;
  }

  /** The live process of this directory, or 0. */
  private static long pid(Path dir) {
    try {
      var text = Files.readString(dir.resolve("pid")).strip();
      var pid = Long.parseLong(text);
      var line =
          new String(
              Files.readAllBytes(Path.of("/proc/" + pid + "/cmdline")), StandardCharsets.UTF_8);
      return line.contains(dir.toString()) ? pid : 0;
    } catch (IOException | NumberFormatException e) {
      return 0;
    }
  }

  void remove(String key) {
    var dir = directory(key);
    if (!Files.exists(dir)) {
      return;
    }
    var pid = pid(dir);
    if (pid > 0) {
      stop(dir, pid);
    }
    try (var files = Files.list(dir)) {
      for (var f : files.toList()) {
        Files.deleteIfExists(f);
      }
      Files.deleteIfExists(dir);
    } catch (IOException e) {
      log.warn("cannot remove {}: {}", dir, e.getMessage());
    }
  }

  /** Every key that has a directory. */
  List<String> keys() {
    var keys = new ArrayList<String>();
    if (Files.exists(root)) {
      try (Stream<Path> files = Files.list(root)) {
        files.filter(Files::isDirectory).forEach(f -> keys.add(f.getFileName().toString()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return keys;
  }

  // by its command line, which a process that ended but was not yet reaped has no more
  private static void stop(Path dir, long pid) {
    var process = ProcessHandle.of(pid);
    process.ifPresent(ProcessHandle::destroy);
    for (int i = 0; i < STOP_LOOKS && pid(dir) == pid; i++) {
      if (i == STOP_LOOKS / 2) {
        process.ifPresent(ProcessHandle::destroyForcibly);
      }
      try {
        Thread.sleep(STOP_LOOK_EVERY);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
