package welkin.assembly;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import welkin.core.Config;
import welkin.core.Exec;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.image.ImageOptions;
import welkin.store.Backup;
import welkin.store.DatabaseUrl;
import welkin.store.Databases;
import welkin.store.Dialect;

/**
 * A cloud in one file, and back: the data of all services as of one moment, and what the state
 * folder holds beside it (configuration, keys, the administrator's credentials, policies; images
 * when asked for). Guests and their disks are their hosts' and not part of it.
 *
 * <p>The file is a gzipped tar archive: {@code manifest.json}, {@code data/}, {@code home/}.
 */
final class HomeArchive {
  private static final int FORMAT = 1;
  private static final Duration LIMIT = Duration.ofDays(1);

  /** How long a server may take to notice that a client is gone. */
  private static final Duration GOING = Duration.ofSeconds(3);

  private static final String IMAGES = "images";
  private static final String CONFIGURATION = "welkin.yaml";
  private static final List<String> KEPT =
      List.of(
          CONFIGURATION,
          "up.args",
          "openrc",
          "clouds.yaml",
          "cluster.key",
          "fernet-keys",
          "credential-keys",
          "metadata.secret",
          "policy",
          "saml");

  /** What an archive says of itself. */
  record Manifest(int format, String engine, String base, List<String> services, Instant time) {}

  private final Path home;
  private final Consumer<String> progress;

  HomeArchive(Path home, Consumer<String> progress) {
    this.home = home;
    this.progress = progress;
  }

  /** Writes the archive; it appears under its name when it is whole. */
  void save(Path file, boolean images, Instant now) throws IOException {
    var config = Config.load(home.resolve(CONFIGURATION));
    var url = config.get(Databases.URL);
    var staging = staging(file.toAbsolutePath().getParent());
    try {
      var data = Files.createDirectory(staging.resolve("data"));
      var backup = new Backup(url, home.resolve("database"), progress);
      backup.save(data);
      Files.writeString(
          staging.resolve("manifest.json"),
          Json.text(
              new Manifest(FORMAT, Databases.engine(url), url.base(), backup.services(), now)));
      var kept = new ArrayList<String>();
      for (var name : KEPT) {
        if (Files.exists(home.resolve(name))) {
          kept.add(name);
        }
      }
      progress.accept("of the state folder " + String.join(", ", kept));
      var whole = staging.resolve("whole");
      var command =
          new ArrayList<>(
              List.of(
                  "tar",
                  "--create",
                  "--gzip",
                  "--file=" + whole,
                  "--directory=" + staging,
                  "manifest.json",
                  "data"));
      if (!kept.isEmpty()) {
        // what stays where it is gets its prefix on the way, links in it are left alone
        var home = this.home.toAbsolutePath();
        command.add("--directory=" + home.getParent());
        command.add("--transform=flags=r;s,^" + literally(home.getFileName()) + "/,home/,");
        kept.forEach(name -> command.add(home.getFileName() + "/" + name));
      }
      var pictures = ImageOptions.folder(config, home).toAbsolutePath();
      if (images && Files.exists(pictures)) {
        progress.accept("images in " + pictures);
        command.add("--transform=flags=r;s,^\\./,home/" + IMAGES + "/,");
        command.add("--directory=" + pictures);
        command.add(".");
      }
      run(command);
      Files.setPosixFilePermissions(whole, PosixFilePermissions.fromString("rw-------"));
      Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      progress.accept(file + ", " + Files.size(file) / 1024 + " KiB");
    } finally {
      delete(staging);
    }
  }

