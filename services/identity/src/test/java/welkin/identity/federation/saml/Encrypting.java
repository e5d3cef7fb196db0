package welkin.identity.federation.saml;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;

/** Encrypts as identity providers do, well or in ways nobody should any more. */
public final class Encrypting {
  private static final String ENC = "http://www.w3.org/2001/04/xmlenc#";
  private static final String ENC11 = "http://www.w3.org/2009/xmlenc11#";

  private Encrypting() {}

  /**
   * A response whose assertion is encrypted.
   *
   * @param data {@code aes256-gcm} and the like
   * @param under {@code mgf1p [sha256]}, {@code oaep [sha256 mgf1sha256]} or {@code rsa-1_5}
   */
  public static String assertion(String response, PublicKey key, String data, String under) {
    int from = response.indexOf("<saml:Assertion");
    int to = response.indexOf("</saml:Assertion>") + "</saml:Assertion>".length();
    return response.substring(0, from)
        + encrypted(response.substring(from, to), key, data, under)
        + response.substring(to);
  }

  /** A response in which something else is encrypted. */
  static String text(String clear, PublicKey key, String response) {
    return response.replaceAll(
        "(?s)<saml:Assertion.*</saml:Assertion>", encrypted(clear, key, "aes256-gcm", "mgf1p"));
  }

  private static String encrypted(String clear, PublicKey key, String data, String under) {
    try {
      boolean old = data.startsWith("triple");
      var generator = KeyGenerator.getInstance(old ? "DESede" : "AES");
      generator.init(old ? 168 : Integer.parseInt(data.substring(3, 6)));
      var secret = generator.generateKey();
      boolean gcm = data.endsWith("gcm");
      var cipher =
          Cipher.getInstance(
              old ? "DESede/CBC/PKCS5Padding" : gcm ? "AES/GCM/NoPadding" : "AES/CBC/NoPadding");
      cipher.init(Cipher.ENCRYPT_MODE, secret);
      var bytes = clear.getBytes(StandardCharsets.UTF_8);
      var sealedBytes = cipher.doFinal(gcm || old ? bytes : padded(bytes));
      var iv = cipher.getIV();
      var all = Arrays.copyOf(iv, iv.length + sealedBytes.length);
      System.arraycopy(sealedBytes, 0, all, iv.length, sealedBytes.length);
      return "<saml:EncryptedAssertion xmlns:saml='"
          + Xml.SAML
          + "'><xenc:EncryptedData xmlns:xenc='"
          + ENC
          + "'><xenc:EncryptionMethod Algorithm='"
          + (gcm ? ENC11 : ENC)
          + data
          + "'/><ds:KeyInfo xmlns:ds='"
          + Xml.DSIG
          + "'><xenc:EncryptedKey>"
          + method(under)
          + value(wrapped(secret.getEncoded(), key, under))
          + "</xenc:EncryptedKey></ds:KeyInfo>"
          + value(all)
          + "</xenc:EncryptedData></saml:EncryptedAssertion>";
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] padded(byte[] bytes) {
    int many = 16 - bytes.length % 16;
    var out = Arrays.copyOf(bytes, bytes.length + many);
    out[out.length - 1] = (byte) many;
    return out;
  }

  private static String method(String under) {
    var words = under.split(" ");
    var name = words[0].equals("mgf1p") ? ENC + "rsa-oaep-mgf1p" : ENC11 + "rsa-oaep";
    var out = new StringBuilder("<xenc:EncryptionMethod Algorithm='");
    out.append(under.equals("rsa-1_5") ? ENC + "rsa-1_5" : name).append("'>");
    if (words.length > 1) {
      out.append("<ds:DigestMethod Algorithm='").append(ENC).append(words[1]).append("'/>");
    }
    if (words.length > 2) {
      out.append("<m:MGF xmlns:m='").append(ENC11).append("' Algorithm='");
      out.append(ENC11).append(words[2]).append("'/>");
    }
    return out.append("</xenc:EncryptionMethod>").toString();
  }

  private static byte[] wrapped(byte[] secret, PublicKey key, String under)
      throws GeneralSecurityException {
    if (under.equals("rsa-1_5")) {
      var cipher = Cipher.getInstance("RSA/ECB/PKCS1Padding");
      cipher.init(Cipher.ENCRYPT_MODE, key);
      return cipher.doFinal(secret);
    }
    var cipher = Cipher.getInstance("RSA/ECB/OAEPPadding");
    cipher.init(
        Cipher.ENCRYPT_MODE,
        key,
        new OAEPParameterSpec(
            under.contains(" sha256") ? "SHA-256" : "SHA-1",
            "MGF1",
            under.endsWith("mgf1sha256") ? MGF1ParameterSpec.SHA256 : MGF1ParameterSpec.SHA1,
            PSource.PSpecified.DEFAULT));
    return cipher.doFinal(secret);
  }

  private static String value(byte[] bytes) {
    return "<xenc:CipherData><xenc:CipherValue>"
        + Base64.getEncoder().encodeToString(bytes)
        + "</xenc:CipherValue></xenc:CipherData>";
  }
}
