package welkin.identity.token;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import welkin.core.Secret;

/**
 * The one secret that the control hosts of a cloud share as a file, {@code cluster.key}: what seals
 * keys in the database. The first control host makes it; an operator copies it to the others, and
 * keeps it with the backups.
 */
public final class ClusterKey {
  private final Path file;
  private volatile Fernet key;

  public ClusterKey(Path home) {
    file = home.resolve("cluster.key");
  }

  /** Seals what the database shall hold. */
  public String seal(Secret secret, Instant now) {
    return seal(secret.reveal(), now);
  }

  String seal(String secret, Instant now) {
    return read().seal(secret.getBytes(StandardCharsets.UTF_8), now);
  }

  /**
   * Opens what it sealed.
   *
   * @throws IllegalStateException when another key sealed it
   */
  public Secret unseal(String sealed) {
    return Secret.of(open(sealed));
  }

  /**
   * @throws IllegalStateException when another key sealed it
   */
  String open(String sealed) {
    var opened = read().open(Fernet.bytes(sealed));
    if (opened == null) {
      throw new IllegalStateException(
          file
              + " is not this cloud's: copy it from a control host where the cloud runs, or from"
              + " its backup.");
    }
    return new String(opened.payload(), StandardCharsets.UTF_8);
  }

  /** Makes it unless it is there; only where nothing was sealed yet. */
  void make() {
    try {
      if (Files.exists(file)) {
        return;
      }
      Files.createDirectories(file.toAbsolutePath().getParent());
      var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
      var next = Files.createTempFile(file.toAbsolutePath().getParent(), ".cluster", "", mode);
      Files.writeString(next, Fernet.generate() + "\n");
      try {
        Files.createLink(file, next); // whole, and never over another's
      } catch (FileAlreadyExistsException faster) {
        // the other's it is
      }
      Files.delete(next);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Fernet read() {
    var known = key;
    if (known != null) {
      return known;
    }
    try {
      key = new Fernet(Files.readString(file).strip());
      return key;
    } catch (IOException e) {
      throw new IllegalStateException(
          file
              + " cannot be read: copy it from a control host where the cloud runs, or from its"
              + " backup.",
          e);
    }
  }
}
