package welkin.bus;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.core.Fault;
import welkin.core.Ids;
import welkin.core.RequestContext;

/**
 * The bus over RabbitMQ: one connection a process, made again with all it had when it is lost or
 * the broker comes back empty. Calls under way then fail with 503 and can be repeated.
 */
final class RabbitBus implements Bus {
  private static final Logger log = LoggerFactory.getLogger(RabbitBus.class);

  /** How long a call waits for a connection that is being made. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private static final long FIRST_RETRY_MILLIS = 100;
  private static final long LAST_RETRY_MILLIS = 3_000;

  private final BusUrl url;
  private final InstantSource clock;
  private final Ids ids;
  private final ConnectionFactory factory;
  private final String label;
  private final Calls calls = new Calls();
  private final Workbench workbench = new Workbench();
  private final List<Offer> offers = new CopyOnWriteArrayList<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("bus-watch").factory());
  private final AtomicBoolean beating = new AtomicBoolean();
  private volatile Session session;
  private volatile boolean closed;

  /** Why there is no connection, as far as it is known. */
  private volatile String why;

  static RabbitBus open(BusUrl url, InstantSource clock, Ids ids) {
    return new RabbitBus(url, clock, ids);
  }

  private RabbitBus(BusUrl url, InstantSource clock, Ids ids) {
    this.url = url;
    this.clock = clock;
    this.ids = ids;
    this.label = "welkin " + ProcessHandle.current().pid();
    this.factory = factory(url);
    Thread.ofVirtual().name("bus-keeper").start(this::keep);
    watch.scheduleWithFixedDelay(this::watch, 250, 250, TimeUnit.MILLISECONDS);
  }

  private static ConnectionFactory factory(BusUrl url) {
    var f = new ConnectionFactory();
    f.setHost(url.host());
    f.setPort(url.port());
    f.setVirtualHost(url.vhost());
    f.setUsername(url.user());
    f.setPassword(url.password().reveal());
    f.setAutomaticRecoveryEnabled(false);
    f.setTopologyRecoveryEnabled(false);
    f.setRequestedHeartbeat(10);
    f.setConnectionTimeout(5_000);
    f.setHandshakeTimeout(10_000);
    f.setChannelRpcTimeout(20_000);
    f.setShutdownTimeout(2_000);
    f.setThreadFactory(Thread.ofVirtual().name("bus-", 0).factory());
    f.setSharedExecutor(Executors.newVirtualThreadPerTaskExecutor());
    if (url.tls()) {
      // the client's own default would trust anyone
      f.useSslProtocol(Trust.of(url.ca()));
      f.enableHostnameVerification();
    }
    return f;
  }

  // ---- the connection ----

  private void keep() {
    int failures = 0;
    while (!closed) {
      try {
        var s =
            Session.open(
                factory,
                url,
                ids.uuid(),
                (int) clock.instant().getEpochSecond(),
                label,
                calls,
                workbench);
        log.info("connected to the message bus as {}", url);
        failures = 0;
        why = null;
        s.serve(take(s));
        var lost = s.lost().join();
        drop(s);
        if (!closed) {
          log.warn("the message bus was lost: {}", lost);
        }
      } catch (AuthenticationFailureException e) {
        why = "it does not accept this user and password";
        log.error("the message bus does not accept {}: {}", url, e.getMessage());
        failures++;
      } catch (IOException | TimeoutException | RuntimeException e) {
        why = Session.reason(e);
        if (failures++ % 20 == 0) {
          log.warn("the message bus at {} cannot be reached: {}", url, why);
        }
      }
      rest(failures);
    }
  }

  /** Waits before the next attempt, at random so that a thousand agents do not come at once. */
  private void rest(int failures) {
    long most = Math.min(LAST_RETRY_MILLIS, FIRST_RETRY_MILLIS << Math.min(failures, 10));
    pause(Duration.ofMillis(ThreadLocalRandom.current().nextLong(most / 4, most)));
  }

