package welkin.core.image;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import welkin.core.image.ImageBytes.Unsafe;

/** All formats, and the verdict over those that match. Raw is what matches none. */
final class DiskFormats {
  private DiskFormats() {}

  private static final List<ImageFormat> ALL =
      List.of(
          new Qcow2Format(),
          new VmdkFormat(),
          new VhdxFormat(),
          format("vhd", b -> b.at(0, "conectix") || footer(b) >= 0, DiskFormats::vhd),
          format(
              "vdi",
              b -> b.at(64, (byte) 0x7f, (byte) 0x10, (byte) 0xda, (byte) 0xbe),
              DiskFormats::vdi),
          format("iso", b -> b.at(0x8001, "CD001"), DiskFormats::iso),
          format("qed", b -> b.at(0, "QED\0"), DiskFormats::qed),
          format(
              "luks",
              b ->
                  b.at(0, (byte) 'L', (byte) 'U', (byte) 'K', (byte) 'S', (byte) 0xba, (byte) 0xbe),
              DiskFormats::luks),
          format(
              "parallels",
              b -> b.at(0, "WithoutFreeSpace") || b.at(0, "WithouFreSpacExt"),
              DiskFormats::parallels),
          format("bochs", b -> b.at(0, "Bochs Virtual HD Image"), DiskFormats::unusable),
          format(
              "cloop",
              b -> b.at(0, "#!/bin/sh\n#V2.0 Format\nmodprobe cloop"),
              DiskFormats::unusable));

  static Inspection inspect(ImageBytes b, long fileBytes) {
    var label = label(b);
    var matching = ALL.stream().filter(f -> f.matches(b)).toList();
    var names = new ArrayList<>(matching.stream().map(ImageFormat::name).toList());
    if (matching.isEmpty()) {
      return new Inspection("raw", fileBytes, fileBytes, true, null, label, List.of("raw"));
    }
    var format = matching.getFirst();
    // boot media are both an ISO file system and a partitioned disk; nothing else may be
    if (label != null && !names.equals(List.of("iso"))) {
      names.add(label);
    }
    if (names.size() > 1) {
      return new Inspection(
          format.name(),
          -1,
          fileBytes,
          false,
          "it is several formats at once (" + String.join(", ", names) + ")",
          label,
          List.copyOf(names));
    }
    try {
      long virtual = format.examine(b);
      return new Inspection(
          format.name(), virtual, fileBytes, true, null, label, List.copyOf(names));
    } catch (Unsafe e) {
      return new Inspection(
          format.name(), -1, fileBytes, false, e.getMessage(), label, List.copyOf(names));
    }
  }

  // ---- the small formats ----

  private interface Examine {
    long examine(ImageBytes b) throws Unsafe;
  }

