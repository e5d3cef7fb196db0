package welkin.agents.hypervisor;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import welkin.core.Fault;
import welkin.core.Json;

/**
 * The QEMU Machine Protocol over a unix socket: one JSON document a line, answers by id, events in
 * between (QEMU, {@code docs/interop/qmp-spec.rst}).
 *
 * <p>A QEMU character device serves one client at a time; a second one is queued without a
 * greeting, which shows here as a fault 503 when the deadline passes.
 */
final class QmpClient implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(QmpClient.class);
  private static final int LINE_MAX = 16 << 20;

  private final SocketChannel channel;
  private final Map<String, CompletableFuture<JsonNode>> pending = new ConcurrentHashMap<>();
  private final List<Consumer<QmpEvent>> listeners = new CopyOnWriteArrayList<>();
  private final Set<CompletableFuture<QmpEvent>> waiters = ConcurrentHashMap.newKeySet();
  private final CompletableFuture<JsonNode> greeting = new CompletableFuture<>();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private final ReentrantLock writing = new ReentrantLock();
  private final AtomicLong ids = new AtomicLong();

  private QmpClient(SocketChannel channel) {
    this.channel = channel;
  }

  /**
   * Connects, waiting until the socket is there, and leaves capability negotiation behind.
   *
   * @param listener hears every event, on the reading thread: it must be quick
   * @param alive asked while waiting; when it says no, there is nothing to wait for
   */
  static QmpClient connect(
      Path socket, Duration limit, BooleanSupplier alive, Consumer<QmpEvent> listener) {
    long deadline = System.nanoTime() + limit.toNanos();
    var client = new QmpClient(dial(socket, deadline, alive));
    client.listeners.add(listener);
    Thread.ofVirtual().name("qmp " + socket.getParent()).start(client::read);
    try {
      client.take(client.greeting, deadline, "greeting");
      client.execute("qmp_capabilities", Map.of(), left(deadline));
      return client;
    } catch (RuntimeException e) {
      client.close();
      throw e;
    }
  }

  private static SocketChannel dial(Path socket, long deadline, BooleanSupplier alive) {
    while (true) {
      try {
        return SocketChannel.open(UnixDomainSocketAddress.of(socket));
      } catch (IOException e) {
        // not yet listening: QEMU makes the socket some 50 ms after its start
        if (!alive.getAsBoolean()) {
          throw Fault.of(500, "HypervisorDied", "QEMU ended before its monitor answered.");
        }
        if (System.nanoTime() > deadline) {
          throw Fault.unavailable("QEMU's monitor " + socket + " does not answer: " + e, 5);
        }
        LockSupport.parkNanos(10_000_000);
      }
    }
  }

  /** Starts to wait for an event before the command that causes it is sent. */
  Waiter expect(Predicate<QmpEvent> wanted) {
    return new Waiter(wanted);
  }

  /** One event to come. */
  final class Waiter implements AutoCloseable {
    private final CompletableFuture<QmpEvent> seen = new CompletableFuture<>();
    private final Consumer<QmpEvent> listener;

    private Waiter(Predicate<QmpEvent> wanted) {
      listener =
          e -> {
            if (wanted.test(e)) {
              seen.complete(e);
            }
          };
      listeners.add(listener);
      waiters.add(seen);
      if (closed.isDone()) {
        seen.complete(null);
      }
    }

    /** The event; null when it did not come in time or QEMU ended. */
    QmpEvent await(Duration limit) {
      try {
        return seen.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        return null;
      } catch (ExecutionException e) {
        throw new IllegalStateException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw Fault.unavailable("Interrupted while waiting for QEMU.", 1);
      }
    }

    @Override
    public void close() {
      listeners.remove(listener);
      waiters.remove(seen);
    }
  }

  /** Runs a command with the usual deadline of 30 s. */
  JsonNode execute(String command, Map<String, ?> arguments) {
    return execute(command, arguments, Duration.ofSeconds(30));
  }

  JsonNode execute(String command) {
    return execute(command, Map.of());
  }

  /** Runs a command; QEMU's refusal is a fault 500 with its own words. */
  JsonNode execute(String command, Map<String, ?> arguments, Duration limit) {
    var id = Long.toString(ids.incrementAndGet());
    var answer = new CompletableFuture<JsonNode>();
    pending.put(id, answer);
    try {
      if (closed.isDone()) {
        throw gone(command);
      }
      send(Json.bytes(Map.of("execute", command, "arguments", arguments, "id", id)));
      var node = take(answer, System.nanoTime() + limit.toNanos(), command);
      if (node == null) {
        throw gone(command);
      }
      var error = node.get("error");
      if (error != null) {
        throw Fault.of(
                500, "HypervisorError", "QEMU refused " + command + ": " + text(error, "desc"))
            .with("qemu_class", String.valueOf(text(error, "class")));
      }
      return node.get("return");
    } finally {
      pending.remove(id);
    }
  }

  private static String text(JsonNode node, String field) {
    return Json.string(node, field);
  }

  private static Fault gone(String command) {
    return Fault.of(500, "HypervisorDied", "QEMU ended before it answered " + command + ".");
  }

  private JsonNode take(CompletableFuture<JsonNode> answer, long deadline, String what) {
    try {
      return answer.get(left(deadline).toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw Fault.unavailable("QEMU's monitor did not answer " + what + " in time.", 5);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Fault.unavailable("Interrupted while waiting for QEMU.", 1);
    }
  }

  private static Duration left(long deadline) {
    return Duration.ofNanos(Math.max(1_000_000, deadline - System.nanoTime()));
  }

  private void send(byte[] document) {
    var line = ByteBuffer.allocate(document.length + 1).put(document).put((byte) '\n').flip();
    writing.lock();
    try {
      while (line.hasRemaining()) {
        channel.write(line);
      }
    } catch (IOException e) {
      throw gone("a command");
    } finally {
      writing.unlock();
    }
  }

  private void read() {
    var buffer = ByteBuffer.allocate(64 << 10);
    var line = new ByteArrayOutputStream();
    try {
      while (channel.read(buffer.clear()) >= 0) {
        buffer.flip();
        while (buffer.hasRemaining()) {
          byte b = buffer.get();
          if (b == '\n') {
            receive(line.toByteArray());
            line.reset();
          } else if (line.size() < LINE_MAX) {
            line.write(b);
          } else {
            throw new IOException("a line longer than " + LINE_MAX + " bytes");
          }
        }
      }
    } catch (IOException | JacksonException e) {
      log.debug("monitor closed: {}", e.toString());
    } finally {
      close();
    }
  }

  private void receive(byte[] line) {
    if (line.length == 0 || (line.length == 1 && line[0] == '\r')) {
      return;
    }
    var node = Json.MAPPER.readTree(line);
    if (node.has("event")) {
      var event = new QmpEvent(node.get("event").asString(), node.get("data"));
      for (var l : listeners) {
        l.accept(event);
      }
    } else if (node.has("QMP")) {
      greeting.complete(node);
    } else if (node.has("id")) {
      var waiting = pending.get(node.get("id").asString());
      if (waiting != null) {
        waiting.complete(node);
      }
    }
  }

  boolean isOpen() {
    return !closed.isDone();
  }

  /** Completes when the connection is gone, for whatever reason. */
  CompletableFuture<Void> closed() {
    return closed;
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // it is gone either way
    }
    if (closed.complete(null)) {
      greeting.complete(null);
      pending.values().forEach(p -> p.complete(null));
      waiters.forEach(w -> w.complete(null));
    }
  }
}
