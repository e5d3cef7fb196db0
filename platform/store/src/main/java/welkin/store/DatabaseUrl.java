package welkin.store;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import welkin.core.Config;
import welkin.core.Secret;

/**
 * Where a cloud's data is, as the option {@code database} says it: {@code sqlite} (files in the
 * state folder), {@code postgresql://USER:PASSWORD@HOST:PORT/BASE} (a schema of that database for
 * each service) or {@code mariadb://USER:PASSWORD@HOST:PORT/BASE} (a database {@code BASE_SERVICE}
 * for each service).
 *
 * <p>Options follow a question mark: {@code readers} (connections a service reads with, 4), {@code
 * connect_timeout} and {@code lock_timeout} (seconds, 5 and 15), {@code tls} ({@code off}, {@code
 * require}, {@code verify}), {@code ca} (a PEM file to verify with), {@code password_file} (instead
 * of a password in the address).
 *
 * @param engine which engine speaks there
 * @param password empty when the engine asks for none
 * @param base the database (PostgreSQL) or the prefix of the databases (MariaDB)
 */
public record DatabaseUrl(
    Dialect engine,
    String host,
    int port,
    String user,
    Secret password,
    String base,
    Map<String, String> options) {

  /** Files in the state folder. */
  public static final DatabaseUrl SQLITE =
      new DatabaseUrl(Dialect.SQLITE, "", 0, "", Secret.of(""), "", Map.of());

  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,39}");
  private static final List<String> OPTIONS =
      List.of("readers", "connect_timeout", "lock_timeout", "tls", "ca", "password_file");
  private static final String FORMS =
      "expected 'sqlite', 'postgresql://USER:PASSWORD@HOST:PORT/BASE' or"
          + " 'mariadb://USER:PASSWORD@HOST:PORT/BASE'";

  public DatabaseUrl {
    options = Map.copyOf(options);
  }

  /**
   * @throws IllegalArgumentException saying what is wrong, never the password
   */
  public static DatabaseUrl parse(String text) {
    if (text.strip().equals("sqlite")) {
      return SQLITE;
    }
    URI uri;
    try {
      uri = new URI(text.strip());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(
          FORMS + "; signs such as @ / # in a password are written as %40 %2F %23");
    }
    var engine =
        switch (String.valueOf(uri.getScheme())) {
          case "postgresql", "postgres" -> Dialect.POSTGRESQL;
          case "mariadb", "mysql" -> Dialect.MARIADB;
          default -> throw new IllegalArgumentException(FORMS);
        };
    if (uri.getHost() == null || uri.getRawUserInfo() == null) {
      throw new IllegalArgumentException(FORMS);
    }
    var base = uri.getPath() == null ? "" : uri.getPath().replaceFirst("^/", "");
    if (base.isEmpty()) {
      base = "welkin";
    }
    if (!NAME.matcher(base).matches()) {
      throw new IllegalArgumentException(
          "base '" + base + "': small letters, digits and _ only, at most 40, a letter first");
    }
    var who = uri.getRawUserInfo();
    int colon = who.indexOf(':');
    var options = options(uri.getRawQuery());
    return new DatabaseUrl(
        engine,
        uri.getHost(),
        uri.getPort() > 0 ? uri.getPort() : engine == Dialect.POSTGRESQL ? 5432 : 3306,
        decoded(colon < 0 ? who : who.substring(0, colon)),
        options.containsKey("password_file")
            ? secret(options.get("password_file"))
            : Secret.of(colon < 0 ? "" : decoded(who.substring(colon + 1))),
        base,
        options);
  }

  private static Map<String, String> options(String query) {
    var all = new LinkedHashMap<String, String>();
    if (query != null) {
      for (var pair : query.split("&")) {
        int eq = pair.indexOf('=');
        var name = eq < 0 ? pair : pair.substring(0, eq);
        if (!OPTIONS.contains(name)) {
          var near = Config.nearest(name, OPTIONS);
          throw new IllegalArgumentException(
              "unknown option '"
                  + name
                  + "'"
                  + (near == null ? ", known are " + OPTIONS : ", did you mean '" + near + "'?"));
        }
        all.put(name, eq < 0 ? "" : decoded(pair.substring(eq + 1)));
      }
    }
    for (var name : List.of("readers", "connect_timeout", "lock_timeout")) {
      if (!all.getOrDefault(name, "1").matches("[1-9]\\d{0,3}")) {
        throw new IllegalArgumentException(name + ": expected a number from 1 to 9999");
      }
    }
    if (!List.of("off", "require", "verify").contains(all.getOrDefault("tls", "off"))) {
      throw new IllegalArgumentException("tls: expected off, require or verify");
    }
    return all;
  }

  private static Secret secret(String file) {
    try {
      return Secret.of(Files.readString(Path.of(file)).strip());
    } catch (IOException e) {
      throw new IllegalArgumentException("password_file: cannot read " + file);
    }
  }

  private static String decoded(String raw) {
    // a plus is a plus here: only %XX is an escape
    return URLDecoder.decode(raw.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  /** Host and port; an IPv6 address in its brackets. */
  String authority() {
    return host + ":" + port;
  }

  /** A number among the options. */
  int number(String option, int fallback) {
    var v = options.get(option);
    return v == null ? fallback : Integer.parseInt(v);
  }

  /** The database or schema that is {@code service}'s own. */
  String schema(String service) {
    var name = service.replace('-', '_');
    return engine == Dialect.MARIADB ? base + "_" + name : name;
  }

  /** The service whose schema this is, or null when it is nobody's. */
  String service(String schemaName) {
    if (engine != Dialect.MARIADB) {
      return schemaName;
    }
    return schemaName.startsWith(base + "_") ? schemaName.substring(base.length() + 1) : null;
  }

  /** The address without its password, as logs and messages show it. */
  @Override
  public String toString() {
    return engine == Dialect.SQLITE
        ? "sqlite"
        : engine.name().toLowerCase(java.util.Locale.ROOT)
            + "://"
            + user
            + "@"
            + host
            + ":"
            + port
            + "/"
            + base;
  }
}
