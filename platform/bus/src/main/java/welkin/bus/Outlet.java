package welkin.bus;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import welkin.core.Fault;

/**
 * A channel to publish through, one message at a time. The broker closes a channel that publishes
 * what it may not, or to an exchange that nobody declared yet; the next message opens another.
 *
 * <p>Nothing is confirmed by the broker: a call is confirmed by its answer, and what a lost cast
 * would have said is said again or looked up.
 */
final class Outlet {
  private final ReentrantLock lock = new ReentrantLock();
  private final Connection connection;
  private final Consumer<Channel> prepare;
  private Channel channel;

  /**
   * @param prepare what listens to each channel that is opened
   */
  Outlet(Connection connection, Consumer<Channel> prepare) {
    this.connection = connection;
    this.prepare = prepare;
  }

  void publish(String exchange, String key, BasicProperties properties, byte[] body) {
    lock.lock();
    try {
      if (channel == null || !channel.isOpen()) {
        channel = connection.createChannel();
        if (channel == null) {
          throw Fault.away("The bus has no channel left.", 1);
        }
        prepare.accept(channel);
      }
      // only who waits for an answer wants to know that nobody reads there
      channel.basicPublish(exchange, key, properties.getReplyTo() != null, properties, body);
    } catch (IOException | ShutdownSignalException e) {
      throw lost();
    } finally {
      lock.unlock();
    }
  }

  static Fault lost() {
    return Fault.away("The connection to the message bus was lost.", 1);
  }
}