  private static ImageFormat format(String name, Predicate<ImageBytes> matches, Examine examine) {
    return new ImageFormat() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public boolean matches(ImageBytes b) {
        return matches.test(b);
      }

      @Override
      public long examine(ImageBytes b) throws Unsafe {
        return examine.examine(b);
      }
    };
  }

  private static long unusable(ImageBytes b) throws Unsafe {
    throw new Unsafe("this format is not usable");
  }

  /** Where a VHD's footer is, or -1; it has 512 bytes, very old ones 511. */
  private static long footer(ImageBytes b) {
    return !b.whole()
        ? -1
        : b.at(-512, "conectix") ? b.size() - 512 : b.at(-511, "conectix") ? b.size() - 511 : -1;
  }

  /** Virtual PC disks: type 2 is fixed, 3 dynamic, 4 differs from a parent. */
  private static long vhd(ImageBytes b) throws Unsafe {
    boolean atStart = b.at(0, "conectix");
    long footer = footer(b);
    if (b.whole() && footer < 0) {
      throw new Unsafe("its footer is missing");
    }
    long at = atStart ? 0 : footer;
    long type = b.u32be(at + 60);
    if (type == 4) {
      throw new Unsafe("it has a parent disk");
    }
    if (type != 2 && type != 3) {
      throw new Unsafe("its type is impossible");
    }
    long virtual = ImageBytes.size(b.u64be(at + 48), "its virtual size");
    if (atStart
        && footer >= 0
        && (b.u32be(footer + 60) != type || b.u64be(footer + 48) != virtual)) {
      throw new Unsafe("its footer differs from its header");
    }
    if (type == 2 && virtual > b.size() - 511) {
      throw new Unsafe("the file is shorter than the disk it holds");
    }
    if (type == 3) {
      long dynamic = b.u64be(at + 16);
      if (!b.at(dynamic, "cxsparse")) {
        throw new Unsafe("its dynamic header is missing");
      }
      nothing(b, dynamic + 40, 16, "it has a parent disk");
    }
    return virtual;
  }

  /** VirtualBox disks: type 1 is dynamic, 2 fixed. */
  private static long vdi(ImageBytes b) throws Unsafe {
    if (b.u32le(68) != 0x0001_0001L) {
      throw new Unsafe("its version is unknown");
    }
    long type = b.u32le(76);
    if (type != 1 && type != 2) {
      throw new Unsafe("its type needs another disk");
    }
    nothing(b, 424, 32, "it has a parent disk");
    long virtual = ImageBytes.size(b.u64le(368), "its virtual size");
    long block = b.u32le(376);
    if (block == 0 || b.u32le(340) > b.size() || b.u32le(344) > b.size()) {
      throw new Unsafe("its block map lies outside the file");
    }
    if (b.u32le(384) < (virtual + block - 1) / block) {
      throw new Unsafe("its block map does not fit its virtual size");
    }
    return virtual;
  }

  /** ISO 9660: the primary volume descriptor says how many blocks there are. */
  private static long iso(ImageBytes b) throws Unsafe {
    long blocks = b.u32le(0x8000 + 80);
    long size = blocks * b.u16le(0x8000 + 128);
    return b.whole() ? Math.max(size, b.size()) : size;
  }

  private static long qed(ImageBytes b) throws Unsafe {
    long features = b.u64le(16);
    if ((features & 1) != 0 || b.u32le(60) != 0) {
      throw new Unsafe("it has a backing file");
    }
    if ((features & ~6L) != 0) {
      throw new Unsafe("it needs features nobody knows");
    }
    return ImageBytes.size(b.u64le(48), "its virtual size");
  }

  private static long luks(ImageBytes b) throws Unsafe {
    int version = b.u16be(6);
    if (version != 1) {
      throw new Unsafe("its LUKS version is " + version + ", only 1 is usable");
    }
    long payload = b.u32be(104) * 512;
    if (payload > b.size()) {
      throw new Unsafe("its payload lies outside the file");
    }
    return b.whole() ? b.size() - payload : -1;
  }

  private static long parallels(ImageBytes b) throws Unsafe {
    if (b.u32le(16) != 2) {
      throw new Unsafe("its version is unknown");
    }
    long sectors = b.at(0, "WithouFreSpacExt") ? b.u64le(36) : b.u32le(36);
    ImageBytes.size(sectors, "its virtual size");
    long tracks = b.u32le(28);
    long entries = b.u32le(32);
    if (tracks == 0 || entries * tracks < sectors || 64 + entries * 4 > b.size()) {
      throw new Unsafe("its block map does not fit its virtual size");
    }
    return ImageBytes.size(sectors * 512, "its virtual size");
  }

  private static void nothing(ImageBytes b, long at, int n, String otherwise) throws Unsafe {
    for (byte x : b.bytes(at, n)) {
      if (x != 0) {
        throw new Unsafe(otherwise);
      }
    }
  }

  /** A partition table that makes sense: gpt, mbr or null. */
  private static String label(ImageBytes b) {
    if (!b.at(510, (byte) 0x55, (byte) 0xaa)) {
      return null;
    }
    try {
      boolean any = false;
      boolean protective = false;
      for (int i = 0; i < 4; i++) {
        int flag = b.u8(446 + 16 * i);
        int type = b.u8(446 + 16 * i + 4);
        if (flag != 0 && flag != 0x80) {
          return null;
        }
        any |= type != 0;
        protective |= type == 0xee;
      }
      return protective && (b.at(512, "EFI PART") || b.at(4096, "EFI PART"))
          ? "gpt"
          : any ? "mbr" : null;
    } catch (Unsafe e) {
      return null;
    }
  }
}
