package welkin.bus;

import java.lang.reflect.InvocationTargetException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.core.Fault;
import welkin.core.RequestContext;

/**
 * The bus inside one process: a call is a method call on the caller's thread, casts run on virtual
 * threads. Objects are handed over as they are, and a call takes as long as it takes.
 */
public final class InProcessBus implements Bus {
  private static final Logger log = LoggerFactory.getLogger(InProcessBus.class);
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition offered = lock.newCondition();
  private final Map<Address, List<Object>> offers = new ConcurrentHashMap<>();
  private final AtomicInteger turn = new AtomicInteger();

  private record Address(Class<?> type, String host) {}

  @Override
  public <T> Registration offer(Class<T> type, String host, T endpoint) {
    Contract.of(type);
    var here = offers.computeIfAbsent(new Address(type, host), t -> new CopyOnWriteArrayList<>());
    here.add(endpoint);
    lock.lock();
    try {
      offered.signalAll();
    } finally {
      lock.unlock();
    }
    return () -> here.removeIf(e -> e == endpoint);
  }

  @Override
  public <T> T client(Class<T> type, String host, Duration patience) {
    var address = new Address(type, host);
    return Contract.client(
        type,
        host,
        (operation, args) -> {
          if (operation.kind() == Contract.Kind.FAN_OUT) {
            here(address).forEach(e -> cast(operation, address, e, args));
            return null;
          }
          var endpoint = choose(address);
          if (endpoint == null && awaitHost(type, host, patience)) {
            endpoint = choose(address);
          }
          if (endpoint == null) {
            throw Contract.of(type).absent(host);
          }
          if (operation.kind() != Contract.Kind.CALL) {
            cast(operation, address, endpoint, args);
            return null;
          }
          try {
            return operation.method().invoke(endpoint, args);
          } catch (InvocationTargetException e) {
            if (e.getCause() instanceof Error error) {
              throw error;
            }
            throw Fault.from(e.getCause());
          }
        });
  }

  private List<Object> here(Address address) {
    return offers.getOrDefault(address, List.of());
  }

  /** Services take turns, of a host the newest counts. */
  private Object choose(Address address) {
    var all = here(address).toArray();
    if (all.length == 0) {
      return null;
    }
    return address.host.isEmpty()
        ? all[Math.floorMod(turn.getAndIncrement(), all.length)]
        : all[all.length - 1];
  }

  private static void cast(
      Contract.Operation operation, Address to, Object endpoint, Object[] args) {
    var context = RequestContext.current();
    Thread.startVirtualThread(
        () ->
            context.run(
                () -> {
                  try {
                    operation.method().invoke(endpoint, args);
                  } catch (InvocationTargetException e) {
                    log.warn(
                        "cast {}.{} on '{}' failed",
                        to.type.getSimpleName(),
                        operation.name(),
                        to.host,
                        e.getCause());
                  } catch (IllegalAccessException e) {
                    throw new IllegalStateException(e);
                  }
                }));
  }

  @Override
  public boolean awaitHost(Class<?> type, String host, Duration limit) {
    var address = new Address(type, host);
    long left = limit.toNanos();
    lock.lock();
    try {
      while (here(address).isEmpty()) {
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
