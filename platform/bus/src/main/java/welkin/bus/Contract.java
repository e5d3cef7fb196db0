package welkin.bus;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
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
   * @param speaker the host that speaks by what the arguments say, or null when they do not
   */
  record Operation(
      Method method, String name, Kind kind, Duration limit, Function<Object[], String> speaker) {}

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
    var kind = Kind.CALL;
    var limit = CALL_LIMIT;
    var cast = method.getAnnotation(Cast.class);
    var within = method.getAnnotation(Within.class);
    if (method.isAnnotationPresent(FanOut.class)) {
      kind = Kind.FAN_OUT;
      limit = CAST_LIMIT;
    } else if (cast != null) {
      kind = cast.validSeconds() == 0 ? Kind.CAST : Kind.SIGN;
      limit = cast.validSeconds() == 0 ? CAST_LIMIT : Duration.ofSeconds(cast.validSeconds());
    } else if (within != null) {
      limit = Duration.ofSeconds(within.seconds());
    }
    return new Operation(method, method.getName(), kind, limit, speaker(method));
  }

  private static Function<Object[], String> speaker(Method method) {
    var parameters = method.getParameters();
    for (int i = 0; i < parameters.length; i++) {
      if (!parameters[i].isAnnotationPresent(Speaker.class)) {
        continue;
      }
      int index = i;
      if (parameters[i].getType() == String.class) {
        return args -> (String) args[index];
      }
      try {
        var host = parameters[i].getType().getMethod("host");
        host.setAccessible(true);
        return args -> {
          try {
            return args[index] == null ? null : (String) host.invoke(args[index]);
          } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
          }
        };
      } catch (NoSuchMethodException e) {
        throw new IllegalArgumentException(method + ": a speaker is a text or has a host", e);
      }
    }
    return null;
  }
}
