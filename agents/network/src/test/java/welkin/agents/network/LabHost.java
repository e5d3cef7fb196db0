package welkin.agents.network;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import welkin.agents.contracts.NetworkPlugin.AgentReport;
import welkin.core.Exec;
import welkin.core.Json;

/**
 * A host of its own on this machine: network, mount and process namespaces that end with their
 * first process, and everything in them.
 */
final class LabHost implements AutoCloseable {
  static final String TAG = "wkh";
  final String name;
  final String address;
  final MemoryPlugin plugin = new MemoryPlugin();
  private final Path state;
  private final Process holder;
  private final long pid;
  private final List<Process> programs = new ArrayList<>();
  private Process agent;

  LabHost(String name, String address, Path directory) throws Exception {
    this.name = name;
    this.address = address;
    this.state = directory.resolve(name);
    holder =
        new ProcessBuilder(
                List.of(
                    "unshare",
                    "--mount",
                    "--net",
                    "--pid",
                    "--fork",
                    "--kill-child",
                    "--mount-proc",
                    "bash",
                    "-c",
                    "trap : TERM CHLD; while :; do sleep infinity & wait $!; done"))
            .start();
    Lab.within(
        Duration.ofSeconds(5),
        () ->
            holder
                .children()
                .anyMatch(c -> c.info().command().filter(n -> n.endsWith("bash")).isPresent()));
    pid = holder.children().findFirst().orElseThrow().pid();
    must("mount --make-rprivate /");
    must("mount -t sysfs sysfs /sys");
    must("mount -t tmpfs tmpfs /run");
    must("mkdir /run/netns");
    must("ip link set lo up");
  }

  long pid() {
    return pid;
  }

  List<String> words(String... command) {
    var all = new ArrayList<>(List.of("nsenter", "-t", Long.toString(pid), "-m", "-n", "-p", "--"));
    all.addAll(List.of(command));
    return all;
  }

  Exec.Result run(String command) {
    return Exec.run(Duration.ofSeconds(30), null, words(command.split(" ")));
  }

  String must(String command) {
    var r = run(command);
    if (!r.ok()) {
      throw new IllegalStateException(name + ": " + command + ": " + r.err() + r.out());
    }
    return r.out();
  }

  /** Runs something in a namespace of the host: a guest, a router. */
  Exec.Result in(String ns, String command) {
    return run("nsenter --net=/run/netns/" + ns + " " + command);
  }

  /**
   * @param ns null for the host itself
   */
  Process background(String ns, String command) throws IOException {
    var where = ns == null ? "" : "nsenter --net=/run/netns/" + ns + " ";
    var p =
        new ProcessBuilder(words((where + command).split(" ")))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    programs.add(p);
    return p;
  }

  boolean ping(String ns, String to) {
    return in(ns, "ping -c 1 -W 1 " + to).ok();
  }

  /** A guest: a namespace whose device appears on the host as the port's tap. */
  void guest(String ns, String mac, String portId) {
    must("ip netns add " + ns);
    must("ip link add " + Names.tap(portId) + " type veth peer name eth0 netns " + ns);
    must("ip -n " + ns + " link set eth0 address " + mac + " up");
    must("ip -n " + ns + " link set lo up");
  }

  /** Joins the host to a bridge of another. */
  void plug(LabHost to, String bridge, String device) {
    var port = bridge + "-" + name;
    Exec.must(
        ("ip link add dev " + port + " netns " + to.pid + " type veth peer name " + device)
            .concat(" netns " + pid)
            .split(" "));
    to.must("ip link set " + port + " master " + bridge + " up");
    must("ip link set " + device + " up");
  }

  void agent(String agents, String... mappings) throws IOException {
    var command =
        new ArrayList<>(
            words(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx96m",
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                AgentProgram.class.getName(),
                name,
                TAG,
                state.toString(),
                address,
                agents));
    command.addAll(List.of(mappings));
    agent =
        new ProcessBuilder(command)
            .redirectError(
                ProcessBuilder.Redirect.appendTo(state.resolveSibling(name + ".log").toFile()))
            .start();
    programs.add(agent);
    var mine = agent;
    Thread.startVirtualThread(() -> serve(mine));
  }

  private void serve(Process program) {
    try (var in =
        new BufferedReader(
            new InputStreamReader(program.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line; (line = in.readLine()) != null; ) {
        var asked = Json.parse(line);
        var answer = answer(asked.get("method").asString(), asked.get("arguments"));
        var said = Json.object();
        said.set("id", asked.get("id"));
        said.set("answer", answer == null ? null : Json.tree(answer));
        say(program, said);
      }
    } catch (IOException e) {
      // the agent was killed
    }
  }

  private Object answer(String method, JsonNode a) {
    return switch (method) {
      case "changes" ->
          plugin.changes(a.get(0).asString(), a.get(1).asLong(), a.get(2).asBoolean());
      case "portsUp" -> {
        plugin.portsUp(name, List.of(Json.convert(a.get(1), String[].class)));
        yield null;
      }
      case "portsDown" -> {
        plugin.portsDown(name, List.of(Json.convert(a.get(1), String[].class)));
        yield null;
      }
      case "alive" -> {
        plugin.alive(name, List.of(Json.convert(a.get(1), AgentReport[].class)), a.get(2).asLong());
        yield null;
      }
      default -> plugin.owner(text(a.get(0)), text(a.get(1)), text(a.get(2)));
    };
  }

  private static String text(JsonNode n) {
    return n == null || n.isNull() ? null : n.asString();
  }

  private static synchronized void say(Process to, Object line) throws IOException {
    to.getOutputStream().write((Json.text(line) + "\n").getBytes(StandardCharsets.UTF_8));
    to.getOutputStream().flush();
  }

  void poke() {
    try {
      say(agent, Map.of("poke", true));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** kill -9 of the agent; the data plane stays. */
  void killAgent() throws InterruptedException {
    agent.descendants().forEach(ProcessHandle::destroyForcibly);
    agent.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    programs.forEach(
        p -> {
          p.descendants().forEach(ProcessHandle::destroyForcibly);
          p.destroyForcibly();
        });
    ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    holder.onExit().join();
  }
}
