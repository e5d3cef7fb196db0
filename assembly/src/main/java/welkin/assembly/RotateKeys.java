package welkin.assembly;

import java.io.IOException;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import welkin.core.Fault;
import welkin.identity.Keys;
import welkin.store.Databases;

/** Rotates the keys of tokens, from any control host and while the cloud runs. */
@Command(
    name = "rotate-keys",
    description =
        "Makes the staged token key the one that seals, stages a new one, and forgets the oldest."
            + " Every process of the cloud follows within a second; tokens stay good while their"
            + " key is kept (fernet_tokens.max_active_keys).",
    mixinStandardHelpOptions = true)
final class RotateKeys extends Main.Home implements Callable<Integer> {
  @Option(
      names = "--credentials",
      description = "The keys of stored secrets instead; all that is stored is sealed anew.")
  private boolean credentials;

  @Override
  public Integer call() throws IOException {
    try {
      var config = config();
      Keys.rotate(
          Databases.of(config, folder(), InstantSource.system()), folder(), config, credentials);
      System.out.println("rotated");
      return 0;
    } catch (Fault | IllegalStateException e) {
      System.err.println(e.getMessage());
      return 1;
    }
  }
}
