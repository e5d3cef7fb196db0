package welkin.core.image;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import welkin.core.Fault;

/**
 * Finds out what a disk image is while its bytes stream by, or from a file, without running any
 * program: even {@code qemu-img info} opens the files an image names. At most about 800 KiB are
 * kept, however large the image.
 *
 * <p>One inspector sees one image and belongs to one thread.
 */
public final class ImageInspector {
  private byte[] head = new byte[64 * 1024];
  private int headLength;
  private final byte[] ring = new byte[ImageBytes.TAIL];
  private long total;
  private long windowAt = -1;
  private byte[] window;
  private int windowLength;

  /** The next bytes of the image. */
  public void feed(byte[] bytes, int offset, int length) {
    int done = 0;
    if (headLength < ImageBytes.HEAD) {
      done = Math.min(length, ImageBytes.HEAD - headLength);
      if (headLength + done > head.length) {
        head = Arrays.copyOf(head, Math.min(ImageBytes.HEAD, (headLength + done) * 2));
      }
      System.arraycopy(bytes, offset, head, headLength, done);
      headLength += done;
      if (headLength == ImageBytes.HEAD) {
        windowAt = VhdxFormat.metadataOffset(seen(false));
        if (windowAt >= 0) {
          window = new byte[VhdxFormat.WINDOW];
        }
      }
    }
    if (window != null) {
      // what of these bytes falls into the window
      long from = Math.max(total, windowAt);
      long to = Math.min(total + length, windowAt + window.length);
      if (from < to) {
        System.arraycopy(
            bytes,
            offset + (int) (from - total),
            window,
            (int) (from - windowAt),
            (int) (to - from));
        windowLength = (int) (to - windowAt);
      }
    }
    int keep = Math.min(length, ring.length);
    for (int i = length - keep; i < length; ) {
      int slot = (int) ((total + i) % ring.length);
      int run = Math.min(length - i, ring.length - slot);
      System.arraycopy(bytes, offset + i, ring, slot, run);
      i += run;
    }
    total += length;
  }

  /** Bytes seen so far. */
  public long bytes() {
    return total;
  }

  /**
   * Refuses, as soon as enough has been seen, what {@link Inspection#require} would refuse in the
   * end: no need to take gigabytes of an image that is not what it says. Passing says nothing.
   */
  public void requireSoFar(String declared) {
    if (headLength == ImageBytes.HEAD && total < 2L * ImageBytes.HEAD + (1 << 20)) {
      var seen = DiskFormats.inspect(seen(false), total);
      // a footer or a window may still tell more about these
      if (!seen.format().equals("raw") && !seen.format().equals("vhdx")) {
        seen.require(declared);
      }
    }
  }

  /** The verdict, after the last byte. */
  public Inspection finish() {
    return DiskFormats.inspect(seen(true), total);
  }

  private ImageBytes seen(boolean whole) {
    var parts = new ArrayList<ImageBytes.Part>(3);
    parts.add(new ImageBytes.Part(0, head, headLength));
    if (windowLength > 0) {
      parts.add(new ImageBytes.Part(windowAt, window, windowLength));
    }
    if (whole) {
      int n = (int) Math.min(total, ring.length);
      var tail = new byte[n];
      for (int i = 0; i < n; i++) {
        tail[i] = ring[(int) ((total - n + i) % ring.length)];
      }
      parts.add(new ImageBytes.Part(total - n, tail, n));
    }
    return new ImageBytes(parts, total, whole);
  }

  /**
   * Inspects a file; reads its head and tail only.
   *
   * @throws Fault 404 when it cannot be read
   */
  public static Inspection inspect(Path file) {
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      var parts = new ArrayList<ImageBytes.Part>(3);
      parts.add(ImageBytes.read(channel, 0, ImageBytes.HEAD));
      parts.add(ImageBytes.read(channel, Math.max(0, size - ImageBytes.TAIL), ImageBytes.TAIL));
      long at = VhdxFormat.metadataOffset(new ImageBytes(List.copyOf(parts), size, true));
      if (at >= 0 && at < size) {
        parts.add(ImageBytes.read(channel, at, VhdxFormat.WINDOW));
      }
      return DiskFormats.inspect(new ImageBytes(parts, size, true), size);
    } catch (IOException e) {
      throw Fault.notFound("The image file cannot be read: " + e.getMessage());
    }
  }
}