  /** Waits until the limit has passed or the bus is closed. */
  private void pause(Duration limit) {
    long left = limit.toNanos();
    lock.lock();
    try {
      while (!closed && left > 0) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  /** Uses a connection from now on; answers what has to be offered through it. */
  private List<Offer> take(Session s) {
    lock.lock();
    try {
      offers.forEach(o -> o.stops.clear());
      session = s;
      changed.signalAll();
      if (closed) {
        s.close();
      }
      return List.copyOf(offers);
    } finally {
      lock.unlock();
    }
  }

  private void drop(Session s) {
    session = null;
    s.close();
    calls.lost();
  }

  /** The connection, waiting a while for it. */
  private Session session(Duration patience) {
    long left = patience.toNanos();
    lock.lock();
    try {
      while (session == null && !closed && left > 0) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Fault.of(503, "Interrupted", "The call was interrupted.");
    } finally {
      lock.unlock();
    }
    var s = session;
    if (s == null) {
      throw Fault.away("The message bus cannot be reached.", 5);
    }
    return s;
  }

  // ---- offering ----

  @Override
  public <T> Registration offer(Class<T> type, String host, T endpoint) {
    var offer = new Offer(Contract.of(type), host, endpoint);
    Session s;
    lock.lock();
    try {
      offers.add(offer);
      s = session;
    } finally {
      lock.unlock();
    }
    if (s != null) {
      try {
        s.serve(offer);
      } catch (IOException | ShutdownSignalException e) {
        if (Session.refused(e, AMQP.ACCESS_REFUSED)) {
          offers.remove(offer);
          throw Fault.forbidden("The bus credential of " + url + " may not offer " + offer + ".");
        }
        log.debug("{} is offered when the connection is back", offer);
      }
    }
    return () -> {
      offer.closed = true;
      offers.remove(offer);
      offer.stops.forEach(Runnable::run);
    };
  }

  // ---- calling ----

  @Override
  public <T> T client(Class<T> type, String host, Duration patience) {
    var contract = Contract.of(type);
    return Contract.client(
        type,
        host,
        (operation, args) -> {
          if (url.agentHost() != null
              && (!host.isEmpty() || operation.kind() == Contract.Kind.FAN_OUT)) {
            // the broker would refuse, and take the channel of everyone's calls with it
            throw Fault.forbidden("An agent may speak to services only, not to " + contract.name());
          }
          var body = Wire.arguments(args);
          switch (operation.kind()) {
            case CALL -> {
              return Wire.result(operation, call(contract, operation, host, body, patience));
            }
            case FAN_OUT -> hint(contract, operation, host, body);
            case CAST, SIGN -> cast(contract, operation, host, body);
          }
          return null;
        });
  }

  private byte[] call(
      Contract contract,
      Contract.Operation operation,
      String host,
      byte[] body,
      Duration patience) {
    var call = new Calls.Call(ids.uuid(), contract, operation, host);
    try {
      return call(call, body, patience.compareTo(PATIENCE) > 0 ? patience : PATIENCE);
    } catch (Fault f) {
      if (!call.unread || patience.isZero() || !awaitHost(contract.type(), host, patience)) {
        throw f;
      }
      return call(new Calls.Call(ids.uuid(), contract, operation, host), body, PATIENCE);
    }
  }

  private byte[] call(Calls.Call call, byte[] body, Duration patience) {
    var contract = call.contract;
    var operation = call.operation;
    var host = call.host;
    var s = session(patience);
    calls.begin(call);
    try {
      s.publish(
          Topology.exchange(host),
          Topology.queue(contract, host),
          message(Message.CALL, operation, Calls.SILENCE)
              .correlationId(call.id)
              .replyTo(s.answers())
              .build(),
          body);
      if (s.lost().isDone()) {
        calls.lost(call);
      }
      return calls.await(call);
    } finally {
      calls.end(call);
    }
  }

  private void cast(Contract contract, Contract.Operation operation, String host, byte[] body) {
    var key =
        operation.kind() == Contract.Kind.SIGN && host.isEmpty()
            ? Topology.signs(contract, operation)
            : Topology.queue(contract, host);
    session(Duration.ZERO)
        .publish(
            Topology.exchange(host),
            key,
            message(Message.CAST, operation, operation.limit()).build(),
            body);
  }

  private void hint(Contract contract, Contract.Operation operation, String host, byte[] body) {
    if (!host.isEmpty()) {
      cast(contract, operation, host, body);
      return;
    }
    var s = session;
    if (s == null) {
      return;
    }
    try {
      s.publish(
          Topology.HINTS,
          Topology.hints(contract),
          message(Message.CAST, operation, operation.limit()).build(),
          body);
    } catch (Fault lost) {
      log.debug("a hint was lost: {}", lost.getMessage());
    }
  }

  private BasicProperties.Builder message(
      String type, Contract.Operation operation, Duration waits) {
    var headers = Wire.headers(RequestContext.current());
    headers.put(Message.METHOD, operation.name());
    return new BasicProperties.Builder()
        .type(type)
        .userId(url.user())
        .headers(headers)
        .expiration(Long.toString(waits.toMillis()));
  }

  private void watch() {
    try {
      calls.watch(
          call ->
              Thread.startVirtualThread(() -> probe(session, call.id, call.contract, call.host)));
      if (beating.compareAndSet(false, true)) {
        Thread.startVirtualThread(
            () -> {
              try {
                workbench.beat();
              } finally {
                beating.set(false);
              }
            });
      }
    } catch (RuntimeException e) {
      log.error("the watch over calls failed", e);
    }
  }

  private void probe(Session s, String id, Contract contract, String host) {
    if (s == null) {
      return;
    }
    try {
      s.publish(
          Topology.exchange(host),
          Topology.queue(contract, host),
          new BasicProperties.Builder()
              .type(Message.PROBE)
              .correlationId(id)
              .replyTo(s.answers())
              .userId(url.user())
              .expiration(Long.toString(Calls.SILENCE.toMillis()))
              .build(),
          new byte[0]);
    } catch (Fault e) {
      log.debug("not asked: {}", e.getMessage());
    }
  }

  /** Whether somebody reads the queue of an offer. */
  private boolean there(Contract contract, String host) {
    var s = session;
    if (s == null) {
      return false;
    }
    var question = Calls.question(ids.uuid(), contract, host);
    calls.begin(question);
    try {
      probe(s, question.id, contract, host);
      calls.await(question);
      return true;
    } catch (Fault no) {
      return false;
    } finally {
      calls.end(question);
    }
  }

  @Override
  public String trouble() {
    var s = session;
    return s == null
        ? "the message bus at " + url + " cannot be reached" + (why == null ? "" : ": " + why)
        : s.trouble();
  }

  @Override
  public boolean awaitHost(Class<?> type, String host, Duration limit) {
    var contract = Contract.of(type);
    long end = System.nanoTime() + limit.toNanos();
    for (long wait = 50; !closed; wait = Math.min(500, wait * 2)) {
      if (there(contract, host)) {
        return true;
      }
      long left = end - System.nanoTime();
      if (left <= 0 || Thread.currentThread().isInterrupted()) {
        return false;
      }
      pause(Duration.ofNanos(Math.min(left, TimeUnit.MILLISECONDS.toNanos(wait))));
    }
    return false;
  }

  @Override
  public void close() {
    closed = true;
    offers.forEach(o -> o.closed = true);
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    var s = session;
    if (s != null) {
      s.close();
    }
    calls.lost();
    watch.shutdownNow();
  }
}
