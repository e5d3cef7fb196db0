package welkin.agents.hypervisor;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.ImageTarget;
import welkin.agents.contracts.InstanceSpec;
import welkin.core.Fault;

/** A guest's disks: files that are made for it, fitted to what it is to have, and copied. */
final class GuestDisks {
  private static final Logger log = LoggerFactory.getLogger(GuestDisks.class);
  private final HostKit kit;
  private final GuestDirectory dir;
  private final String id;

  GuestDisks(HostKit kit, GuestDirectory dir, String id) {
    this.kit = kit;
    this.dir = dir;
    this.id = id;
  }

  /** Makes all disks of a new guest. */
  void make(InstanceSpec spec, ImageCache.Base base) {
    var bytes = spec.rootGb() > 0 ? (long) spec.rootGb() << 30 : base.virtualSizeBytes();
    kit.qemuImg()
        .overlay(
            dir.disks(),
            "../../../" + ImageCache.DIRECTORY + "/" + base.file(),
            GuestDirectory.DISK,
            bytes);
    if (spec.ephemeralGb() > 0) {
      makeEphemeral(spec);
    }
    if (spec.swapMb() > 0) {
      makeSwap(spec);
    }
  }

  private void makeEphemeral(InstanceSpec spec) {
    var size = (long) spec.ephemeralGb() << 30;
    kit.qemuImg().empty(dir.disks(), "raw", GuestDirectory.EPHEMERAL, size);
    kit.qemuImg().ext4(dir.disks(), GuestDirectory.EPHEMERAL, "ephemeral0", size);
  }

  private void makeSwap(InstanceSpec spec) {
    var size = (long) spec.swapMb() << 20;
    kit.qemuImg().empty(dir.disks(), "raw", GuestDirectory.SWAP, size);
    kit.qemuImg().swap(dir.disks(), GuestDirectory.SWAP, size);
  }

  /**
   * Makes the stopped guest's disks what a specification asks for: the root and second disk only
   * grow, swap is made anew when its size changes.
   */
  void fit(InstanceSpec spec) throws IOException {
    var root = (long) spec.rootGb() << 30;
    if (root > virtualSize()) {
      kit.qemuImg().grow(dir.disks(), "qcow2", GuestDirectory.DISK, root);
    }
    var ephemeral = dir.disks().resolve(GuestDirectory.EPHEMERAL);
    if (spec.ephemeralGb() == 0) {
      Files.deleteIfExists(ephemeral);
    } else if (!Files.exists(ephemeral)) {
      makeEphemeral(spec);
    } else if (Files.size(ephemeral) < (long) spec.ephemeralGb() << 30) {
      kit.qemuImg()
          .grow(dir.disks(), "raw", GuestDirectory.EPHEMERAL, (long) spec.ephemeralGb() << 30);
    }
    var swap = dir.disks().resolve(GuestDirectory.SWAP);
    if (spec.swapMb() == 0) {
      Files.deleteIfExists(swap);
    } else if (!Files.exists(swap) || Files.size(swap) != (long) spec.swapMb() << 20) {
      Files.deleteIfExists(swap);
      makeSwap(spec);
    }
  }

  /**
   * Uploads the root disk as it is now.
   *
   * @param copier copies it into a file of that name
   */
  void upload(ImageTarget target, Consumer<String> copier) {
    var copy = "snapshot-" + GuestDirectory.checked(target.imageId()) + ".qcow2";
    var result = target.diskFormat() == null ? "qcow2" : target.diskFormat();
    if (!result.equals("qcow2") && !result.equals("raw")) {
      throw Fault.badRequest("A snapshot can be qcow2 or raw, not " + result + ".");
    }
    var file = dir.vm().resolve(copy);
    var raw = dir.vm().resolve(copy + ".raw");
    try {
      copier.accept(copy);
      if (result.equals("raw")) {
        kit.qemuImg()
            .convert(dir.vm(), "qcow2", copy, "raw", raw.getFileName().toString(), 1L << 50);
      }
      kit.transfer().upload(result.equals("raw") ? raw : file, target);
    } finally {
      try {
        Files.deleteIfExists(file);
        Files.deleteIfExists(raw);
      } catch (IOException e) {
        log.warn("{}: {}", id, e.toString());
      }
    }
  }

  /**
   * Copies the root disk into a file of the {@code vm} directory.
   *
   * @param machine of the guest that uses it, null when none does
   */
  void copyRoot(String copy, Machine machine) {
    var bytes = virtualSize();
    if (machine != null) {
      kit.qemuImg().empty(dir.vm(), "qcow2", copy, bytes);
      machine.copyRootDisk(copy);
    } else {
      kit.qemuImg().convert(dir.vm(), "qcow2", dir.disk(GuestDirectory.DISK), "qcow2", copy, bytes);
    }
  }

  /** Virtual size of the root disk, from its header (bytes 24 to 31, big endian). */
  long virtualSize() {
    try (var disk =
        Files.newByteChannel(
            dir.disks().resolve(GuestDirectory.DISK),
            Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
      var header = ByteBuffer.allocate(32);
      while (header.hasRemaining() && disk.read(header) > 0) {
        // until full
      }
      return header.getLong(24);
    } catch (IOException e) {
      throw HostFiles.fault("reading the disk of " + id, e);
    }
  }
}
