package welkin.assembly;

import java.nio.file.Path;
import java.time.InstantSource;
import welkin.core.Config;
import welkin.core.Ids;
import welkin.core.Secret;

/**
 * What a cloud is started with.
 *
 * @param home the state folder
 * @param config its options
 * @param simulated how many simulated hypervisors; 0 for this host's own
 * @param listen the address to listen on, null for no socket at all (tests that go through the
 *     door)
 * @param port the port, 0 for any free one
 * @param password the administrator's password at first start; null to generate one
 */
public record CloudSettings(
    Path home,
    Config config,
    int simulated,
    String listen,
    int port,
    Secret password,
    InstantSource clock,
    Ids ids) {}
