package welkin.core.image;

import welkin.core.image.ImageBytes.Unsafe;

/** QEMU copy-on-write, versions 2 and 3 (QEMU docs/interop/qcow2). */
final class Qcow2Format implements ImageFormat {
  private static final long DIRTY = 1;
  private static final long CORRUPT = 1 << 1;
  private static final long DATA_FILE = 1 << 2;
  private static final long KNOWN = 0x1f;

  private static final long END = 0;
  private static final long BACKING_FORMAT = 0xE2792ACAL;
  private static final long DATA_FILE_NAME = 0x44415441L;
  private static final long ENCRYPTION = 0x0537BE77L;

  @Override
  public String name() {
    return "qcow2";
  }

  @Override
  public boolean matches(ImageBytes b) {
    return b.at(0, (byte) 'Q', (byte) 'F', (byte) 'I', (byte) 0xfb);
  }

  @Override
  public long examine(ImageBytes b) throws Unsafe {
    long version = b.u32be(4);
    if (version != 2 && version != 3) {
      throw new Unsafe("its version is " + version + ", only 2 and 3 are usable");
    }
    if (b.u64be(8) != 0 || b.u32be(16) != 0) {
      throw new Unsafe("it has a backing file");
    }
    long clusterBits = b.u32be(20);
    if (clusterBits < 9 || clusterBits > 21) {
      throw new Unsafe("its cluster size is impossible");
    }
    long cluster = 1L << clusterBits;
    long virtual = ImageBytes.size(b.u64be(24), "its virtual size");
    if (b.u32be(32) != 0) {
      throw new Unsafe("it is encrypted");
    }
    long headerLength = 72;
    if (version == 3) {
      long features = b.u64be(72);
      if ((features & DATA_FILE) != 0) {
        throw new Unsafe("it keeps its data in another file");
      }
      if ((features & CORRUPT) != 0) {
        throw new Unsafe("it is marked as corrupt");
      }
      if ((features & DIRTY) != 0) {
        throw new Unsafe("it was not closed properly; repair it with qemu-img check first");
      }
      if ((features & ~KNOWN) != 0) {
        throw new Unsafe("it needs features nobody knows");
      }
      headerLength = b.u32be(100);
      if (headerLength < 104 || headerLength % 8 != 0 || headerLength > 4096) {
        throw new Unsafe("its header length is impossible");
      }
    }
    extensions(b, headerLength, Math.min(cluster, ImageBytes.HEAD));
    if (b.u32be(60) != 0) {
      throw new Unsafe("it has internal snapshots");
    }
    tables(b, cluster, virtual);
    return virtual;
  }

  private static void extensions(ImageBytes b, long from, long end) throws Unsafe {
    long at = from;
    while (at + 8 <= end) {
      long type = b.u32be(at);
      long length = b.u32be(at + 4);
      if (type == END) {
        return;
      } else if (type == DATA_FILE_NAME) {
        throw new Unsafe("it names an external data file");
      } else if (type == BACKING_FORMAT) {
        throw new Unsafe("it names the format of a backing file");
      } else if (type == ENCRYPTION) {
        throw new Unsafe("it is encrypted");
      }
      at += 8 + (length + 7) / 8 * 8;
    }
    if (at + 8 > end && at != end) {
      throw new Unsafe("its header extensions leave the header");
    }
  }

  private static void tables(ImageBytes b, long cluster, long virtual) throws Unsafe {
    long l1Entries = b.u32be(36);
    long l1At = b.u64be(40);
    // an L2 table is one cluster of entries of 8 bytes (16 with extended L2 entries)
    boolean extended = b.u32be(4) == 3 && (b.u64be(72) & 1 << 4) != 0;
    long perL1 = cluster * (cluster / (extended ? 16 : 8));
    if (l1Entries > 32 * 1024 * 1024 / 8 || l1Entries < (virtual + perL1 - 1) / perL1) {
      throw new Unsafe("its L1 table does not fit its virtual size");
    }
    within(b, l1At, l1Entries * 8, cluster, "L1 table");
    long refcountClusters = b.u32be(56);
    if (refcountClusters == 0 || refcountClusters * cluster > 8 * 1024 * 1024 + cluster) {
      throw new Unsafe("its refcount table has an impossible size");
    }
    within(b, b.u64be(48), refcountClusters * cluster, cluster, "refcount table");
  }

  private static void within(ImageBytes b, long at, long length, long cluster, String what)
      throws Unsafe {
    if (length > 0 && (at < cluster || at % cluster != 0 || at > b.size() - length)) {
      throw new Unsafe("its " + what + " lies outside the file");
    }
  }
}
