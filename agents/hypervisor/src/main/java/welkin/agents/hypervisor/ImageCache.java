package welkin.agents.hypervisor;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.InstanceSpec.ImageSource;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.core.image.ImageInspector;

/**
 * Base images, fetched once a host and shared by all guests below their overlays. An image is
 * inspected while it arrives, before any program opens it, and becomes a raw file that belongs to
 * the agent and that nobody may write to: nothing in it can mean anything but a disk's bytes any
 * more.
 */
final class ImageCache {
  static final String DIRECTORY = "images-cache";
  private static final Logger log = LoggerFactory.getLogger(ImageCache.class);

  private final Path directory;
  private final String host;
  private final ImageTransfer transfer;

  /** How long it is tried to fetch an image from a service that is away. */
  private static final Duration AWAY_MAX = Duration.ofSeconds(30);

  private static final Duration PAUSE_FIRST = Duration.ofMillis(250);

  private final QemuImg qemuImg;
  private final Confinement confinement;
  private final InstantSource clock;
  private final Map<String, CompletableFuture<Base>> arriving = new ConcurrentHashMap<>();

  /**
   * A base image, ready for use.
   *
   * @param file its name in the cache directory
   * @param virtualSizeBytes size of the disk
   */
  record Base(String file, long virtualSizeBytes) {}

  ImageCache(
      Path storage,
      String host,
      ImageTransfer transfer,
      QemuImg qemuImg,
      Confinement confinement,
      InstantSource clock)
      throws IOException {
    this.directory = Files.createDirectories(storage.resolve(DIRECTORY));
    this.host = host;
    this.transfer = transfer;
    this.qemuImg = qemuImg;
    this.confinement = confinement;
    this.clock = clock;
    sweep();
  }

  /** Removes what an interrupted download or conversion left. */
  private void sweep() throws IOException {
    try (var files = Files.newDirectoryStream(directory, "*." + host + ".{part,work}")) {
      for (var f : files) {
        HostFiles.removeTree(f);
      }
    }
  }

  /**
   * The base of an image, fetched if it is not here; those who ask at the same time share one
   * download.
   *
   * @param rootGb the flavor's root disk, 0 for the image's own size; an image larger than that is
   *     refused before it is converted
   */
  Base fetch(ImageSource image, int rootGb) {
    if (image == null || image.id() == null || !image.id().matches("[A-Za-z0-9-]{1,64}")) {
      throw Fault.badRequest("A guest on this host needs an image to boot from.");
    }
    var base = cached(image.id());
    if (base == null) {
      var mine = new CompletableFuture<Base>();
      var others = arriving.putIfAbsent(image.id(), mine);
      if (others == null) {
        try {
          base = cached(image.id());
          mine.complete(base == null ? base = bring(image, rootGb) : base);
        } catch (RuntimeException | Error e) {
          mine.completeExceptionally(e);
          throw e;
        } finally {
          arriving.remove(image.id(), mine);
        }
      } else {
        try {
          base = others.join();
        } catch (CompletionException e) {
          var f = Fault.from(e.getCause());
          if (f.code().equals("FlavorDiskSmallerThanImage")) {
            // the other's flavor, not necessarily this one's
            return fetch(image, rootGb);
          }
          throw f;
        }
      }
    }
    requireFits(base.virtualSizeBytes(), rootGb);
    touch(image.id());
    return base;
  }

  private static void requireFits(long bytes, int rootGb) {
    if (rootGb > 0 && bytes > ((long) rootGb << 30)) {
      throw Fault.of(
          400,
          "FlavorDiskSmallerThanImage",
          "Flavor's disk is too small for requested image. Flavor disk is "
              + ((long) rootGb << 30)
              + " bytes, image is "
              + bytes
              + " bytes.");
    }
  }

  private Path meta(String id) {
    return directory.resolve(id + ".json");
  }

  private Path base(String id) {
    return directory.resolve(id + ".raw");
  }

  private Base cached(String id) {
    try {
      // the description is written last: with it, the file is whole
      return Files.exists(meta(id)) && Files.exists(base(id))
          ? Json.read(Files.readAllBytes(meta(id)), Base.class)
          : null;
    } catch (IOException e) {
      throw HostFiles.fault("reading the image cache", e);
    }
  }

  private Base bring(ImageSource image, int rootGb) {
    var part = directory.resolve(image.id() + "." + host + ".part");
    var work = directory.resolve(image.id() + "." + host + ".work");
    try {
      HostFiles.removeTree(part);
      HostFiles.removeTree(work);
      requireSpace(image.sizeBytes());
      var inspector = download(image, part);
      var found = inspector.finish();
      try {
        found.require(image.diskFormat());
      } catch (Fault f) {
        throw Fault.of(400, "ImageUnacceptable", f.getMessage());
      }
      long size = found.virtualSizeBytes() > 0 ? found.virtualSizeBytes() : Files.size(part);
      requireFits(size, rootGb);
      switch (found.format()) {
        case "raw", "iso" -> {
          confinement.take(part);
          HostFiles.rename(part, base(image.id()));
        }
        case "qcow2", "vmdk", "vhd", "vhdx", "vdi", "parallels" ->
            convert(image.id(), found.format(), part, work, size);
        default ->
            throw Fault.of(
                400,
                "ImageUnacceptable",
                "Image " + image.id() + " has format " + found.format() + ", which cannot boot.");
      }
      var base = new Base(image.id() + ".raw", size);
      HostFiles.write(meta(image.id()), Json.bytes(base));
      log.info("image {} cached, {} bytes of disk", image.id(), size);
      return base;
    } catch (IOException e) {
      throw HostFiles.fault("storing image " + image.id(), e);
    } finally {
      try {
        HostFiles.removeTree(part);
        HostFiles.removeTree(work);
      } catch (IOException e) {
        log.warn("left in the image cache until the next start: {}", e.toString());
      }
    }
  }

