package welkin.image.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Set;
import welkin.core.Fault;
import welkin.core.image.ImageInspector;

/**
 * Image contents as files: one per image, named by its id, in place only when all of it is on the
 * disk. What waits to be imported lies in {@code staging}, what arrives in {@code arriving}.
 */
public final class FileStore {
  private static final int BUFFER = 512 * 1024;
  private final Path folder;
  private final Path staging;
  private final Path arriving;

  public FileStore(Path folder) {
    this.folder = folder;
    staging = folder.resolve("staging");
    arriving = folder.resolve("arriving");
    try {
      Files.createDirectories(staging);
      Files.createDirectories(arriving);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path file(String id) {
    return folder.resolve(id);
  }

  Path staged(String id) {
    return staging.resolve(id);
  }

  /**
   * Takes bytes in: writes, hashes and inspects them as they come, then puts them in place.
   *
   * @param declared the disk format they must be, or null when any will do
   * @param cap no more bytes than this
   * @throws Fault 413 for too many bytes or a full disk, 400 and 415 for bytes that are not what
   *     they should be; nothing is left then
   */
  Content receive(InputStream in, Path target, String declared, long cap) {
    Path part;
    try {
      part = Files.createTempFile(arriving, target.getFileName() + "-", null);
    } catch (IOException e) {
      throw full(e);
    }
    try {
      var content = write(in, part, declared, cap);
      move(part, target);
      return content;
    } finally {
      remove(part);
    }
  }

  private static Content write(InputStream in, Path part, String declared, long cap) {
    var hashes = new Hashes();
    var inspector = new ImageInspector();
    var bytes = new byte[BUFFER];
    var hashed = new byte[BUFFER]; // the one before, read by the hashes while this one is filled
    long size = 0;
    try (var out = FileChannel.open(part, StandardOpenOption.WRITE)) {
      for (int n; (n = fill(in, bytes)) > 0; ) {
        size += n;
        if (size > cap) {
          drain(in, bytes, cap);
          throw Fault.of(
              413, "ImageSizeLimitExceeded", "The image is larger than " + cap + " bytes.");
        }
        hashes.add(bytes, n);
        var buffer = ByteBuffer.wrap(bytes, 0, n);
        while (buffer.hasRemaining()) {
          out.write(buffer);
        }
        inspector.feed(bytes, 0, n);
        if (declared != null) {
          try {
            inspector.requireSoFar(declared);
          } catch (Fault refused) {
            drain(in, hashed, cap - size);
            throw refused;
          }
        }
        var other = hashed;
        hashed = bytes;
        bytes = other;
      }
      out.force(true);
    } catch (IOException e) {
      throw full(e);
    }
    var inspection = inspector.finish();
    if (declared != null) {
      inspection.require(declared);
    }
    var digests = hashes.finish();
    return new Content(size, digests[0], digests[1], inspection);
  }

  /** Fills the buffer as far as the stream goes; large writes and digests are the cheap ones. */
  private static int fill(InputStream in, byte[] bytes) {
    try {
      return in.readNBytes(bytes, 0, bytes.length);
    } catch (IOException e) {
      throw Fault.badRequest("The image data could not be read to its end: " + e.getMessage());
    }
  }

  /** Reads on without keeping anything, so that the client hears why it was refused. */
  private static void drain(InputStream in, byte[] bytes, long most) {
    long left = most;
    for (int n; left > 0 && (n = fill(in, bytes)) > 0; ) {
      left -= n;
    }
  }

  private static Fault full(IOException e) {
    return Fault.of(
        413,
        "StorageFull",
        "There is not enough disk space on the image storage media: " + e.getMessage());
  }

  /** Puts content that waits into place. */
  void promote(String id) {
    move(staged(id), file(id));
  }

  private static void move(Path from, Path to) {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      try (var dir = FileChannel.open(to.getParent())) {
        dir.force(true);
      }
    } catch (IOException e) {
      throw full(e);
    }
  }

  /** Writes a part of a file to a stream. */
  static void send(Path file, ByteRange range, OutputStream out) throws IOException {
    try (var in = FileChannel.open(file)) {
      in.position(range.first());
      var bytes = new byte[BUFFER];
      long left = range.length();
      while (left > 0) {
        int n = in.read(ByteBuffer.wrap(bytes, 0, (int) Math.min(bytes.length, left)));
        if (n < 0) {
          throw new IOException(file + " ends early");
        }
        out.write(bytes, 0, n);
        left -= n;
      }
    }
  }

  /** Removes all content of an image. */
  public void delete(String id) {
    remove(file(id));
    remove(staged(id));
  }

  private static void remove(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether content for an image arrived since, or waits for its import. */
  boolean heard(String id, Instant since) {
    if (Files.exists(staged(id))) {
      return true;
    }
    try (var list = Files.newDirectoryStream(arriving, id + "-*")) {
      for (var f : list) {
        if (!silent(f, since)) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean silent(Path file, Instant since) throws IOException {
    try {
      return Files.getLastModifiedTime(file).toInstant().isBefore(since);
    } catch (NoSuchFileException moved) {
      return false;
    }
  }

  /**
   * Removes every file that belongs to none of the images: what a killed process left.
   *
   * @param since leaves alone what was written to after this; null when nobody else writes
   */
  void keepOnly(Set<String> ids, Instant since) {
    for (var place : new Path[] {folder, staging, arriving}) {
      try (var list = Files.newDirectoryStream(place)) {
        for (var f : list) {
          boolean keep =
              Files.isDirectory(f)
                  || place.equals(folder) && ids.contains(f.getFileName().toString())
                  || since != null
                      && (place.equals(staging) && ids.contains(f.getFileName().toString())
                          || !silent(f, since));
          if (!keep) {
            Files.deleteIfExists(f);
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
