package welkin.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What comes over a connection that no client of good will writes. */
class HardConnectionTest {
  private final List<Socket> open = new ArrayList<>();
  private HttpServer server;

  @BeforeEach
  void listen() {
    var routes = new Routes("/v1");
    routes.get("/thing", c -> Answer.ok(Map.of("fine", true))).open();
    routes.post("/thing", c -> Answer.ok(Map.of("fields", c.object().size()))).open();
    server = new HttpServer(TestDoor.to(routes), "127.0.0.1", 0);
    server.open();
  }

  @AfterEach
  void close() throws IOException {
    for (var socket : open) {
      socket.close();
    }
    server.close();
  }

  private Socket connect() throws IOException {
    var socket = new Socket("127.0.0.1", server.port());
    socket.setSoTimeout(30_000);
    open.add(socket);
    return socket;
  }

  private static void write(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
  }

  /** The status of the answer, 0 when the connection was closed without one. */
  private static int status(Socket socket) throws IOException {
    var line = new StringBuilder();
    try {
      for (int c = socket.getInputStream().read();
          c >= 0 && c != '\n';
          c = socket.getInputStream().read()) {
        line.append((char) c);
      }
    } catch (java.net.SocketException reset) {
      return 0;
    }
    return line.isEmpty() ? 0 : Integer.parseInt(line.substring(9, 12));
  }

  private int say(String text) throws IOException {
    var socket = connect();
    try {
      write(socket, text);
    } catch (java.net.SocketException closed) {
      // the answer may be there all the same
    }
    return status(socket);
  }

  private static final String POST = "POST /thing/v1/thing HTTP/1.1\r\nHost: x\r\n";
  private static final String GET = "GET /thing/v1/thing HTTP/1.1\r\nHost: x\r\n";

  @Test
  void headersWithoutMeasureAreRefused() throws IOException {
    assertThat(say(GET + "A: " + "x".repeat(100_000) + "\r\n\r\n")).isIn(0, 431);
    assertThat(say(GET + "A: b\r\n".repeat(20_000) + "\r\n")).isIn(0, 431);
    assertThat(say("GET /thing/" + "x".repeat(100_000) + " HTTP/1.1\r\nHost: x\r\n\r\n"))
        .isIn(0, 414);
    assertThat(say(GET + "A: " + "x".repeat(30_000) + "\r\n\r\n")).isEqualTo(200);
  }

  @Test
  void whatIsNoHttpIsRefused() throws IOException {
    for (var text :
        List.of(
            "\u0016\u0003\u0001\u0000\u0000\r\n\r\n",
            "GET\r\n\r\n",
            "GET /thing\r\n\r\n",
            "GET /thing/v1/thing HTTP/9.9\r\n\r\n",
            "GET /thing/v1/thing HTTP/1.1\r\n\r\n",
            GET + "A\u0000: b\r\n\r\n",
            GET + "A b: c\r\n\r\n",
            GET + "A: b\u0000c\r\n\r\n",
            GET + ": b\r\n\r\n",
            GET + " folded: b\r\n\r\n",
            POST + "Content-Length: -1\r\n\r\n",
            POST + "Content-Length: x\r\n\r\n",
            POST + "Content-Length: 99999999999999999999\r\n\r\n")) {
      assertThat(say(text)).as(text).isIn(0, 400, 413, 505);
    }
    for (var path :
        List.of(
            "/thing/v1/thing%00",
            "/thing/v1/%zz",
            "/thing/v1/\u00e9",
            "//",
            "*",
            "/thing/v1/..%2f..",
            "/thing/v1/thing;x",
            "/thing\\v1",
            "http://[::1/",
            "/thing/v1/%u0041")) {
      assertThat(say("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n")).as(path).isBetween(400, 499);
    }
  }

  /** Two lengths are two requests to whoever stands in front: neither is believed. */
  @Test
  void aBodyWithTwoLengthsIsRefused() throws IOException {
    for (var lengths :
        List.of(
            "Content-Length: 2\r\nContent-Length: 3\r\n",
            "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
            "Transfer-Encoding: chunked, identity\r\n",
            "Transfer-Encoding: xchunked\r\n")) {
      assertThat(say(POST + lengths + "\r\n{}\r\n0\r\n\r\n")).as(lengths).isIn(400, 501);
    }
  }

  @Test
  void chunksAreBoundedAndWellFormed() throws IOException {
    var chunked = POST + "Transfer-Encoding: chunked\r\n\r\n";
    assertThat(say(chunked + "7\r\n{\"a\":1}\r\n0\r\n\r\n")).isEqualTo(200);
    assertThat(say(chunked + "zz\r\n{}\r\n0\r\n\r\n")).isIn(0, 400);
    assertThat(say(chunked + "-1\r\n{}\r\n0\r\n\r\n")).isIn(0, 400);
    assertThat(say(chunked + "fffffffffffffffff\r\n{}")).isIn(0, 400, 413);
    var socket = connect();
    write(socket, chunked);
    try {
      for (int i = 0; i < 4_000; i++) { // 16 MB of one that never ends
        write(socket, "1000\r\n" + "[".repeat(4096) + "\r\n");
      }
    } catch (IOException refused) {
      // its answer was given and the connection closed
    }
    assertThat(status(socket)).isIn(0, 413);
  }

  /** Who sends a letter now and then waits by himself: the others are served meanwhile. */
  @Test
  void theSlowHoldUpNobody() throws IOException {
    var slow = new ArrayList<Socket>();
    for (int i = 0; i < 400; i++) {
      var socket = connect();
      write(socket, i % 2 == 0 ? GET + "A: b" : POST + "Content-Length: 9\r\n\r\n{\"a\"");
      slow.add(socket);
    }
    long begin = System.nanoTime();
    for (int i = 0; i < 20; i++) {
      assertThat(say(GET + "\r\n")).isEqualTo(200);
      write(slow.get(2 * i), "x");
    }
    assertThat(System.nanoTime() - begin).isLessThan(20_000_000_000L);
    write(slow.get(1), ": 12}");
    assertThat(status(slow.get(1))).isEqualTo(200);
    write(slow.get(0), "\r\n\r\n");
    assertThat(status(slow.get(0))).isEqualTo(200);
  }

  @Test
  void aBodyThatEndsEarlyIsNoRequest() throws IOException {
    var socket = connect();
    write(socket, POST + "Content-Length: 100\r\n\r\n{\"a\":1}");
    socket.shutdownOutput();
    assertThat(status(socket)).isIn(0, 400);
    assertThat(say(GET + "\r\n")).isEqualTo(200);
  }
}
