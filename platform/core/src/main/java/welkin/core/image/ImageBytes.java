package welkin.core.image;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The parts of an image that were kept: its head, its tail, and windows asked for. Everything else
 * is unknown, and a format that needs it is refused.
 */
final class ImageBytes {
  /** Bytes kept from the start. Every format's fixed structures lie within. */
  static final int HEAD = 512 * 1024;

  /** Bytes kept from the end: footers of VHD and stream-optimised VMDK. */
  static final int TAIL = 4096;

  /** A stretch of the file. */
  record Part(long offset, byte[] bytes, int length) {
    boolean covers(long at, int n) {
      return at >= offset && at + n <= offset + length;
    }
  }

  /** The image is broken or dangerous; the message says how. */
  static final class Unsafe extends Exception {
    Unsafe(String message) {
      super(message, null, false, false);
    }
  }

  private final List<Part> parts;
  private final long size;
  private final boolean whole;

  /**
   * @param whole whether size and tail are final
   */
  ImageBytes(List<Part> parts, long size, boolean whole) {
    this.parts = parts;
    this.size = size;
    this.whole = whole;
  }

  /** The file's size; everything fits while the end is not known yet. */
  long size() {
    return whole ? size : Long.MAX_VALUE;
  }

  boolean whole() {
    return whole;
  }

  /** Whether the bytes at an offset (from the end when negative) are exactly these. */
  boolean at(long offset, byte... wanted) {
    var part = part(offset < 0 ? size + offset : offset, wanted.length);
    if (part == null || offset < 0 && !whole) {
      return false;
    }
    int from = (int) ((offset < 0 ? size + offset : offset) - part.offset());
    for (int i = 0; i < wanted.length; i++) {
      if (part.bytes()[from + i] != wanted[i]) {
        return false;
      }
    }
    return true;
  }

  boolean at(long offset, String ascii) {
    return at(offset, ascii.getBytes(StandardCharsets.ISO_8859_1));
  }

  ByteBuffer read(long offset, int n, ByteOrder order) throws Unsafe {
    var part = part(offset, n);
    if (part == null) {
      throw new Unsafe(
          offset >= 0 && offset + n > size && whole
              ? "the file ends before its structures do"
              : "a structure lies where none should, at byte " + offset);
    }
    return ByteBuffer.wrap(part.bytes(), (int) (offset - part.offset()), n).slice().order(order);
  }

  int u8(long offset) throws Unsafe {
    return read(offset, 1, ByteOrder.BIG_ENDIAN).get() & 0xff;
  }

  int u16le(long offset) throws Unsafe {
    return read(offset, 2, ByteOrder.LITTLE_ENDIAN).getShort() & 0xffff;
  }

  int u16be(long offset) throws Unsafe {
    return read(offset, 2, ByteOrder.BIG_ENDIAN).getShort() & 0xffff;
  }

  long u32le(long offset) throws Unsafe {
    return read(offset, 4, ByteOrder.LITTLE_ENDIAN).getInt() & 0xffff_ffffL;
  }

  long u32be(long offset) throws Unsafe {
    return read(offset, 4, ByteOrder.BIG_ENDIAN).getInt() & 0xffff_ffffL;
  }

  long u64le(long offset) throws Unsafe {
    return read(offset, 8, ByteOrder.LITTLE_ENDIAN).getLong();
  }

  long u64be(long offset) throws Unsafe {
    return read(offset, 8, ByteOrder.BIG_ENDIAN).getLong();
  }

  byte[] bytes(long offset, int n) throws Unsafe {
    var b = new byte[n];
    read(offset, n, ByteOrder.BIG_ENDIAN).get(b);
    return b;
  }

  /** Up to n bytes of the head as Latin-1 text. */
  String headText(int n) {
    for (var p : parts) {
      if (p.offset() == 0) {
        return new String(p.bytes(), 0, Math.min(n, p.length()), StandardCharsets.ISO_8859_1);
      }
    }
    return "";
  }

  /** A size a disk can have: positive and below 2^60. */
  static long size(long bytes, String what) throws Unsafe {
    if (bytes < 0 || bytes >= 1L << 60) {
      throw new Unsafe(what + " is impossible");
    }
    return bytes;
  }

  private Part part(long offset, int n) {
    for (var p : parts) {
      if (p.covers(offset, n)) {
        return p;
      }
    }
    return null;
  }

  /** Reads a stretch of a file, shorter at its end. */
  static Part read(FileChannel file, long offset, int n) {
    try {
      var buffer = ByteBuffer.allocate((int) Math.max(0, Math.min(n, file.size() - offset)));
      while (buffer.hasRemaining() && file.read(buffer, offset + buffer.position()) > 0) {
        // until the buffer is full or the file ends
      }
      return new Part(offset, buffer.array(), buffer.position());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
