package welkin.assembly;

import java.nio.file.Path;
import java.time.InstantSource;
import welkin.bus.Bus;
import welkin.core.Config;
import welkin.core.Ids;
import welkin.core.Secret;
import welkin.peers.Roles;

/**
 * What a process of a cloud is started with.
 *
 * @param home the state folder
 * @param config its options
 * @param roles what it plays
 * @param simulated how many simulated hypervisors; 0 for this host's own
 * @param listen the address to listen on, null for no socket at all (tests that go through the
 *     door)
 * @param port the port, 0 for any free one
 * @param password the administrator's password at first start; null for the configured or a
 *     generated one
 * @param bus a bus shared with others of this JVM (trials), which is not closed with the process;
 *     null for the configured one
 * @param patience with engines that do not answer yet
 */
public record CloudSettings(
    Path home,
    Config config,
    Roles roles,
    int simulated,
    String listen,
    int port,
    Secret password,
    InstantSource clock,
    Ids ids,
    Bus bus,
    Patience patience) {

  /** A whole cloud in one process. */
  public CloudSettings(
      Path home,
      Config config,
      int simulated,
      String listen,
      int port,
      Secret password,
      InstantSource clock,
      Ids ids) {
    this(
        home,
        config,
        Roles.ALL,
        simulated,
        listen,
        port,
        password,
        clock,
        ids,
        null,
        Patience.NONE);
  }
}
