package welkin.compute.metadata;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import welkin.core.Secret;
import welkin.core.Secrets;

/**
 * What the metadata proxies share with Compute: they sign the instance id with it (HMAC-SHA256), so
 * that no guest can ask for another's data.
 */
public final class MetadataSecret {
  private final Secret secret;

  private MetadataSecret(Secret secret) {
    this.secret = secret;
  }

  /** A secret that is told. */
  public static MetadataSecret of(Secret secret) {
    return new MetadataSecret(secret);
  }

  /** Reads the secret from a file, which is made at the first start. */
  public static MetadataSecret at(Path file) {
    try {
      if (!Files.exists(file)) {
        if (file.getParent() != null) {
          Files.createDirectories(file.getParent());
        }
        Files.writeString(file, Secrets.generate().reveal() + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      }
      return new MetadataSecret(Secret.of(Files.readString(file).strip()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The secret itself, for the proxies. */
  public Secret secret() {
    return secret;
  }

  /** The signature of an instance id, hexadecimal. */
  public Secret sign(String instanceId) {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.reveal().getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      return Secret.of(
          HexFormat.of().formatHex(mac.doFinal(instanceId.getBytes(StandardCharsets.UTF_8))));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
