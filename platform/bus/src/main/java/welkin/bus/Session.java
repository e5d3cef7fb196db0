package welkin.bus;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.BlockedListener;
import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.core.Fault;

/**
 * One connection to the broker, from its beginning to its end; nothing of it is mended, a new one
 * takes its place. All hosts of a process share it, and a few channels.
 */
final class Session implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Session.class);

  /** Channels that offers are read through; each declares and reads in a row. */
  private static final int DESKS = 8;

  private final BusUrl url;
  private final Connection connection;
  private final Workbench workbench;
  private final String id;
  private final String answers;
  private final int rank;
  private final Outlet requests;
  private final Outlet replies;
  private final List<Desk> desks = new ArrayList<>();
  private final AtomicInteger nextDesk = new AtomicInteger();
  private final CompletableFuture<String> lost = new CompletableFuture<>();
  private volatile boolean blocked;

  /**
   * Connects and declares what every process needs.
   *
   * @param id random: nobody else can name this process's queues
   * @param rank of several processes that offer the same host the one with the highest counts
   */
  static Session open(
      ConnectionFactory factory,
      BusUrl url,
      String id,
      int rank,
      String label,
      Calls calls,
      Workbench workbench)
      throws IOException, TimeoutException {
    var connection = factory.newConnection(label);
    try {
      return new Session(connection, url, id, rank, calls, workbench);
    } catch (IOException | RuntimeException e) {
      connection.abort(1_000);
      throw e;
    }
  }

  private Session(
      Connection connection, BusUrl url, String id, int rank, Calls calls, Workbench workbench)
      throws IOException {
    this.connection = connection;
    this.url = url;
    this.workbench = workbench;
    this.id = id;
    this.rank = rank;
    this.answers = Topology.replies(url.agentHost(), id);
    connection.addShutdownListener(why -> lost.complete(why.getMessage()));
    connection.addBlockedListener(
        new BlockedListener() {
          @Override
          public void handleBlocked(String reason) {
            log.warn("the message bus takes no messages: {}", reason);
            blocked = true;
          }

          @Override
          public void handleUnblocked() {
            blocked = false;
          }
        });
    requests =
        new Outlet(
            connection,
            channel -> {
              channel.addReturnListener(r -> calls.returned(r.getProperties().getCorrelationId()));
              channel.addShutdownListener(calls::refused);
            });
    replies = new Outlet(connection, channel -> {});
    var channel = connection.createChannel();
    if (url.agentHost() == null) {
      for (var exchange : List.of(Topology.SERVICES, Topology.HINTS, Topology.REPLIES)) {
        channel.exchangeDeclare(exchange, BuiltinExchangeType.DIRECT, false, false, null);
      }
    }
    channel.queueDeclare(answers, false, true, true, null);
    if (url.agentHost() == null) {
      channel.queueBind(answers, Topology.REPLIES, answers);
    }
    channel.addShutdownListener(this::broken);
    channel.basicConsume(
        answers,
        true,
        new DefaultConsumer(channel) {
          @Override
          public void handleDelivery(
              String tag, Envelope envelope, BasicProperties properties, byte[] body) {
            calls.hear(String.valueOf(properties.getType()), properties.getCorrelationId(), body);
          }

          @Override
          public void handleCancel(String tag) {
            reset("its queue of answers was deleted");
          }
        });
    for (int i = 0; i < DESKS; i++) {
      desks.add(new Desk());
    }
  }

  /** Completes with the reason when the connection has ended. */
  CompletableFuture<String> lost() {
    return lost;
  }

  /** Where answers to this process's calls go. */
  String answers() {
    return answers;
  }

  /** Sends a call, a cast or a question. */
  void publish(String exchange, String key, BasicProperties properties, byte[] body) {
    if (blocked) {
      throw Fault.away("The message bus takes no messages at present.", 5);
    }
    requests.publish(exchange, key, properties, body);
  }

  private void reply(BasicProperties request, String type, byte[] body) {
    var exchange = Topology.replyExchange(request.getReplyTo(), request.getUserId());
    if (exchange == null) {
      log.warn(
          "{} asks for an answer to {}, which is not its own",
          request.getUserId(),
          request.getReplyTo());
      return;
    }
    try {
      replies.publish(
          exchange,
          request.getReplyTo(),
          new BasicProperties.Builder()
              .type(type)
              .correlationId(request.getCorrelationId())
              .userId(url.user())
              .build(),
          body);
    } catch (Fault e) {
      log.debug("an answer was lost: {}", e.getMessage());
    }
  }

  /** A channel that others depend on broke: start afresh. */
  private void broken(ShutdownSignalException why) {
    if (!why.isHardError() && !why.isInitiatedByApplication()) {
      reset(why.getMessage());
    }
  }

  private void reset(String why) {
    log.warn("the message bus is connected anew: {}", why);
    Thread.startVirtualThread(() -> connection.abort(2_000));
  }

  /** Serves an offer from now on. */
  void serve(Offer offer) throws IOException {
    desks.get(Math.floorMod(nextDesk.getAndIncrement(), DESKS)).serve(offer);
  }

  /** Serves many offers, several at a time. */
  void serve(List<Offer> offers) {
    var threads = new ArrayList<Thread>();
    for (int i = 0; i < DESKS; i++) {
      int first = i;
      threads.add(
          Thread.startVirtualThread(
              () -> {
                for (int k = first; k < offers.size(); k += DESKS) {
                  try {
                    desks.get(first).serve(offers.get(k));
                  } catch (IOException | ShutdownSignalException e) {
                    log.warn("{} cannot be offered: {}", offers.get(k), reason(e));
                  }
                }
              }));
    }
    for (var t : threads) {
      try {
        t.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /** What the broker said, without the client's wrapping. */
  static String reason(Throwable t) {
    var cause = t.getCause() == null ? t : t.getCause();
    return cause.getMessage() == null ? cause.toString() : cause.getMessage();
  }

  /** Whether the broker refused with an AMQP reply code. */
  static boolean refused(Throwable t, int code) {
    var cause = t instanceof ShutdownSignalException ? t : t.getCause();
    return cause instanceof ShutdownSignalException s
        && s.getReason() instanceof AMQP.Channel.Close close
        && close.getReplyCode() == code;
  }

  /** Why nothing can be sent, or null. */
  String trouble() {
    return blocked ? "the message bus takes no messages: it is short of memory or disk" : null;
  }

  @Override
  public void close() {
    connection.abort(2_000);
  }

  /** A channel to read from, and one beside it to declare with, which may break. */
  private final class Desk {
    private final ReentrantLock lock = new ReentrantLock();
    private final Channel in;
    private Channel setup;

    /** What the next reader of it takes at most; the broker keeps it until it is told otherwise. */
    private int prefetch;

    Desk() throws IOException {
      in = connection.createChannel();
      in.addShutdownListener(Session.this::broken);
    }

    void serve(Offer offer) throws IOException {
      for (var source : Topology.sources(offer.contract, offer.host, id)) {
        lock.lock();
        try {
          read(offer, source);
        } finally {
          lock.unlock();
        }
      }
    }

    private void read(Offer offer, Topology.Source source) throws IOException {
      if (offer.closed) {
        return;
      }
      if (setup == null || !setup.isOpen()) {
        setup = connection.createChannel();
      }
      declare(source);
      if (source.exchange() != null) {
        setup.queueBind(source.queue(), source.exchange(), source.key());
      }
      if (source.prefetch() != prefetch) {
        in.basicQos(source.prefetch(), false);
        prefetch = source.prefetch();
      }
      var tag =
          in.basicConsume(
              source.queue(),
              false,
              offer.host.isEmpty() ? Map.of() : Map.of("x-priority", rank),
              new DefaultConsumer(in) {
                @Override
                public void handleDelivery(
                    String t, Envelope envelope, BasicProperties properties, byte[] body) {
                  workbench.take(
                      offer.contract,
                      offer.host,
                      offer.endpoint,
                      properties,
                      body,
                      new Way(envelope.getDeliveryTag(), properties));
                }

                @Override
                public void handleCancel(String t) {
                  reset(source.queue() + " was deleted");
                }
              });
      offer.stops.add(() -> stop(tag));
    }

    private void declare(Topology.Source source) throws IOException {
      try {
        setup.queueDeclare(source.queue(), false, source.own(), true, source.arguments());
      } catch (IOException e) {
        if (!refused(e, AMQP.PRECONDITION_FAILED)) {
          throw e;
        }
        // another version declared it with other bounds: they hold until its last reader has gone
        setup = connection.createChannel();
        setup.queueDeclarePassive(source.queue());
      }
    }

    private void stop(String tag) {
      lock.lock();
      try {
        if (in.isOpen()) {
          in.basicCancel(tag);
        }
      } catch (IOException | ShutdownSignalException e) {
        log.debug("the connection ended before the offer", e);
      } finally {
        lock.unlock();
      }
    }

    /** Back to who sent a message that came through this desk. */
    private final class Way implements Workbench.Way {
      private final long tag;
      private final BasicProperties request;
      private final AtomicBoolean done = new AtomicBoolean();

      Way(long tag, BasicProperties request) {
        this.tag = tag;
        this.request = request;
      }

      @Override
      public void answer(String type, byte[] body) {
        reply(request, type, body);
      }

      @Override
      public void done() {
        if (!done.compareAndSet(false, true)) {
          return;
        }
        lock.lock();
        try {
          if (in.isOpen()) {
            in.basicAck(tag, false);
          }
        } catch (IOException | ShutdownSignalException e) {
          log.debug(
              "the broker hands out a message again: the connection ended before it was done");
        } finally {
          lock.unlock();
        }
      }
    }
  }
}
