package welkin.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import welkin.core.Exec;

/**
 * A certificate for 127.0.0.1 that vouches for itself, and its key, as PEM files.
 *
 * @param certificate the server's, and what a client verifies it with
 * @param key PKCS #8, readable by its owner alone
 */
public record TestCertificate(Path certificate, Path key) {
  private static final String PASSWORD = "no secret of ours";

  /** Makes one in a folder. */
  public static TestCertificate in(Path folder) {
    var store = folder.resolve("test.p12");
    var made =
        Exec.run(
            Duration.ofSeconds(60),
            null,
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "test",
                "-keyalg",
                "EC",
                "-dname",
                "CN=127.0.0.1",
                "-ext",
                "san=ip:127.0.0.1",
                "-validity",
                "30",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD));
    if (!made.ok()) {
      throw new IllegalStateException(made.out() + made.err());
    }
    try (var in = Files.newInputStream(store)) {
      var opened = KeyStore.getInstance("PKCS12");
      opened.load(in, PASSWORD.toCharArray());
      return new TestCertificate(
          pem(folder, "CERTIFICATE", opened.getCertificate("test").getEncoded()),
          pem(folder, "PRIVATE KEY", opened.getKey("test", PASSWORD.toCharArray()).getEncoded()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Path pem(Path folder, String what, byte[] content) throws IOException {
    var file = folder.resolve(what.toLowerCase(java.util.Locale.ROOT).replace(' ', '-') + ".pem");
    Files.writeString(
        file,
        "-----BEGIN "
            + what
            + "-----\n"
            + Base64.getMimeEncoder().encodeToString(content)
            + "\n-----END "
            + what
            + "-----\n");
    return file;
  }
}
