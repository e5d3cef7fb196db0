package welkin.agents.network;

import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import welkin.agents.contracts.HostChanges;
import welkin.agents.contracts.NetworkAgent;
import welkin.agents.contracts.NetworkPlugin;
import welkin.bus.InProcessBus;
import welkin.core.Json;
import welkin.core.Secret;

/**
 * The network agent as a program of its own, so that a test has several hosts: the Network service
 * is at the other end of standard input and output, a line of JSON each way.
 */
final class AgentProgram {
  private final PrintStream out = System.out;
  private final Map<Long, CompletableFuture<JsonNode>> asked = new ConcurrentHashMap<>();
  private final AtomicLong number = new AtomicLong();

  /**
   * @param args host, tag, state directory, tunnel address, agents, bridge mappings {@code
   *     NETWORK:BRIDGE} or nothing
   */
  public static void main(String[] args) throws Exception {
    new AgentProgram().run(args);
  }

  private void run(String[] args) throws Exception {
    System.setOut(System.err);
    var metadata = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    metadata.createContext(
        "/",
        exchange -> {
          var headers = exchange.getRequestHeaders();
          var body = headers.getFirst("X-Instance-ID") + " " + headers.getFirst("X-Forwarded-For");
          exchange.sendResponseHeaders(200, body.length());
          exchange.getResponseBody().write(body.getBytes(StandardCharsets.UTF_8));
          exchange.close();
        });
    metadata.start();
    var mappings =
        Arrays.stream(args, 5, args.length)
            .map(m -> m.split(":"))
            .collect(Collectors.toMap(m -> m[0], m -> m[1]));
    var config =
        new NetworkHostConfig(
            args[0],
            args[1],
            Path.of(args[2]),
            args[3],
            4789,
            mappings,
            Arrays.stream(args[4].split(","))
                .map(NetworkHostConfig.Agent::valueOf)
                .collect(Collectors.toSet()),
            URI.create("http://127.0.0.1:" + metadata.getAddress().getPort()),
            Secret.of("shared"));
    var bus = new InProcessBus();
    bus.offer(NetworkPlugin.class, "", new Far());
    var host = new NetworkHost(config, bus);
    Thread.startVirtualThread(host::start);
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line; (line = in.readLine()) != null; ) {
      var said = Json.parse(line);
      if (said.has("poke")) {
        bus.client(NetworkAgent.class, args[0]).poke();
      } else {
        asked.remove(said.get("id").asLong()).complete(said.get("answer"));
      }
    }
    host.close();
    System.exit(0);
  }

  private JsonNode ask(String method, Object... arguments) {
    var id = number.incrementAndGet();
    var answer = new CompletableFuture<JsonNode>();
    asked.put(id, answer);
    var line = Json.text(Map.of("id", id, "method", method, "arguments", arguments));
    synchronized (out) {
      out.println(line);
      out.flush();
    }
    return answer.join();
  }

  /** The service, at the other end. */
  private final class Far implements NetworkPlugin {
    @Override
    public HostChanges changes(String host, long since, boolean entries) {
      return Json.convert(ask("changes", host, since, entries), HostChanges.class);
    }

    @Override
    public void portsUp(String host, List<String> portIds) {
      ask("portsUp", host, portIds);
    }

    @Override
    public void portsDown(String host, List<String> portIds) {
      ask("portsDown", host, portIds);
    }

    @Override
    public void alive(String host, List<AgentReport> agents, long cursor) {
      ask("alive", host, agents, cursor);
    }

    @Override
    public PortOwner owner(String networkId, String routerId, String address) {
      var answer = ask("owner", networkId, routerId, address);
      return answer == null || answer.isNull() ? null : Json.convert(answer, PortOwner.class);
    }
  }
}
