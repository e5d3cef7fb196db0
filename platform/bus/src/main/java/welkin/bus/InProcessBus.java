package welkin.bus;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.core.Fault;
import welkin.core.RequestContext;

/**
 * The bus inside one process: a call is a method call on the caller's thread, a cast runs on a
 * virtual thread.
 */
public final class InProcessBus implements Bus {
  private static final Logger log = LoggerFactory.getLogger(InProcessBus.class);
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition offered = lock.newCondition();
  private final Map<Class<?>, Map<String, Object>> offers = new ConcurrentHashMap<>();

  @Override
  public <T> Registration offer(Class<T> type, String host, T endpoint) {
    var hosts = offers.computeIfAbsent(type, t -> new ConcurrentHashMap<>());
    hosts.put(host, endpoint);
    lock.lock();
    try {
      offered.signalAll();
    } finally {
      lock.unlock();
    }
    return () -> hosts.remove(host, endpoint);
  }

  @Override
  public <T> T client(Class<T> type, String host) {
    var proxy =
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, args) -> {
              if (method.getDeclaringClass() == Object.class) {
                return switch (method.getName()) {
                  case "equals" -> self == args[0];
                  case "hashCode" -> System.identityHashCode(self);
                  default -> type.getSimpleName() + "@" + host;
                };
              }
              var endpoint = offers.getOrDefault(type, Map.of()).get(host);
              if (endpoint == null) {
                throw Fault.unavailable(
                    "No " + type.getSimpleName() + " answers on host '" + host + "'.", 5);
              }
              if (method.isAnnotationPresent(Cast.class)) {
                var context = RequestContext.current();
                Thread.startVirtualThread(
                    () ->
                        context.run(
                            () -> {
                              try {
                                method.invoke(endpoint, args);
                              } catch (InvocationTargetException e) {
                                log.warn(
                                    "cast {}.{} on {} failed",
                                    type.getSimpleName(),
                                    method.getName(),
                                    host,
                                    e.getCause());
                              } catch (IllegalAccessException e) {
                                throw new IllegalStateException(e);
                              }
                            }));
                return null;
              }
              try {
                return method.invoke(endpoint, args);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
    return type.cast(proxy);
  }

  @Override
  public Collection<String> hosts(Class<?> type) {
    return java.util.Set.copyOf(offers.getOrDefault(type, Map.of()).keySet());
  }

  @Override
  public boolean awaitHost(Class<?> type, String host, Duration limit) {
    long left = limit.toNanos();
    lock.lock();
    try {
      while (!offers.getOrDefault(type, Map.of()).containsKey(host)) {
        if (left <= 0) {
          return false;
        }
        left = offered.awaitNanos(left);
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    offers.clear();
  }
}