  /**
   * Puts everything back.
   *
   * @param replace what is there gives way: files are moved aside, schemas dropped
   * @throws Fault when something is there and may not be replaced or is in use, or the archive is
   *     of another engine than the configuration names
   */
  void load(Path file, boolean replace, Instant now) throws IOException {
    Files.createDirectories(home);
    var staging = staging(home);
    try {
      run(
          List.of(
              "tar",
              "--extract",
              "--gzip",
              "--no-same-owner",
              "--preserve-permissions",
              "--file=" + file.toAbsolutePath(),
              "--directory=" + staging));
      var manifest = Json.read(Files.readString(staging.resolve("manifest.json")), Manifest.class);
      var kept = staging.resolve("home");
      var own = home.resolve(CONFIGURATION);
      var config = Config.load(Files.exists(own) ? own : kept.resolve(CONFIGURATION));
      check(manifest, config);
      var url = config.get(Databases.URL);
      var backup = new Backup(url, home.resolve("database"), progress);
      if (!backup.services().isEmpty()) {
        if (!replace) {
          throw Fault.conflict(
              "There is data already at "
                  + (url.engine() == Dialect.SQLITE ? home.resolve("database") : url)
                  + "; --replace puts the archive in its place. To put it elsewhere, write a"
                  + " welkin.yaml with another 'database' into "
                  + home
                  + " first.");
        }
        notInUse(url, backup);
        backup.clear("before-" + now.toString().replace(":", ""));
      }
      backup.load(staging.resolve("data"));
      putBack(kept, ImageOptions.folder(config, home));
    } finally {
      delete(staging);
    }
  }

  /** What runs on other hosts has no pid here, but connections to the database. */
  private static void notInUse(DatabaseUrl url, Backup backup) {
    var end = System.nanoTime() + GOING.toNanos();
    var users = backup.users();
    while (!users.isEmpty() && System.nanoTime() < end) { // those of a process that just ended
      LockSupport.parkNanos(100_000_000);
      users = backup.users();
    }
    if (!users.isEmpty()) {
      throw Fault.conflict(
          "Processes of the cloud at "
              + String.join(", ", users)
              + " are connected to "
              + url
              + ": ./welkin down on each control host first (of one that died, the database server"
              + " may still hold connections: end them, or restart it).");
    }
  }

  private static void check(Manifest manifest, Config config) {
    if (manifest.format() != FORMAT) {
      throw Fault.badRequest(
          "The archive has format " + manifest.format() + ", this program reads " + FORMAT + ".");
    }
    var url = config.get(Databases.URL);
    if (!manifest.engine().equals(Databases.engine(url))
        || url.engine() == Dialect.MARIADB && !manifest.base().equals(url.base())) {
      throw Fault.badRequest(
          "The archive is of "
              + manifest.engine()
              + " "
              + manifest.base()
              + ", the configuration names "
              + url
              + ".");
    }
  }

  private void putBack(Path kept, Path images) throws IOException {
    if (!Files.exists(kept)) {
      return;
    }
    // the configuration that is there says where the data went
    if (Files.exists(home.resolve(CONFIGURATION))) {
      Files.deleteIfExists(kept.resolve(CONFIGURATION));
    }
    try (var all = Files.list(kept)) {
      progress.accept(
          "of the state folder "
              + String.join(", ", all.map(p -> p.getFileName().toString()).sorted().toList()));
    }
    Files.walkFileTree(
        kept,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes a)
              throws IOException {
            var to = target(dir);
            if (!Files.exists(to)) {
              Files.createDirectories(to);
              Files.setPosixFilePermissions(to, Files.getPosixFilePermissions(dir));
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path from, BasicFileAttributes a) throws IOException {
            Files.move(from, target(from), StandardCopyOption.REPLACE_EXISTING);
            return FileVisitResult.CONTINUE;
          }

          private Path target(Path from) {
            var name = kept.relativize(from);
            return name.startsWith(IMAGES)
                ? images.resolve(kept.resolve(IMAGES).relativize(from).toString())
                : home.resolve(name.toString());
          }
        });
  }

  /** A name in a basic regular expression that tar cuts at commas. */
  private static String literally(Path name) {
    return name.toString().replaceAll("([\\\\.*\\[\\]^$,&])", "\\\\$1");
  }

  /** Beside where the result goes, for its owner alone: there are keys in it. */
  private static Path staging(Path beside) throws IOException {
    return Files.createTempDirectory(
        beside,
        ".welkin-archive",
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  private static void delete(Path folder) throws IOException {
    try (var all = Files.walk(folder)) {
      for (var p : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(p);
      }
    }
  }

  private static void run(List<String> command) {
    var r = Exec.run(LIMIT, null, command);
    if (!r.ok()) {
      throw Fault.of(500, "ProgramFailed", command.getFirst() + ": " + r.err().strip());
    }
  }
}
