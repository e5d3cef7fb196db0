package welkin.assembly;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.regex.Pattern;
import welkin.core.Secret;
import welkin.core.Secrets;

/**
 * The administrator's way in: {@code openrc} and {@code clouds.yaml} in the state folder, readable
 * by its owner alone.
 */
final class Credentials {
  private static final Pattern PASSWORD = Pattern.compile("(?m)^export OS_PASSWORD='([^']*)'$");

  private Credentials() {}

  /** The password an earlier start wrote, or a new one. */
  static Secret password(Path home) {
    var file = home.resolve("openrc");
    try {
      if (Files.exists(file)) {
        var m = PASSWORD.matcher(Files.readString(file));
        if (m.find()) {
          return Secret.of(m.group(1));
        }
      }
      return Secrets.generate();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void write(Path home, String endpoint, Secret password) {
    write(
        home.resolve("openrc"),
        """
        # admin of this cloud; use with: . openrc
        export OS_AUTH_URL='%s/v3'
        export OS_IDENTITY_API_VERSION=3
        export OS_USERNAME='welkin'
        export OS_PASSWORD='%s'
        export OS_PROJECT_NAME='admin'
        export OS_USER_DOMAIN_NAME='Default'
        export OS_PROJECT_DOMAIN_NAME='Default'
        export OS_REGION_NAME='RegionOne'
        export OS_INTERFACE='public'
        """
            .formatted(endpoint, password.reveal()));
    write(
        home.resolve("clouds.yaml"),
        """
        clouds:
          welkin:
            auth:
              auth_url: %s/v3
              username: welkin
              password: '%s'
              project_name: admin
              user_domain_name: Default
              project_domain_name: Default
            region_name: RegionOne
            interface: public
            identity_api_version: 3
        """
            .formatted(endpoint, password.reveal()));
  }

  private static void write(Path file, String text) {
    try {
      var draft = file.resolveSibling(file.getFileName() + ".new");
      Files.deleteIfExists(draft);
      Files.createFile(
          draft,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(draft, text);
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
