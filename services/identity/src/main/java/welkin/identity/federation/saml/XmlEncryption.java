package welkin.identity.federation.saml;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;
import javax.xml.XMLConstants;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import welkin.core.Fault;

/**
 * Decrypts what was encrypted for this cloud (xmlenc-core1 sections 4 and 5): AES under a key that
 * is under ours by RSA-OAEP. Never RSA with PKCS#1 v1.5, whose errors tell the key to whoever asks
 * often enough. CBC tells the text in the same way, so it is read only where a signature that was
 * verified covers it; GCM needs none. Whatever goes wrong inside is one and the same refusal.
 */
final class XmlEncryption {
  private static final String ENC = "http://www.w3.org/2001/04/xmlenc#";
  private static final String ENC11 = "http://www.w3.org/2009/xmlenc11#";
  private static final String MORE = "http://www.w3.org/2001/04/xmldsig-more#";

  /** What senders are asked for, in metadata. */
  static final List<String> ASKED =
      List.of(ENC11 + "aes256-gcm", ENC11 + "aes128-gcm", ENC + "rsa-oaep-mgf1p");

  /** Octets of the key by algorithm. */
  private static final Map<String, Integer> GCM =
      Map.of(ENC11 + "aes128-gcm", 16, ENC11 + "aes192-gcm", 24, ENC11 + "aes256-gcm", 32);

  private static final Map<String, Integer> CBC =
      Map.of(ENC + "aes128-cbc", 16, ENC + "aes192-cbc", 24, ENC + "aes256-cbc", 32);
  private static final Map<String, String> DIGESTS =
      Map.of(
          Xml.DSIG + "sha1", "SHA-1",
          ENC + "sha256", "SHA-256",
          MORE + "sha384", "SHA-384",
          ENC + "sha512", "SHA-512");
  private static final Map<String, MGF1ParameterSpec> MASKS =
      Map.of(
          ENC11 + "mgf1sha1", MGF1ParameterSpec.SHA1,
          ENC11 + "mgf1sha256", MGF1ParameterSpec.SHA256,
          ENC11 + "mgf1sha384", MGF1ParameterSpec.SHA384,
          ENC11 + "mgf1sha512", MGF1ParameterSpec.SHA512);
  private static final int KEYS = 4;
  private static final int GCM_IV = 12;
  private static final int BLOCK = 16;

  private XmlEncryption() {}

  /**
   * The element inside.
   *
   * @param holder has one {@code EncryptedData}; keys are in it or beside it
   * @param keys of this cloud
   * @param signed whether a verified signature covers the holder
   * @return the root of a document of its own, under one that declares what the holder could see
   * @throws Fault 401
   */
  static Element decrypt(Element holder, List<PrivateKey> keys, boolean signed) {
    var data = Xml.need(holder, ENC, "EncryptedData");
    var algorithm = algorithm(data);
    var length = GCM.containsKey(algorithm) ? GCM.get(algorithm) : CBC.get(algorithm);
    if (length == null) {
      throw Refused.because("the encryption " + algorithm + " is not accepted");
    }
    if (CBC.containsKey(algorithm) && !signed) {
      throw Refused.because(
          "the encryption "
              + algorithm
              + " is accepted in signed responses only; have the identity provider use AES-GCM, or"
              + " sign the response, too");
    }
    var text = octets(data);
    for (var wrapped : wrapped(holder, data)) {
      for (var key : keys) {
        var clear = decrypted(algorithm, length, wrapped, key, text);
        if (clear.isPresent()) {
          return parsed(holder, clear.get());
        }
      }
    }
    throw failed();
  }

  private static Fault failed() {
    return Refused.because("it could not be decrypted with this cloud's keys");
  }

  private static String algorithm(Element encrypted) {
    return String.valueOf(Xml.attribute(Xml.need(encrypted, ENC, "EncryptionMethod"), "Algorithm"));
  }

  private static byte[] octets(Element encrypted) {
    var value = Xml.need(Xml.need(encrypted, ENC, "CipherData"), ENC, "CipherValue");
    try {
      return Base64.getMimeDecoder().decode(Xml.text(value));
    } catch (IllegalArgumentException e) {
      throw Fault.badRequest("A CipherValue is not valid Base64.");
    }
  }

  /** Keys in the data's own {@code KeyInfo}, or beside the data. */
  private static List<Element> wrapped(Element holder, Element data) {
    var out = new ArrayList<Element>();
    Xml.child(data, Xml.DSIG, "KeyInfo")
        .ifPresent(i -> out.addAll(Xml.children(i, ENC, "EncryptedKey")));
    out.addAll(Xml.children(holder, ENC, "EncryptedKey"));
    if (out.isEmpty() || out.size() > KEYS) {
      throw Refused.because("it has " + out.size() + " encrypted keys");
    }
    return out;
  }

