package welkin.bus;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Exchanges and queues on the broker. Nothing is durable: whoever needs something declares it again
 * after a restart.
 *
 * <pre>
 * from     to         exchange          routing key = queue
 * anyone   service    welkin.services   service.INTERFACE, service.INTERFACE.METHOD (signs of life)
 * service  host       the default one   agent.HOST.INTERFACE
 * service  services   welkin.hints      hints.INTERFACE, to a queue of each process
 * anyone   caller     welkin.replies    replies.ID (answers to a service)
 * service  caller     the default one   reply.HOST.ID (answers to an agent)
 * </pre>
 *
 * An agent's credential may write to the first and the fourth only. It binds nothing: who may bind
 * to an exchange may read what is meant for others.
 */
final class Topology {
  static final String SERVICES = "welkin.services";
  static final String HINTS = "welkin.hints";
  static final String REPLIES = "welkin.replies";
  static final String DEFAULT = "";

  /** How many messages of a queue a process works on at once; the rest waits at the broker. */
  private static final int WORK = 64;

  private static final int SIGNS = 16;

  /** Signs of life that wait for a slow worker; the oldest give way. */
  private static final Map<String, Object> BOUNDED = Map.of("x-max-length", 5_000);

  private Topology() {}

  /**
   * A queue that an offer reads from.
   *
   * @param exchange what it is bound to, or null for the default exchange, which needs no binding
   * @param own whether it is this process's alone
   */
  record Source(
      String queue,
      String exchange,
      String key,
      boolean own,
      int prefetch,
      Map<String, Object> arguments) {}

  /** Where calls and casts to an interface go. */
  static String queue(Contract contract, String host) {
    return host.isEmpty() ? "service." + contract.name() : "agent." + host + "." + contract.name();
  }

  static String exchange(String host) {
    return host.isEmpty() ? SERVICES : DEFAULT;
  }

  static String signs(Contract contract, Contract.Operation operation) {
    return "service." + contract.name() + "." + operation.name();
  }

  static String hints(Contract contract) {
    return "hints." + contract.name();
  }

  /** The queue of one connection's answers. */
  static String replies(String agentHost, String id) {
    return agentHost == null ? "replies." + id : "reply." + agentHost + "." + id;
  }

  /**
   * The exchange that an answer takes, or null when the asker names a queue that is not its own.
   *
   * @param sender the broker's user who asked, as the broker has verified it
   */
  static String replyExchange(String replyTo, String sender) {
    if (replyTo == null) {
      return null;
    }
    if (replyTo.startsWith("replies.")) {
      return REPLIES;
    }
    var host = BusUrl.agentHost(sender);
    return host != null && replyTo.startsWith("reply." + host + ".") ? DEFAULT : null;
  }

  /** What has to be read to serve an offer. */
  static List<Source> sources(Contract contract, String host, String id) {
    var queue = queue(contract, host);
    if (!host.isEmpty()) {
      return List.of(new Source(queue, null, queue, false, WORK, Map.of()));
    }
    var sources = new ArrayList<Source>();
    boolean work = false;
    boolean hints = false;
    for (var o : contract.operations().values()) {
      work |= o.kind() == Contract.Kind.CALL || o.kind() == Contract.Kind.CAST;
      hints |= o.kind() == Contract.Kind.FAN_OUT;
      if (o.kind() == Contract.Kind.SIGN) {
        var signs = signs(contract, o);
        sources.add(new Source(signs, SERVICES, signs, false, SIGNS, BOUNDED));
      }
    }
    if (work) {
      sources.add(new Source(queue, SERVICES, queue, false, WORK, Map.of()));
    }
    if (hints) {
      var key = hints(contract);
      sources.add(new Source(key + "." + id, HINTS, key, true, SIGNS, BOUNDED));
    }
    return sources;
  }
}
