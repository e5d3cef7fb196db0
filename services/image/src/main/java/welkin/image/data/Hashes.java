package welkin.image.data;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;

/**
 * The two digests Glance gives every image, computed beside each other and beside the thread that
 * reads and writes: hashing is most of what an upload costs. Belongs to one thread.
 */
final class Hashes {
  private final MessageDigest md5 = digest("MD5");
  private final MessageDigest sha512 = digest("SHA-512");
  private CompletableFuture<Void> under = CompletableFuture.completedFuture(null);

  /**
   * Hashes the next bytes, after what came before is done. They must not change until the next call
   * of {@code add} or {@link #await} returned.
   */
  void add(byte[] bytes, int length) {
    await();
    under = CompletableFuture.allOf(update(md5, bytes, length), update(sha512, bytes, length));
  }

  /** Returns when everything added is hashed. */
  void await() {
    under.join();
  }

  /** The digests of everything added, as hexadecimal text: checksum (MD5) first, then SHA-512. */
  String[] finish() {
    await();
    var hex = HexFormat.of();
    return new String[] {hex.formatHex(md5.digest()), hex.formatHex(sha512.digest())};
  }

  private static CompletableFuture<Void> update(MessageDigest digest, byte[] bytes, int length) {
    return CompletableFuture.runAsync(
        () -> digest.update(bytes, 0, length), Thread::startVirtualThread);
  }

  private static MessageDigest digest(String name) {
    try {
      return MessageDigest.getInstance(name);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
