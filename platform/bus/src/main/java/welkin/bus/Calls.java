package welkin.bus;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.ShutdownSignalException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import welkin.core.Fault;

/**
 * Calls under way, as their callers see them. Whoever works on a call says so every few seconds; a
 * caller that hears nothing first asks whether the call is still known, and then gives up.
 */
final class Calls {
  /** A host that works on a call says so this often. */
  static final Duration BEAT = Duration.ofSeconds(3);

  /** After so long without a sign the caller asks; a host that was started again says so. */
  private static final long ASK = Duration.ofMillis(4_500).toNanos();

  /** After so long without a sign the caller gives up: three beats missing. */
  static final Duration SILENCE = Duration.ofSeconds(12);

  private static final Contract.Operation PRESENCE =
      new Contract.Operation(null, "(there?)", Contract.Kind.CALL, Duration.ofSeconds(2), null);

  private final Map<String, Call> open = new ConcurrentHashMap<>();

  /** A call that waits for its answer. */
  static final class Call {
    final String id;
    final Contract contract;
    final Contract.Operation operation;
    final String host;
    final CompletableFuture<byte[]> answer = new CompletableFuture<>();
    private final long begun = System.nanoTime();
    private volatile long heard = begun;
    private volatile long asked = begun;

    /** Nobody reads where it was sent to, so that nobody has begun with it. */
    volatile boolean unread;

    Call(String id, Contract contract, Contract.Operation operation, String host) {
      this.id = id;
      this.contract = contract;
      this.operation = operation;
      this.host = host;
    }

    private String what() {
      return contract.name() + "." + operation.name() + " on host '" + host + "'";
    }

    private void fail(Fault fault) {
      answer.completeExceptionally(fault);
    }
  }

  /** The question whether somebody offers {@code contract} on a host; answered by an empty body. */
  static Call question(String id, Contract contract, String host) {
    return new Call(id, contract, PRESENCE, host);
  }

  void begin(Call call) {
    open.put(call.id, call);
  }

  void end(Call call) {
    open.remove(call.id);
  }

  /** Waits for the answer's body. */
  byte[] await(Call call) {
    try {
      return call.answer.get();
    } catch (ExecutionException e) {
      throw Fault.from(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Fault.of(503, "Interrupted", call.what() + " was interrupted");
    }
  }

  /** A message for one of the calls; others were given up. */
  void hear(String type, String id, byte[] body) {
    var call = id == null ? null : open.get(id);
    if (call == null) {
      return;
    }
    switch (type) {
      case Message.ANSWER -> call.answer.complete(body);
      case Message.FAULT -> call.fail(Wire.fault(body));
      case Message.BEAT -> call.heard = System.nanoTime();
      case Message.UNKNOWN -> {
        if (call.operation == PRESENCE) {
          call.answer.complete(body);
        } else {
          call.fail(
              Fault.away(call.what() + " was under way when its agent was started again.", 1));
        }
      }
      default -> {
        // of a later version
      }
    }
  }

  /** Nobody reads the queue that a call, or the question after it, was sent to. */
  void returned(String id) {
    var call = id == null ? null : open.get(id);
    if (call != null) {
      call.unread = true;
      call.fail(call.contract.absent(call.host));
    }
  }

  /** The broker closed the channel that calls are sent through. */
  void refused(ShutdownSignalException why) {
    if (why.isHardError() || !(why.getReason() instanceof AMQP.Channel.Close close)) {
      return;
    }
    var words = close.getReplyText();
    for (var call : open.values()) {
      if (call.heard != call.begun) {
        // it arrived before
        continue;
      }
      if (close.getReplyCode() == AMQP.NOT_FOUND) {
        // no service was ever there to declare the exchange
        call.fail(call.contract.absent(call.host));
      } else if (close.getReplyCode() == AMQP.ACCESS_REFUSED
          && !call.host.isEmpty() == words.contains("'amq.default'")) {
        call.fail(Fault.forbidden(call.what() + ": this bus credential may not call it."));
      } else {
        call.fail(Outlet.lost());
      }
    }
  }

  /** The connection is gone; whether the work was done is unknown. */
  void lost() {
    open.values().forEach(c -> c.fail(Outlet.lost()));
  }

  void lost(Call call) {
    call.fail(Outlet.lost());
  }

  /** Looks at every call: which to ask after, which to give up. */
  void watch(java.util.function.Consumer<Call> ask) {
    long now = System.nanoTime();
    for (var call : open.values()) {
      if (now - call.begun > call.operation.limit().toNanos()) {
        call.fail(
            Fault.of(
                504,
                "GatewayTimeout",
                call.what()
                    + " did not finish within "
                    + call.operation.limit().toSeconds()
                    + " s."));
      } else if (now - call.heard > SILENCE.toNanos()) {
        call.fail(
            Fault.of(
                504,
                "GatewayTimeout",
                call.what() + " gave no sign for " + SILENCE.toSeconds() + " s."));
      } else if (!call.host.isEmpty() && now - Math.max(call.heard, call.asked) > ASK) {
        call.asked = now;
        ask.accept(call);
      }
    }
  }
}
