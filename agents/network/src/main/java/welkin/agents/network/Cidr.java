package welkin.agents.network;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import welkin.core.Fault;

/** An address block. */
record Cidr(byte[] network, int length) {
  /** From {@code 10.0.0.0/24}; bits beyond the prefix are allowed and ignored. */
  static Cidr of(String text) {
    var slash = text.indexOf('/');
    var bytes = bytes(slash < 0 ? text : text.substring(0, slash));
    return new Cidr(
        bytes, slash < 0 ? bytes.length * 8 : Integer.parseInt(text.substring(slash + 1)));
  }

  boolean contains(String address) {
    var other = bytes(address);
    return other.length == network.length
        && new BigInteger(1, other)
            .xor(new BigInteger(1, network))
            .shiftRight(network.length * 8 - length)
            .equals(BigInteger.ZERO);
  }

  /** The lowest address. */
  String first() {
    var shift = network.length * 8 - length;
    var bits = new BigInteger(1, network).shiftRight(shift).shiftLeft(shift).toByteArray();
    return text(bits);
  }

  /** {@code 255.255.255.0} */
  String mask() {
    var all = BigInteger.ONE.shiftLeft(network.length * 8).subtract(BigInteger.ONE);
    var shift = network.length * 8 - length;
    return text(all.shiftRight(shift).shiftLeft(shift).toByteArray());
  }

  private String text(byte[] bits) {
    var whole = new byte[network.length];
    var n = Math.min(bits.length, whole.length);
    System.arraycopy(bits, bits.length - n, whole, whole.length - n, n);
    try {
      return InetAddress.getByAddress(whole).getHostAddress();
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] bytes(String address) {
    try {
      return InetAddress.ofLiteral(address).getAddress();
    } catch (IllegalArgumentException e) {
      throw Fault.badRequest("'" + address + "' is not an IP address.");
    }
  }
}
