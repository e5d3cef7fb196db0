package welkin.agents.hypervisor;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import welkin.core.Json;

/**
 * A monitor written by hand: says the greeting and what a function answers, one client at a time.
 */
final class FakeQmp implements AutoCloseable {
  private final ServerSocketChannel server;
  private final Function<JsonNode, List<String>> answers;
  private volatile SocketChannel client;
  final List<String> commands = new CopyOnWriteArrayList<>();

  /**
   * @param answers the lines to say to a command, {@code @id} standing for its id; none to stay
   *     silent
   */
  FakeQmp(Path socket, Function<JsonNode, List<String>> answers) throws IOException {
    this.answers = answers;
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    Thread.startVirtualThread(this::serve);
  }

  private void serve() {
    try {
      while (true) {
        client = server.accept();
        say("{\"QMP\": {\"version\": {}, \"capabilities\": [\"oob\"]}}");
        var in =
            new BufferedReader(
                new InputStreamReader(Channels.newInputStream(client), StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
          var command = Json.parse(line);
          commands.add(command.get("execute").asString());
          var lines =
              command.get("execute").asString().equals("qmp_capabilities")
                  ? List.of("{\"return\": {}, \"id\": \"@id\"}")
                  : answers.apply(command);
          for (var l : lines) {
            say(l.replace("@id", command.get("id").asString()));
          }
        }
      }
    } catch (IOException e) {
      // closed
    }
  }

  void say(String line) throws IOException {
    var bytes = ByteBuffer.wrap((line + "\r\n").getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      client.write(bytes);
    }
  }

  void hangUp() throws IOException {
    client.close();
  }

  @Override
  public void close() throws IOException {
    if (client != null) {
      client.close();
    }
    server.close();
  }
}
