package welkin.network.ip;

import java.math.BigInteger;

/** A prefix with its host bits cleared. */
public record Cidr(Ip first, int length) {
  /** Reads {@code address/length}, or an address as its own prefix; null when it is neither. */
  public static Cidr parse(String text) {
    int slash = text.indexOf('/');
    var ip = Ip.parse(slash < 0 ? text : text.substring(0, slash));
    if (ip == null) {
      return null;
    }
    int bits = ip.version() == 4 ? 32 : 128;
    int length = bits;
    if (slash >= 0) {
      var l = text.substring(slash + 1);
      if (!l.matches("\\d{1,3}") || Integer.parseInt(l) > bits) {
        return null;
      }
      length = Integer.parseInt(l);
    }
    var mask = BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.ONE.shiftLeft(bits - length));
    return new Cidr(new Ip(ip.version(), ip.value().and(mask)), length);
  }

  public static Cidr of(String text) {
    var cidr = parse(text);
    if (cidr == null) {
      throw new IllegalArgumentException("not a prefix: " + text);
    }
    return cidr;
  }

  public int version() {
    return first.version();
  }

  public BigInteger size() {
    return BigInteger.ONE.shiftLeft((version() == 4 ? 32 : 128) - length);
  }

  public Ip last() {
    return new Ip(version(), first.value().add(size()).subtract(BigInteger.ONE));
  }

  public boolean contains(Ip ip) {
    return ip.version() == version() && first.compareTo(ip) <= 0 && ip.compareTo(last()) <= 0;
  }

  public boolean overlaps(Cidr o) {
    return o.version() == version()
        && first.compareTo(o.last()) <= 0
        && o.first.compareTo(last()) <= 0;
  }

  /** Whether {@code text} gave this prefix without host bits. */
  public boolean isExact(String text) {
    int slash = text.indexOf('/');
    return Ip.of(slash < 0 ? text : text.substring(0, slash)).equals(first);
  }

  /** The first address a host may have: the network's own address is not one. */
  public Ip firstHost() {
    return version() == 4 && length >= 31 || length == 128 ? first : first.plus(1);
  }

  /** The last address a host may have; IPv4's broadcast address is not one. */
  public Ip lastHost() {
    return version() == 4 && length < 31 ? last().plus(-1) : last();
  }

  /** Whether a host may have the address. */
  public boolean isHost(Ip ip) {
    return contains(ip) && firstHost().compareTo(ip) <= 0 && ip.compareTo(lastHost()) <= 0;
  }

  @Override
  public String toString() {
    return first + "/" + length;
  }
}
