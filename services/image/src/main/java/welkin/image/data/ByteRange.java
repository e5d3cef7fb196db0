package welkin.image.data;

import java.util.regex.Pattern;
import welkin.core.Fault;

/**
 * A part of a file, both ends included (RFC 9110, section 14).
 *
 * @param first offset of the first byte
 * @param last offset of the last byte
 */
record ByteRange(long first, long last) {
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d*)-(\\d*)");
  private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d+)-(\\d+)/(?:\\d+|\\*)");

  long length() {
    return last - first + 1;
  }

  /**
   * The part that a request asks for, or null when it asks for all.
   *
   * @param range the {@code Range} header, or null
   * @param contentRange the {@code Content-Range} header that old clients send instead, or null
   * @throws Fault 416 when there is no such part
   */
  static ByteRange of(String range, String contentRange, long size) {
    if (range == null) {
      if (contentRange == null) {
        return null;
      }
      var m = CONTENT_RANGE.matcher(contentRange.strip());
      if (!m.matches()) {
        throw none(size);
      }
      return satisfied(number(m.group(1)), number(m.group(2)), size);
    }
    var m = RANGE.matcher(range.strip());
    if (!m.matches() || m.group(1).isEmpty() && m.group(2).isEmpty()) {
      throw none(size);
    }
    if (m.group(1).isEmpty()) {
      long tail = number(m.group(2));
      return satisfied(tail == 0 ? size : Math.max(0, size - tail), size - 1, size);
    }
    return satisfied(
        number(m.group(1)), m.group(2).isEmpty() ? size - 1 : number(m.group(2)), size);
  }

  private static ByteRange satisfied(long first, long last, long size) {
    if (first >= size || first > last) {
      throw none(size);
    }
    return new ByteRange(first, Math.min(last, size - 1));
  }

  private static long number(String digits) {
    return digits.length() > 18 ? Long.MAX_VALUE : Long.parseLong(digits);
  }

  private static Fault none(long size) {
    return Fault.of(
            416,
            "RangeNotSatisfiable",
            "The range cannot be satisfied; the image has " + size + " bytes.")
        .with("range", "bytes */" + size);
  }
}
