package welkin.bus;

import com.rabbitmq.client.AMQP.BasicProperties;
import java.lang.reflect.InvocationTargetException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.core.Fault;

/**
 * Does what messages ask for, each on a virtual thread of its own, and answers. How many at once is
 * bounded by what the broker hands out before it hears that something is done.
 */
final class Workbench {
  private static final Logger log = LoggerFactory.getLogger(Workbench.class);

  /** The broker closes the channel of a consumer that keeps a message for half an hour. */
  private static final long KEEP = Duration.ofMinutes(10).toNanos();

  /** How to reach the caller of a message, on the connection it came by. */
  interface Way {
    void answer(String type, byte[] body);

    /** Tells the broker that the message is dealt with; again is no error. */
    void done();
  }

  private final Map<String, Work> running = new ConcurrentHashMap<>();

  private static final class Work {
    final Way way;
    final long begun = System.nanoTime();
    volatile long said = begun;

    Work(Way way) {
      this.way = way;
    }
  }

  /** Takes a message; called in order, returns at once. */
  void take(
      Contract contract,
      String host,
      Object endpoint,
      BasicProperties properties,
      byte[] body,
      Way way) {
    var id = properties.getCorrelationId();
    switch (properties.getType() == null ? "" : properties.getType()) {
      case Message.PROBE ->
          Thread.startVirtualThread(
              () -> {
                way.answer(running.containsKey(id) ? Message.BEAT : Message.UNKNOWN, new byte[0]);
                way.done();
              });
      case Message.CALL -> {
        if (id == null || running.putIfAbsent(id, new Work(way)) != null) {
          // handed out a second time while it is being worked on
          way.done();
          return;
        }
        Thread.startVirtualThread(() -> call(contract, host, endpoint, properties, body, id, way));
      }
      case Message.CAST ->
          Thread.startVirtualThread(() -> cast(contract, host, endpoint, properties, body, way));
      default -> {
        log.debug("a message of type {} for {} is not understood", properties.getType(), contract);
        way.done();
      }
    }
  }

  private void call(
      Contract contract,
      String host,
      Object endpoint,
      BasicProperties properties,
      byte[] body,
      String id,
      Way way) {
    try {
      byte[] answer;
      String type;
      try {
        answer = Wire.result(perform(contract, endpoint, properties, body));
        type = Message.ANSWER;
      } catch (Throwable t) {
        var fault = Fault.from(t);
        if (fault.status() == 500) {
          log.error(
              "{}.{} on '{}' failed", contract.name(), method(properties), host, cause(fault));
        }
        answer = Wire.fault(fault);
        type = Message.FAULT;
      }
      way.answer(type, answer);
    } finally {
      running.remove(id);
      way.done();
    }
  }

  private void cast(
      Contract contract,
      String host,
      Object endpoint,
      BasicProperties properties,
      byte[] body,
      Way way) {
    try {
      perform(contract, endpoint, properties, body);
    } catch (Throwable t) {
      log.warn("cast {}.{} on '{}' failed", contract.name(), method(properties), host, t);
    } finally {
      way.done();
    }
  }

  private static Object perform(
      Contract contract, Object endpoint, BasicProperties properties, byte[] body)
      throws Throwable {
    var name = method(properties);
    var operation = name == null ? null : contract.operations().get(name);
    if (operation == null) {
      throw Fault.of(
          501,
          "NotImplemented",
          contract.name() + "." + name + " is not known there: it runs another version.");
    }
    var args = Wire.arguments(operation, body);
    var sender = properties.getUserId();
    boolean service = sender != null && BusUrl.agentHost(sender) == null;
    if (!service) {
      mayAsk(contract, operation, BusUrl.agentHost(sender), args);
    }
    return Wire.context(properties.getHeaders(), service)
        .call(
            () -> {
              try {
                return operation.method().invoke(endpoint, args);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** An agent speaks for its own host, and not to what services have among themselves. */
  private static void mayAsk(
      Contract contract, Contract.Operation operation, String host, Object[] args) {
    if (operation.kind() == Contract.Kind.FAN_OUT
        || operation.speaker() != null && !Objects.equals(host, operation.speaker().apply(args))) {
      throw Fault.forbidden(
          contract.name() + "." + operation.name() + " is not for host '" + host + "' to say.");
    }
  }

  private static String method(BasicProperties properties) {
    return Wire.text(properties.getHeaders(), Message.METHOD);
  }

  private static Throwable cause(Fault fault) {
    return fault.getCause() == null ? fault : fault.getCause();
  }

  /** Says of every call that takes its time that it is being worked on. */
  void beat() {
    long now = System.nanoTime();
    for (var work : running.values()) {
      if (now - work.said >= Calls.BEAT.toNanos()) {
        work.said = now;
        work.way.answer(Message.BEAT, new byte[0]);
      }
      if (now - work.begun > KEEP) {
        work.way.done();
      }
    }
  }
}
