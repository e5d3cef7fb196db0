package welkin.identity.token;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The few MessagePack types a token payload is made of: nil, booleans, integers, 64-bit floats,
 * texts, byte strings and arrays of these.
 *
 * @see <a href="https://github.com/msgpack/msgpack/blob/master/spec.md">the specification</a>
 */
final class MessagePack {
  private byte[] out = new byte[128];
  private int size;

  private MessagePack() {}

  static byte[] pack(Object value) {
    var m = new MessagePack();
    m.write(value);
    return Arrays.copyOf(m.out, m.size);
  }

  /**
   * @throws IllegalArgumentException for anything that is not one whole value of the types above
   */
  static Object unpack(byte[] bytes) {
    var in = ByteBuffer.wrap(bytes);
    try {
      var value = read(in, 0);
      if (in.hasRemaining()) {
        throw new IllegalArgumentException("bytes after the end of a value");
      }
      return value;
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("a value is cut short", e);
    }
  }

  private void write(Object value) {
    switch (value) {
      case null -> put(0xc0);
      case Boolean b -> put(b ? 0xc3 : 0xc2);
      case Integer i -> number(i);
      case Long l -> number(l);
      case Double d -> {
        put(0xcb);
        put(Double.doubleToRawLongBits(d), 8);
      }
      case String s -> {
        var b = s.getBytes(StandardCharsets.UTF_8);
        header(b.length, 0xa0, 31, 0xd9);
        put(b);
      }
      case byte[] b -> {
        header(b.length, 0, -1, 0xc4);
        put(b);
      }
      case List<?> l -> {
        if (l.size() > 15) {
          put(0xdc);
          put(l.size(), 2);
        } else {
          put(0x90 | l.size());
        }
        l.forEach(this::write);
      }
      default -> throw new IllegalArgumentException(value.getClass() + " cannot be packed");
    }
  }

  private void number(long v) {
    if (v >= -32 && v <= 127) {
      put((int) v);
    } else if (v >= 0 && v <= 0xff) {
      put(0xcc);
      put(v, 1);
    } else if (v >= 0 && v <= 0xffff) {
      put(0xcd);
      put(v, 2);
    } else if (v >= 0 && v <= 0xffff_ffffL) {
      put(0xce);
      put(v, 4);
    } else {
      put(0xd3);
      put(v, 8);
    }
  }

  /** A length: inside the type byte when it fits, else in one or two bytes after it. */
  private void header(int length, int fix, int fixMax, int byte1) {
    if (length <= fixMax) {
      put(fix | length);
    } else if (length <= 0xff) {
      put(byte1);
      put(length, 1);
    } else if (length <= 0xffff) {
      put(byte1 + 1);
      put(length, 2);
    } else {
      throw new IllegalArgumentException("longer than a token may be");
    }
  }

  private void put(int b) {
    room(1);
    out[size++] = (byte) b;
  }

  private void put(long v, int bytes) {
    room(bytes);
    for (int i = bytes - 1; i >= 0; i--) {
      out[size++] = (byte) (v >>> (8 * i));
    }
  }

  private void put(byte[] b) {
    room(b.length);
    System.arraycopy(b, 0, out, size, b.length);
    size += b.length;
  }

  private void room(int more) {
    if (size + more > out.length) {
      out = Arrays.copyOf(out, Math.max(out.length * 2, size + more));
    }
  }

  private static Object read(ByteBuffer in, int depth) {
    if (depth > 4) {
      throw new IllegalArgumentException("nested too deeply");
    }
    int b = in.get() & 0xff;
    if (b <= 0x7f) {
      return (long) b;
    }
    if (b >= 0xe0) {
      return (long) (byte) b;
    }
    if (b >= 0x90 && b <= 0x9f) {
      return list(in, b & 0x0f, depth);
    }
    if (b >= 0xa0 && b <= 0xbf) {
      return text(in, b & 0x1f);
    }
    return switch (b) {
      case 0xc0 -> null;
      case 0xc2 -> Boolean.FALSE;
      case 0xc3 -> Boolean.TRUE;
      case 0xc4 -> bytes(in, in.get() & 0xff);
      case 0xc5 -> bytes(in, in.getShort() & 0xffff);
      case 0xca -> (double) in.getFloat();
      case 0xcb -> in.getDouble();
      case 0xcc -> (long) (in.get() & 0xff);
      case 0xcd -> (long) (in.getShort() & 0xffff);
      case 0xce -> in.getInt() & 0xffff_ffffL;
      case 0xcf, 0xd3 -> in.getLong();
      case 0xd0 -> (long) in.get();
      case 0xd1 -> (long) in.getShort();
      case 0xd2 -> (long) in.getInt();
      case 0xd9 -> text(in, in.get() & 0xff);
      case 0xda -> text(in, in.getShort() & 0xffff);
      case 0xdc -> list(in, in.getShort() & 0xffff, depth);
      default -> throw new IllegalArgumentException("type byte " + b + " is not used in tokens");
    };
  }

  private static List<Object> list(ByteBuffer in, int n, int depth) {
    if (n > in.remaining()) {
      throw new IllegalArgumentException("a list is cut short");
    }
    var out = new ArrayList<Object>(n);
    for (int i = 0; i < n; i++) {
      out.add(read(in, depth + 1));
    }
    return out;
  }

  private static byte[] bytes(ByteBuffer in, int n) {
    if (n > in.remaining()) {
      throw new IllegalArgumentException("bytes are cut short");
    }
    var out = new byte[n];
    in.get(out);
    return out;
  }

  private static String text(ByteBuffer in, int n) {
    return new String(bytes(in, n), StandardCharsets.UTF_8);
  }
}
