package welkin.core.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;
import welkin.core.image.ImageBytes.Unsafe;

/** Hyper-V virtual disks, version 2 (MS-VHDX). */
final class VhdxFormat implements ImageFormat {
  /** Bytes needed from the start of the metadata region: its table (64 KiB) and its items. */
  static final int WINDOW = 192 * 1024;

  private static final long REGIONS = 192 * 1024;
  private static final long REGIONS_COPY = 256 * 1024;
  private static final UUID METADATA = UUID.fromString("8B7CA206-4790-4B9A-B8FE-575F050F886E");
  private static final UUID FILE_PARAMETERS =
      UUID.fromString("CAA16737-FA36-4D43-B3B6-33F0AA44E76B");
  private static final UUID VIRTUAL_SIZE = UUID.fromString("2FA54224-CD1B-4876-B211-5DBED83BF4B8");
  private static final UUID PARENT_LOCATOR =
      UUID.fromString("A8D35F2D-B30B-454D-ABF7-D3D84834AB0C");

  @Override
  public String name() {
    return "vhdx";
  }

  @Override
  public boolean matches(ImageBytes b) {
    return b.at(0, "vhdxfile");
  }

  /** Where the metadata region is, or -1 when this is no VHDX or does not say. */
  static long metadataOffset(ImageBytes b) {
    try {
      return b.at(0, "vhdxfile") ? region(b, REGIONS) : -1;
    } catch (Unsafe e) {
      return -1;
    }
  }

  private static long region(ImageBytes b, long table) throws Unsafe {
    if (!b.at(table, "regi")) {
      throw new Unsafe("its region table is missing");
    }
    long entries = b.u32le(table + 8);
    if (entries > 2047) {
      throw new Unsafe("its region table is impossible");
    }
    long found = -1;
    for (int i = 0; i < entries; i++) {
      long at = table + 16 + 32L * i;
      if (guid(b, at).equals(METADATA)) {
        if (found >= 0) {
          throw new Unsafe("it has two metadata regions");
        }
        found = b.u64le(at + 16);
      }
    }
    if (found < 1 << 20) {
      throw new Unsafe("its metadata region is missing or misplaced");
    }
    return found;
  }

  @Override
  public long examine(ImageBytes b) throws Unsafe {
    long metadata = region(b, REGIONS);
    if (b.at(REGIONS_COPY, "regi") && region(b, REGIONS_COPY) != metadata) {
      throw new Unsafe("its two region tables differ");
    }
    if (!b.at(metadata, "metadata")) {
      throw new Unsafe("its metadata region is missing or misplaced");
    }
    int entries = b.u16le(metadata + 10);
    if (entries > 2047) {
      throw new Unsafe("its metadata table is impossible");
    }
    long virtual = -1;
    boolean parameters = false;
    for (int i = 0; i < entries; i++) {
      long at = metadata + 32 + 32L * i;
      var item = guid(b, at);
      long value = metadata + b.u32le(at + 16);
      if (item.equals(PARENT_LOCATOR)) {
        throw new Unsafe("it has a parent disk");
      } else if (item.equals(FILE_PARAMETERS)) {
        parameters = true;
        if ((b.u32le(value + 4) & 2) != 0) {
          throw new Unsafe("it has a parent disk");
        }
      } else if (item.equals(VIRTUAL_SIZE)) {
        virtual = ImageBytes.size(b.u64le(value), "its virtual size");
      }
    }
    if (!parameters || virtual < 0) {
      throw new Unsafe("its metadata is incomplete");
    }
    return virtual;
  }

  /** A GUID as Microsoft stores it: three little-endian numbers, then eight bytes. */
  private static UUID guid(ImageBytes b, long at) throws Unsafe {
    ByteBuffer g = b.read(at, 16, ByteOrder.LITTLE_ENDIAN);
    long high =
        (g.getInt() & 0xffff_ffffL) << 32 | (g.getShort() & 0xffffL) << 16 | g.getShort() & 0xffffL;
    return new UUID(high, g.order(ByteOrder.BIG_ENDIAN).getLong());
  }
}
