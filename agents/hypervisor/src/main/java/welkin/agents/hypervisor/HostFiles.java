package welkin.agents.hypervisor;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.Set;
import welkin.core.Fault;

/** Files on a host: durable writing, careful reading, and a full disk told apart. */
final class HostFiles {
  private HostFiles() {}

  /** Replaces a file as a whole; after a power cut it is the old one or the new one. */
  static void write(Path file, byte[] bytes) throws IOException {
    var part = file.resolveSibling(file.getFileName() + ".part");
    Files.deleteIfExists(part);
    try (var out =
        FileChannel.open(
            part,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      var buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        out.write(buffer);
      }
      out.force(true);
    }
    rename(part, file);
  }

  /** Renames within a directory, durably. */
  static void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    try (var directory = FileChannel.open(to.getParent(), StandardOpenOption.READ)) {
      directory.force(true);
    }
  }

  /**
   * The last bytes of a file in a directory another user may write to: symbolic links are not
   * followed. Empty when there is no such file.
   */
  static byte[] tail(Path file, int bytesMax) {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return new byte[0];
    }
    try (var in =
        FileChannel.open(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
      long from = Math.max(0, in.size() - bytesMax);
      var buffer = ByteBuffer.allocate((int) Math.min(bytesMax, in.size() - from));
      while (buffer.hasRemaining() && in.read(buffer, from + buffer.position()) > 0) {
        // until full or at the end
      }
      return java.util.Arrays.copyOf(buffer.array(), buffer.position());
    } catch (IOException e) {
      return new byte[0];
    }
  }

  /** Empties a log that has grown beyond a size; its writer appends. */
  static void shorten(Path file, long bytesMax) {
    try {
      if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) > bytesMax) {
        try (var out =
            FileChannel.open(file, Set.of(StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS))) {
          out.truncate(0);
        }
      }
    } catch (IOException e) {
      // it is tried again
    }
  }

  /** Removes a directory and all below it; symbolic links are removed, not followed. */
  static void removeTree(Path directory) throws IOException {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes a) throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof java.nio.file.NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw e;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path d, IOException e) throws IOException {
            Files.deleteIfExists(d);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** An input/output error as a fault: 507 {@code DiskFull} when that is what it is. */
  static Fault fault(String doing, IOException e) {
    return isDiskFull(String.valueOf(e.getMessage()))
        ? diskFull(doing)
        : Fault.internal(doing + ": " + e, e);
  }

  static Fault diskFull(String doing) {
    return Fault.of(507, "DiskFull", "The host's disk is full: " + doing + ".");
  }

  /** Whether a program's or the system's words mean that the disk is full. */
  static boolean isDiskFull(String words) {
    var w = words.toLowerCase(Locale.ROOT);
    return w.contains("no space left") || w.contains("disk quota exceeded");
  }
}
