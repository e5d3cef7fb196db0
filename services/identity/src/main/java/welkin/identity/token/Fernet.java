package welkin.identity.token;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * One Fernet key: 128-bit AES-CBC under HMAC-SHA256, version 0x80.
 *
 * <p>Ciphers and MACs are pooled: making one costs more than using it, they are not thread-safe,
 * and a thread-local would mean one for each virtual thread.
 *
 * @see <a href="https://github.com/fernet/spec/blob/master/Spec.md">the specification</a>
 */
public final class Fernet {
  private static final int POOLED_MAX = 16;
  private static final int HEADER = 1 + 8 + 16;
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Base64.Decoder DECODER = Base64.getUrlDecoder();
  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

  private record Engine(Cipher cipher, Mac mac) {}

  private final SecretKeySpec signing;
  private final SecretKeySpec encryption;
  private final ConcurrentLinkedQueue<Engine> pool = new ConcurrentLinkedQueue<>();

  /** What a token held, and when it was made. */
  public record Opened(byte[] payload, Instant made) {}

  /**
   * @param key 32 bytes in URL-safe base64
   */
  public Fernet(String key) {
    var bytes = DECODER.decode(key.strip());
    if (bytes.length != 32) {
      throw new IllegalArgumentException("a Fernet key has 32 bytes, not " + bytes.length);
    }
    signing = new SecretKeySpec(bytes, 0, 16, "HmacSHA256");
    encryption = new SecretKeySpec(bytes, 16, 16, "AES");
  }

  /** A new key in URL-safe base64. */
  public static String generate() {
    var bytes = new byte[32];
    RANDOM.nextBytes(bytes);
    return Base64.getUrlEncoder().encodeToString(bytes);
  }

  /** Seals a payload; base64 without padding, as keystone gives its tokens out. */
  public String seal(byte[] payload, Instant now) {
    var iv = new byte[16];
    RANDOM.nextBytes(iv);
    var engine = take();
    try {
      engine.cipher.init(Cipher.ENCRYPT_MODE, encryption, new IvParameterSpec(iv));
      var sealed = engine.cipher.doFinal(payload);
      var out = ByteBuffer.allocate(HEADER + sealed.length + 32);
      out.put((byte) 0x80).putLong(now.getEpochSecond()).put(iv).put(sealed);
      engine.mac.update(out.array(), 0, HEADER + sealed.length);
      out.put(engine.mac.doFinal());
      return ENCODER.encodeToString(out.array());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    } finally {
      give(engine);
    }
  }

  /** Opens a token; null when it was not sealed with this key, or was changed since. */
  public Opened open(byte[] token) {
    int signed = token.length - 32;
    if (signed < HEADER + 16 || (signed - HEADER) % 16 != 0 || token[0] != (byte) 0x80) {
      return null;
    }
    var engine = take();
    try {
      engine.mac.update(token, 0, signed);
      if (!MessageDigest.isEqual(
          engine.mac.doFinal(), Arrays.copyOfRange(token, signed, token.length))) {
        return null;
      }
      engine.cipher.init(Cipher.DECRYPT_MODE, encryption, new IvParameterSpec(token, 9, 16));
      var payload = engine.cipher.doFinal(token, HEADER, signed - HEADER);
      return new Opened(payload, Instant.ofEpochSecond(ByteBuffer.wrap(token, 1, 8).getLong()));
    } catch (GeneralSecurityException e) {
      return null;
    } finally {
      give(engine);
    }
  }

  /** A token's bytes; null for text that is no base64. */
  public static byte[] bytes(String token) {
    int end = token.length();
    while (end > 0 && token.charAt(end - 1) == '=') {
      end--;
    }
    try {
      return DECODER.decode(token.substring(0, end).getBytes(StandardCharsets.ISO_8859_1));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private Engine take() {
    var e = pool.poll();
    if (e != null) {
      return e;
    }
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(signing);
      return new Engine(Cipher.getInstance("AES/CBC/PKCS5Padding"), mac);
    } catch (GeneralSecurityException x) {
      throw new IllegalStateException(x);
    }
  }

  private void give(Engine e) {
    e.mac.reset();
    if (pool.size() < POOLED_MAX) {
      pool.add(e);
    }
  }
}
