package welkin.bus;

import java.time.InstantSource;
import welkin.core.Ids;

/** Makes the bus that a configuration names. */
public final class Buses {
  /** The value of {@code bus} for a cloud in one process. */
  public static final String IN_PROCESS = "in-process";

  private Buses() {}

  /**
   * Opens a bus. A broker that cannot be reached yet is no error: the bus keeps trying, says so in
   * the log, and calls fail with 503 until then.
   *
   * @param url {@code in-process} (or null), or {@code amqp://user:password@host:port/vhost}; a
   *     user named {@code agent-HOST} has what {@link BusAdmin#hostCredential} grants, any other is
   *     a service's and may do everything in its virtual host
   * @throws welkin.core.Fault 400 for a URL of another form
   */
  public static Bus open(String url, InstantSource clock, Ids ids) {
    return url == null || url.isEmpty() || url.equals(IN_PROCESS)
        ? new InProcessBus()
        : RabbitBus.open(BusUrl.parse(url), clock, ids);
  }
}
