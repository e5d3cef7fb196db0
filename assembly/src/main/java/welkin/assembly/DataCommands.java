package welkin.assembly;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import welkin.core.Fault;
import welkin.store.DatabaseUrl;
import welkin.store.StoreException;
import welkin.store.Transfer;

/** What an operator does with a cloud's data: move it to another engine, keep it, put it back. */
final class DataCommands {
  private DataCommands() {}

  /** Work on the data that tells how it goes, and what was wrong in a sentence. */
  abstract static class Work extends Main.Home implements Callable<Integer> {
    private final long begin = System.nanoTime();

    abstract void work() throws IOException;

    @Override
    public Integer call() throws IOException {
      try {
        work();
        return 0;
      } catch (Fault | StoreException | IllegalArgumentException e) {
        System.err.println(e.getMessage());
        return 1;
      }
    }

    void tell(String line) {
      System.out.printf("%7.1f s  %s%n", (System.nanoTime() - begin) / 1e9, line);
    }

    void mustNotRun() throws IOException {
      var file = folder().resolve("run/welkin.pid");
      if (Files.exists(file)) {
        var pid = Files.readString(file).strip();
        if (pid.matches("\\d+")
            && ProcessHandle.of(Long.parseLong(pid)).filter(ProcessHandle::isAlive).isPresent()) {
          throw Fault.conflict("The cloud runs (process " + pid + "): ./welkin down first.");
        }
      }
    }
  }

  @Command(
      name = "migrate",
      description = "Moves a cloud's data to another database engine.",
      mixinStandardHelpOptions = true,
      subcommands = SqliteTo.class)
  static final class Migrate {}

  @Command(
      name = "sqlite-to",
      description = {
        "Copies the data of every service from SQLite to a database server and compares the"
            + " counts.",
        "The target must be empty. A copy that was cut off goes on when it is called again. The"
            + " files stay as they are."
      },
      mixinStandardHelpOptions = true)
  static final class SqliteTo extends Work {
    @Parameters(
        paramLabel = "URL",
        description =
            "postgresql://USER:PASSWORD@HOST:PORT/BASE or mariadb://..., as for the option"
                + " 'database'; ?password_file=FILE keeps the password off the command line.")
    String url;

    @Override
    void work() throws IOException {
      var target = DatabaseUrl.parse(url);
      mustNotRun();
      long rows = new Transfer(folder().resolve("database"), target, this::tell).run();
      tell(rows + " rows are there, and as many as they were.");
      System.out.println();
      System.out.println(
          "Say 'database: URL' with this URL in "
              + folder().resolve("welkin.yaml")
              + " and start the cloud; the files in "
              + folder().resolve("database")
              + " are not used any more.");
    }
  }

  @Command(
      name = "backup",
      description = {
        "Writes a cloud to one file: the data of all services as of one moment, configuration,"
            + " keys, policies, the administrator's credentials. The cloud may run.",
        "Guests' disks are not part of it."
      },
      mixinStandardHelpOptions = true)
  static final class BackupCommand extends Work {
    @Option(names = "--images", description = "The images' bytes, too.")
    boolean images;

    @Parameters(paramLabel = "FILE", description = "Where to; a gzipped tar archive.")
    Path file;

    @Override
    void work() throws IOException {
      new HomeArchive(folder(), this::tell).save(file.toAbsolutePath(), images, Instant.now());
    }
  }

  @Command(
      name = "restore",
      description = "Puts a cloud back from the file that 'backup' wrote. The cloud must not run.",
      mixinStandardHelpOptions = true)
  static final class RestoreCommand extends Work {
    @Option(
        names = "--replace",
        description =
            "In the place of the data that is there: SQLite's files are moved aside, a server's"
                + " schemas are dropped.")
    boolean replace;

    @Parameters(paramLabel = "FILE", description = "What 'backup' wrote.")
    Path file;

    @Override
    void work() throws IOException {
      mustNotRun();
      new HomeArchive(folder(), this::tell).load(file, replace, Instant.now());
    }
  }
}
