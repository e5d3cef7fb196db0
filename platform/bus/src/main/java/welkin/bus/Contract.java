package welkin.bus;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import welkin.core.Fault;
import welkin.core.TransactionGuard;

/** An interface as the bus sees it: its methods by name, and how each is sent. */
record Contract(Class<?> type, Map<String, Operation> operations) {
  private static final Map<Class<?>, Contract> KNOWN = new ConcurrentHashMap<>();
  private static final Duration CALL_LIMIT = Duration.ofMinutes(30);
  private static final Duration CAST_LIMIT = Duration.ofMinutes(1);

  enum Kind {
    CALL,
    CAST,
    /** A cast that the next one replaces. */
    SIGN,
    FAN_OUT
  }

  /**
   * @param limit how long a call may take, how long a cast may wait to be read
   */
  record Operation(Method method, String name, Kind kind, Duration limit) {}

  /** What a client does with a method that was called on it. */
  interface Sender {
    Object send(Operation operation, Object[] args) throws Throwable;
  }

  static Contract of(Class<?> type) {
    return KNOWN.computeIfAbsent(type, Contract::read);
  }

  String name() {
    return type.getSimpleName();
  }

  /** A client whose methods go to {@code sender}. */
  static <T> T client(Class<T> type, String host, Sender sender) {
    var contract = of(type);
    var label = contract.name() + "@" + host;
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, args) -> {
              if (method.getDeclaringClass() == Object.class) {
                return switch (method.getName()) {
                  case "equals" -> self == args[0];
                  case "hashCode" -> System.identityHashCode(self);
                  default -> label;
                };
              }
              TransactionGuard.mustBeOutside("a message to " + label);
              return sender.send(contract.operations.get(method.getName()), args);
            }));
  }

  /** What a caller learns when nobody offers this interface on a host. */
  Fault absent(String host) {
    return Fault.unavailable("No " + name() + " answers on host '" + host + "'.", 5);
  }

  private static Contract read(Class<?> type) {
    if (!type.isInterface()) {
      throw new IllegalArgumentException(type + " is no interface");
    }
    var operations = new HashMap<String, Operation>();
    for (var method : type.getMethods()) {
      if (java.lang.reflect.Modifier.isStatic(method.getModifiers())) {
        continue;
      }
      method.setAccessible(true);
      var operation = operation(method);
      if (operation.kind != Kind.CALL && method.getReturnType() != void.class) {
        throw new IllegalArgumentException(method + " answers something, but nobody waits for it");
      }
      if (operations.put(method.getName(), operation) != null) {
        throw new IllegalArgumentException(
            type + " has two methods named " + method.getName() + ": a message could mean either");
      }
    }
    return new Contract(type, Map.copyOf(operations));
  }

  private static Operation operation(Method method) {
    if (method.isAnnotationPresent(FanOut.class)) {
      return new Operation(method, method.getName(), Kind.FAN_OUT, CAST_LIMIT);
    }
    var cast = method.getAnnotation(Cast.class);
    if (cast != null) {
      return cast.validSeconds() == 0
          ? new Operation(method, method.getName(), Kind.CAST, CAST_LIMIT)
          : new Operation(
              method, method.getName(), Kind.SIGN, Duration.ofSeconds(cast.validSeconds()));
    }
    var within = method.getAnnotation(Within.class);
    return new Operation(
        method,
        method.getName(),
        Kind.CALL,
        within == null ? CALL_LIMIT : Duration.ofSeconds(within.seconds()));
  }
}