  private static Optional<byte[]> decrypted(
      String algorithm, int length, Element wrapped, PrivateKey key, byte[] text) {
    var how = padding(wrapped);
    var under = octets(wrapped);
    try {
      var unwrap = Cipher.getInstance("RSA/ECB/OAEPPadding");
      unwrap.init(Cipher.DECRYPT_MODE, key, how);
      var secret = unwrap.doFinal(under);
      if (secret.length != length) {
        return Optional.empty();
      }
      return Optional.of(
          GCM.containsKey(algorithm)
              ? plain("AES/GCM/NoPadding", secret, new GCMParameterSpec(128, text, 0, GCM_IV), text)
              : unpadded(
                  plain("AES/CBC/NoPadding", secret, new IvParameterSpec(text, 0, BLOCK), text)));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static OAEPParameterSpec padding(Element wrapped) {
    var method = Xml.need(wrapped, ENC, "EncryptionMethod");
    var algorithm = algorithm(wrapped);
    boolean named = algorithm.equals(ENC11 + "rsa-oaep");
    if (!named && !algorithm.equals(ENC + "rsa-oaep-mgf1p")) {
      throw Refused.because("the encryption " + algorithm + " of keys is not accepted");
    }
    var digest = named(method, Xml.DSIG, "DigestMethod", Xml.DSIG + "sha1");
    var mask = named ? named(method, ENC11, "MGF", ENC11 + "mgf1sha1") : ENC11 + "mgf1sha1";
    if (!DIGESTS.containsKey(digest)
        || !MASKS.containsKey(mask)
        || !Xml.children(method, ENC, "OAEPparams").isEmpty()) {
      throw Refused.because("the encryption of keys has parameters that are not accepted");
    }
    return new OAEPParameterSpec(
        DIGESTS.get(digest), "MGF1", MASKS.get(mask), PSource.PSpecified.DEFAULT);
  }

  private static String named(Element method, String space, String name, String otherwise) {
    return Xml.child(method, space, name)
        .map(e -> String.valueOf(Xml.attribute(e, "Algorithm")))
        .orElse(otherwise);
  }

  private static byte[] plain(String how, byte[] secret, AlgorithmParameterSpec start, byte[] text)
      throws GeneralSecurityException {
    var cipher = Cipher.getInstance(how);
    cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(secret, "AES"), start);
    int from = start instanceof IvParameterSpec ? BLOCK : GCM_IV;
    return cipher.doFinal(text, from, text.length - from);
  }

  /** The last octet says how many there are too many. */
  private static byte[] unpadded(byte[] padded) {
    int many = padded.length == 0 ? 0 : padded[padded.length - 1];
    if (many < 1 || many > BLOCK || many > padded.length) {
      throw new IllegalArgumentException("padding");
    }
    return Arrays.copyOf(padded, padded.length - many);
  }

  /** Prefixes that the holder could see count inside, too. */
  private static Element parsed(Element holder, byte[] clear) {
    var around = new StringBuilder("<in");
    visible(holder)
        .forEach(
            (name, value) ->
                around.append(' ').append(name).append("=\"").append(escaped(value)).append('"'));
    var all = new ByteArrayOutputStream();
    all.writeBytes(around.append('>').toString().getBytes(StandardCharsets.UTF_8));
    all.writeBytes(clear);
    all.writeBytes("</in>".getBytes(StandardCharsets.UTF_8));
    try {
      var document = Xml.parse(all.toByteArray(), 2 * Xml.MESSAGE);
      Xml.refuseTwins(document);
      var inside = Xml.children(document.getDocumentElement());
      if (inside.size() == 1) {
        return inside.getFirst();
      }
    } catch (Fault f) {
      throw failed();
    }
    throw failed();
  }

  private static Map<String, String> visible(Element holder) {
    var out = new LinkedHashMap<String, String>();
    for (Node n = holder; n instanceof Element e; n = n.getParentNode()) {
      var attributes = e.getAttributes();
      for (int i = 0; i < attributes.getLength(); i++) {
        var a = attributes.item(i);
        if (XMLConstants.XMLNS_ATTRIBUTE_NS_URI.equals(a.getNamespaceURI())) {
          out.putIfAbsent(a.getNodeName(), a.getNodeValue());
        }
      }
    }
    return out;
  }

  private static String escaped(String value) {
    return value.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
  }
}
