package welkin.agents.network;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import welkin.core.Exec;
import welkin.core.Fault;
import welkin.core.Json;

/**
 * Runs the kernel's tools in a namespace, many changes at a time. {@code nsenter} is used and not
 * {@code ip netns exec}: the latter mounts /sys anew for every command. A null namespace is the
 * root one.
 */
final class Netns {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Path DIRECTORY = Path.of("/run/netns");

  private Netns() {}

  static boolean exists(String ns) {
    return Files.exists(DIRECTORY.resolve(ns));
  }

  /** The namespaces whose name begins so. */
  static List<String> list(String prefix) {
    var names = new ArrayList<String>();
    var files = DIRECTORY.toFile().list();
    for (var name : files == null ? new String[0] : files) {
      if (name.startsWith(prefix)) {
        names.add(name);
      }
    }
    return names;
  }

  /** Whether a process lives in the namespace. */
  static boolean holds(String ns, long pid) {
    try {
      var link = Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/net")).toString();
      return link.equals("net:[" + Files.getAttribute(DIRECTORY.resolve(ns), "unix:ino") + "]");
    } catch (IOException e) {
      return false;
    }
  }

  /** Applies lines of {@code ip} in order; the first failure ends the batch with a fault. */
  static void ip(String ns, List<String> lines) {
    batch("ip", ns, lines, false);
  }

  /**
   * Applies every line of {@code ip}, whatever became of those before.
   *
   * @return what failed, empty when all went well
   */
  static String ipEach(String ns, List<String> lines) {
    return batch("ip", ns, lines, true);
  }

  /** Applies every line of {@code bridge}; answers what failed. */
  static String bridgeEach(String ns, List<String> lines) {
    return batch("bridge", ns, lines, true);
  }

  private static String batch(String tool, String ns, List<String> lines, boolean each) {
    if (lines.isEmpty()) {
      return "";
    }
    var command = new ArrayList<String>(List.of(tool));
    if (ns != null) {
      command.addAll(List.of("-n", ns));
    }
    if (each) {
      command.add("-force");
    }
    command.addAll(List.of("-batch", "-"));
    var r = Exec.run(LIMIT, String.join("\n", lines) + "\n", command);
    if (!r.ok() && !each) {
      throw Fault.of(
          500,
          "ProgramFailed",
          tool + " in " + ns + ": " + r.err().strip() + " in batch: " + String.join(" | ", lines));
    }
    return r.ok() ? "" : r.err().strip();
  }

  /** One atomic nft transaction. */
  static void nft(String ns, String script) {
    if (script.isEmpty()) {
      return;
    }
    var r = Exec.run(LIMIT, script, in(ns, List.of("nft", "-f", "-")));
    if (!r.ok()) {
      throw Fault.of(500, "ProgramFailed", "nft in " + ns + ": " + r.err().strip());
    }
  }

  static Exec.Result run(String ns, List<String> command) {
    return Exec.run(LIMIT, null, in(ns, command));
  }

  static void must(String ns, List<String> command) {
    var r = run(ns, command);
    if (!r.ok()) {
      throw Fault.of(
          500, "ProgramFailed", String.join(" ", command) + " in " + ns + ": " + r.err().strip());
    }
  }

  static void sysctl(String ns, String... settings) {
    var command = new ArrayList<>(List.of("sysctl", "-qw"));
    command.addAll(List.of(settings));
    must(ns, command);
  }

  /** What {@code ip -j} says, an array. */
  static JsonNode ipJson(String ns, String... words) {
    return json("ip", ns, words);
  }

  static JsonNode bridgeJson(String ns, String... words) {
    return json("bridge", ns, words);
  }

  private static JsonNode json(String tool, String ns, String... words) {
    var command = new ArrayList<>(List.of(tool, "-n", ns, "-j"));
    command.addAll(List.of(words));
    var r = Exec.run(LIMIT, null, command);
    if (!r.ok()) {
      throw Fault.of(500, "ProgramFailed", String.join(" ", command) + ": " + r.err().strip());
    }
    return r.out().isBlank() ? Json.array() : Json.parse(r.out());
  }

  static List<String> in(String ns, List<String> command) {
    if (ns == null) {
      return command;
    }
    var whole = new ArrayList<>(List.of("nsenter", "--net=" + DIRECTORY.resolve(ns)));
    whole.addAll(command);
    return whole;
  }

  /** Makes a namespace with its loopback up. */
  static void add(String ns) {
    ip(null, List.of("netns add " + ns));
    ip(ns, List.of("link set lo up"));
  }

  static void delete(String ns) {
    if (exists(ns)) {
      Exec.run("ip", "netns", "del", ns);
    }
  }
}
