package welkin.identity.token;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/**
 * A key repository as keystone keeps it: a folder of files named by number. {@code 0} is staged and
 * becomes the next primary; the highest number is the primary, which seals; all of them open. So a
 * member that has not seen a rotation yet can open what another sealed after it.
 */
public final class FernetKeys {
  private record Loaded(Fernet primary, List<Fernet> all) {}

  private final Path folder;
  private final int activeMax;
  private volatile Loaded loaded;

  /**
   * Opens a repository, making it with a first primary and a staged key when there is none.
   *
   * @param activeMax keys kept, the staged one included; at least 2
   */
  public FernetKeys(Path folder, int activeMax) {
    this.folder = folder;
    this.activeMax = Math.max(2, activeMax);
    try {
      if (!Files.isDirectory(folder)) {
        Files.createDirectories(
            folder,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
      if (files().isEmpty()) {
        write(0);
        rotate();
      }
      reload();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Makes the staged key the primary, stages a new one, and forgets the oldest beyond {@code
   * activeMax}. What a forgotten key sealed cannot be opened any more.
   */
  public synchronized void rotate() {
    try {
      var files = files();
      int primary = files.lastKey();
      Files.move(folder.resolve("0"), folder.resolve(String.valueOf(primary + 1)));
      write(0);
      var numbers = new ArrayList<>(files().keySet());
      for (int number : numbers.subList(1, Math.max(1, 1 + numbers.size() - activeMax))) {
        Files.delete(folder.resolve(String.valueOf(number)));
      }
      reload();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads the folder again: another process may have rotated. */
  public synchronized void reload() {
    try {
      var all = new ArrayList<Fernet>();
      for (var file : files().descendingMap().values()) {
        all.add(new Fernet(Files.readString(file)));
      }
      loaded = new Loaded(all.getFirst(), List.copyOf(all));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public String seal(byte[] payload, Instant now) {
    return loaded.primary.seal(payload, now);
  }

  /** Opens with whichever key fits; null when none does. */
  public Fernet.Opened open(String token) {
    var bytes = Fernet.bytes(token);
    if (bytes == null) {
      return null;
    }
    for (var key : loaded.all) {
      var opened = key.open(bytes);
      if (opened != null) {
        return opened;
      }
    }
    return null;
  }

  private TreeMap<Integer, Path> files() throws IOException {
    var out = new TreeMap<Integer, Path>(Comparator.naturalOrder());
    try (var list = Files.list(folder)) {
      list.filter(f -> f.getFileName().toString().matches("\\d{1,9}"))
          .forEach(f -> out.put(Integer.valueOf(f.getFileName().toString()), f));
    }
    return out;
  }

  private void write(int number) throws IOException {
    var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    var next = Files.createTempFile(folder, ".key", "", mode);
    Files.writeString(next, Fernet.generate());
    Files.move(next, folder.resolve(String.valueOf(number)), StandardCopyOption.ATOMIC_MOVE);
  }
}
