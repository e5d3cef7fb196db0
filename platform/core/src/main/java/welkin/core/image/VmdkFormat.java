package welkin.core.image;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;
import welkin.core.image.ImageBytes.Unsafe;

/**
 * VMware virtual disks (VMware Virtual Disk Format 5.0). Only single files: sparse and stream
 * optimised. A bare descriptor names the files it reads, so it is never accepted.
 */
final class VmdkFormat implements ImageFormat {
  private static final int SECTOR = 512;
  private static final long AT_END = -1;
  private static final Pattern EXTENT =
      Pattern.compile("(?:RW|RDONLY|NOACCESS)\\s+(\\d{1,18})\\s+(\\w+)\\s+\"([^\"]*)\"\\s*\\d*");
  private static final Pattern EXTENT_LIKE = Pattern.compile("(?:RW|RDONLY|NOACCESS)\\b.*");
  private static final Pattern PLAIN_NAME = Pattern.compile("[^/\\\\:%]{1,255}");

  @Override
  public String name() {
    return "vmdk";
  }

  @Override
  public boolean matches(ImageBytes b) {
    return b.at(0, "KDMV") || b.at(0, "COWD") || isDescriptor(b.headText(64 * 1024));
  }

  /** As QEMU probes: comments and blank lines, then a line that says the version. */
  private static boolean isDescriptor(String head) {
    if (head.startsWith("# Disk Descriptor")) {
      return true;
    }
    int at = 0;
    while (at < head.length()) {
      char c = head.charAt(at);
      if (c == '#') {
        int end = head.indexOf('\n', at);
        if (end < 0) {
          return false;
        }
        at = end + 1;
      } else if (c == ' ' || c == '\n' || c == '\r') {
        at++;
      } else {
        return head.startsWith("version=", at)
            && head.length() > at + 9
            && head.charAt(at + 8) >= '1'
            && head.charAt(at + 8) <= '3';
      }
    }
    return false;
  }

  @Override
  public long examine(ImageBytes b) throws Unsafe {
    if (!b.at(0, "KDMV")) {
      throw new Unsafe("it is only a description that names other files");
    }
    long version = b.u32le(4);
    if (version < 1 || version > 3) {
      throw new Unsafe("its version is " + version + ", only 1 to 3 are usable");
    }
    long capacity = b.u64le(12);
    long descriptorAt = b.u64le(28);
    long descriptorSectors = b.u64le(36);
    ImageBytes.size(capacity, "its virtual size");
    long virtual = ImageBytes.size(capacity * SECTOR, "its virtual size");
    if (b.u64le(56) == AT_END && b.whole()) {
      footer(b, capacity, descriptorAt);
    }
    if (descriptorAt <= 0 || descriptorAt > ImageBytes.HEAD / SECTOR) {
      throw new Unsafe("its description is not at its start");
    }
    if (descriptorSectors <= 0
        || descriptorSectors > ImageBytes.HEAD / SECTOR
        || (descriptorAt + descriptorSectors) * SECTOR > ImageBytes.HEAD) {
      throw new Unsafe("its description has an impossible size");
    }
    var bytes = b.bytes(descriptorAt * SECTOR, (int) (descriptorSectors * SECTOR));
    int end = 0;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    descriptor(new String(bytes, 0, end, StandardCharsets.UTF_8));
    return virtual;
  }

  /** A second header at the end replaces the first for readers: it must say the same. */
  private static void footer(ImageBytes b, long capacity, long descriptorAt) throws Unsafe {
    long at = b.size() - 2 * SECTOR;
    if (!b.at(at, "KDMV") || b.u64le(at + 12) != capacity || b.u64le(at + 28) != descriptorAt) {
      throw new Unsafe("its footer is missing or differs from its header");
    }
  }

  private static void descriptor(String text) throws Unsafe {
    if (!text.startsWith("# Disk DescriptorFile")) {
      throw new Unsafe("its description is missing");
    }
    int extents = 0;
    String type = null;
    String parent = null;
    for (var raw : text.split("\\R")) {
      var line = raw.strip();
      var lower = line.toLowerCase(Locale.ROOT);
      if (EXTENT_LIKE.matcher(line.toUpperCase(Locale.ROOT)).matches()) {
        var m = EXTENT.matcher(line);
        if (!m.matches() || !m.group(2).equals("SPARSE")) {
          throw new Unsafe("its description has an extent that is not plain and sparse");
        }
        if (!PLAIN_NAME.matcher(m.group(3)).matches() || m.group(3).startsWith("..")) {
          throw new Unsafe("its description names a path outside the image");
        }
        extents++;
      } else if (lower.startsWith("createtype")) {
        if (type != null) {
          throw new Unsafe("its description says its type twice");
        }
        type = value(line);
      } else if (lower.startsWith("parentcid")) {
        if (parent != null) {
          throw new Unsafe("its description says its parent twice");
        }
        parent = value(line);
      } else if (lower.startsWith("parentfilenamehint")) {
        throw new Unsafe("it has a parent disk");
      }
    }
    if (!"monolithicSparse".equals(type) && !"streamOptimized".equals(type)) {
      throw new Unsafe(
          "its type is " + type + ", only monolithicSparse and streamOptimized are usable");
    }
    if (!"ffffffff".equalsIgnoreCase(parent)) {
      throw new Unsafe("it has a parent disk");
    }
    if (extents != 1) {
      throw new Unsafe("it has " + extents + " extents, exactly one is usable");
    }
  }

  private static String value(String line) {
    int equals = line.indexOf('=');
    return equals < 0 ? "" : line.substring(equals + 1).strip().replace("\"", "");
  }
}
