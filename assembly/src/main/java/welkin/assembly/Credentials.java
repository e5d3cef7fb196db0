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
  private static final Pattern PASSWORD = Pattern.compile("(?m)^export OS_PASSWORD='([^']+)'$");

  private Credentials() {}

  /** The password that was given, configured or written by an earlier start; null for none. */
  static Secret known(CloudSettings settings) {
    if (settings.password() != null) {
      return settings.password();
    }
    var configured = settings.config().get(Options.ADMIN_PASSWORD);
    return configured.isEmpty() ? written(settings.home()) : Secret.of(configured);
  }

  static Secret fresh() {
    return Secrets.generate();
  }

  private static Secret written(Path home) {
    var file = home.resolve("openrc");
    try {
      if (Files.exists(file)) {
        var m = PASSWORD.matcher(Files.readString(file));
        if (m.find()) {
          return Secret.of(m.group(1));
        }
      }
      return null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Writes both.
   *
   * @param password null when another control host made it: then they say where to look
   */
  static void write(Path home, String endpoint, Secret password) {
    var text = password == null ? "" : password.reveal();
    write(
        home.resolve("openrc"),
        """
        # admin of this cloud; use with: . openrc
        %sexport OS_AUTH_URL='%s/v3'
        export OS_IDENTITY_API_VERSION=3
        export OS_USERNAME='welkin'
        export OS_PASSWORD='%s'
        export OS_PROJECT_NAME='admin'
        export OS_USER_DOMAIN_NAME='Default'
        export OS_PROJECT_DOMAIN_NAME='Default'
        export OS_REGION_NAME='RegionOne'
        export OS_INTERFACE='public'
        """
            .formatted(note(password), endpoint, text));
    write(
        home.resolve("clouds.yaml"),
        """
        %sclouds:
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
            .formatted(note(password), endpoint, text));
  }

  private static String note(Secret password) {
    return password != null
        ? ""
        : """
        # The password was made by the control host that started first and stands in its openrc.
        # Put 'admin_password' into welkin.yaml before the first start to choose it.
        """;
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