  private void requireSpace(long bytes) throws IOException {
    if (Files.getFileStore(directory).getUsableSpace() < bytes) {
      throw HostFiles.diskFull("an image of " + bytes + " bytes does not fit");
    }
  }

  /** An image service that is away for a moment, as it is restarted, costs a guest only time. */
  private ImageInspector download(ImageSource image, Path part) throws IOException {
    var end = System.nanoTime() + AWAY_MAX.toNanos();
    for (var pause = PAUSE_FIRST; ; pause = pause.multipliedBy(2)) {
      try {
        return downloadOnce(image, part);
      } catch (Fault f) {
        boolean away = f.code().equals("ImageServiceUnreachable");
        if (!away || transfer.closed() || System.nanoTime() + pause.toNanos() > end) {
          throw f;
        }
        log.info(
            "image {} is asked for again in {} ms: {}",
            image.id(),
            pause.toMillis(),
            f.getMessage());
        Pause.briefly(pause);
        HostFiles.removeTree(part);
      }
    }
  }

  private ImageInspector downloadOnce(ImageSource image, Path part) throws IOException {
    var inspector = new ImageInspector();
    var digest = sha512();
    try (var in = transfer.download(image);
        var out = FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      var buffer = new byte[256 << 10];
      long total = 0;
      for (int n; (n = read(in, buffer)) >= 0; ) {
        total += n;
        if (image.sizeBytes() > 0 && total > image.sizeBytes()) {
          throw unlike(image, "more than the " + image.sizeBytes() + " bytes promised came");
        }
        inspector.feed(buffer, 0, n);
        digest.update(buffer, 0, n);
        write(out, buffer, n);
      }
      out.truncate(total);
      if (image.sizeBytes() > 0 && total != image.sizeBytes()) {
        throw unlike(image, "only " + total + " of " + image.sizeBytes() + " bytes came");
      }
      out.force(true);
    }
    var hash = HexFormat.of().formatHex(digest.digest());
    if (image.osHashValue() != null && !hash.equalsIgnoreCase(image.osHashValue())) {
      throw unlike(image, "their sha512 is not the image's");
    }
    return inspector;
  }

  private static int read(InputStream in, byte[] buffer) {
    try {
      return in.read(buffer);
    } catch (IOException e) {
      throw Fault.of(503, "ImageServiceUnreachable", "The image service broke off: " + e);
    }
  }

  /** Writes a block, leaving a hole where it is all zero. */
  private static void write(FileChannel out, byte[] buffer, int n) throws IOException {
    if (isZero(buffer, n)) {
      out.position(out.position() + n);
      // a hole at the end counts only once something gives the file its length
      if (out.size() < out.position()) {
        out.write(ByteBuffer.wrap(new byte[1]), out.position() - 1);
      }
      return;
    }
    var b = ByteBuffer.wrap(buffer, 0, n);
    while (b.hasRemaining()) {
      out.write(b);
    }
  }

  private static boolean isZero(byte[] buffer, int n) {
    for (int i = 0; i < n; i++) {
      if (buffer[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private static Fault unlike(ImageSource image, String why) {
    return Fault.of(
        400, "ImageUnacceptable", "The bytes of image " + image.id() + " cannot be used: " + why);
  }

  private static MessageDigest sha512() {
    try {
      return MessageDigest.getInstance("SHA-512");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private void convert(String id, String format, Path part, Path work, long size)
      throws IOException {
    confinement.directory(work);
    var source = work.resolve("source");
    Files.move(part, source);
    confinement.own(source);
    try {
      qemuImg.convert(
          work, format.equals("vhd") ? "vpc" : format, "source", "raw", "base", size + (1 << 20));
    } catch (Fault f) {
      throw f.status() == 507
          ? f
          : Fault.of(
              400, "ImageUnacceptable", "Image " + id + " cannot be converted: " + f.getMessage());
    }
    var made = work.resolve("base");
    if (!Files.isRegularFile(made, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
      throw Fault.of(500, "ImageToolFailed", "no image came out of the conversion of " + id);
    }
    confinement.take(made);
    try (var out = FileChannel.open(made, StandardOpenOption.READ)) {
      out.force(true);
    }
    HostFiles.rename(made, base(id));
  }

  private void touch(String id) {
    try {
      Files.setLastModifiedTime(meta(id), FileTime.from(clock.instant()));
    } catch (IOException e) {
      log.debug("{}: {}", id, e.toString());
    }
  }

  /**
   * Removes base images that no guest uses and nobody asked for in a while.
   *
   * @param inUse file names of bases that guests stand on
   */
  void evict(Set<String> inUse, Duration age) {
    try (var files = Files.newDirectoryStream(directory, "*.json")) {
      for (var meta : files) {
        var id = meta.getFileName().toString().replaceFirst("\\.json$", "");
        var used = Files.getLastModifiedTime(meta).toInstant();
        if (!inUse.contains(id + ".raw")
            && !arriving.containsKey(id)
            && used.plus(age).isBefore(clock.instant())) {
          Files.deleteIfExists(meta);
          Files.deleteIfExists(base(id));
          log.info("image {} removed from the cache, unused since {}", id, used);
        }
      }
    } catch (IOException e) {
      log.warn("image cache: {}", e.toString());
    }
  }
}
