package welkin.assembly;

import java.io.IOException;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import welkin.core.Fault;
import welkin.identity.Keys;
import welkin.store.Databases;

/** The certificates of assertions, from any control host and while the cloud runs. */
@Command(
    name = "saml-certificate",
    description =
        "Prints the certificates, PEM, by which other clouds know the assertions of this one: of"
            + " the key that signs, and of the one that will after the next rotation. Both stand in"
            + " /v3/OS-FEDERATION/saml2/metadata.",
    mixinStandardHelpOptions = true)
final class SamlCertificate extends Main.Home implements Callable<Integer> {
  @Option(
      names = "--rotate",
      description =
          "First makes the second key the one that signs, and a new one the second. Clouds that"
              + " have not read the metadata since the last rotation must do so before.")
  boolean rotate;

  @Override
  public Integer call() throws IOException {
    try {
      Keys.samlCertificates(
              Databases.of(config(), folder(), InstantSource.system()), folder(), rotate)
          .forEach(System.out::print);
      return 0;
    } catch (Fault | IllegalStateException e) {
      System.err.println(e.getMessage());
      return 1;
    }
  }
}
