package welkin.compute.keypair;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Date;
import java.util.HexFormat;
import java.util.Set;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERTaggedObject;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.asn1.x509.V3TBSCertificateGenerator;
import org.bouncycastle.crypto.generators.Ed25519KeyPairGenerator;
import org.bouncycastle.crypto.params.Ed25519KeyGenerationParameters;
import org.bouncycastle.crypto.util.OpenSSHPrivateKeyUtil;
import org.bouncycastle.crypto.util.OpenSSHPublicKeyUtil;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.PublicKeyFactory;
import org.bouncycastle.util.io.pem.PemReader;
import welkin.core.Fault;
import welkin.core.Secret;

/**
 * Makes key pairs and reads public keys: OpenSSH lines (RFC 4253 section 6.6) and X.509
 * certificates as Windows guests take them for WinRM logins.
 */
public final class KeyMaker {
  private static final Set<String> SSH_TYPES =
      Set.of(
          "ssh-rsa",
          "ssh-dss",
          "ssh-ed25519",
          "ecdsa-sha2-nistp256",
          "ecdsa-sha2-nistp384",
          "ecdsa-sha2-nistp521",
          "sk-ssh-ed25519@openssh.com",
          "sk-ecdsa-sha2-nistp256@openssh.com");
  private static final ASN1ObjectIdentifier UPN =
      new ASN1ObjectIdentifier("1.3.6.1.4.1.311.20.2.3");
  private static final Duration TEN_YEARS = Duration.ofDays(3650);

  private final InstantSource clock;
  private final boolean ed25519;
  private final SecureRandom random = new SecureRandom();

  /**
   * @param algorithm {@code rsa} (2048 bits, as upstream) or {@code ed25519} for ssh pairs
   */
  public KeyMaker(InstantSource clock, String algorithm) {
    this.clock = clock;
    this.ed25519 = algorithm.equals("ed25519");
  }

  /** A new pair: the public half in the type's own text, the private half as PEM. */
  record Pair(String publicKey, Secret privateKey) {}

  Pair make(String type, String userId) {
    try {
      return type.equals("x509") ? certificate(userId) : ed25519 ? edwards() : rsa();
    } catch (GeneralSecurityException | IOException e) {
      throw Fault.internal("The key pair could not be made.", e);
    }
  }

  private Pair rsa() throws GeneralSecurityException, IOException {
    var pair = rsaKeys();
    var pub = PublicKeyFactory.createKey(pair.getPublic().getEncoded());
    var priv = PrivateKeyFactory.createKey(pair.getPrivate().getEncoded());
    return new Pair(
        "ssh-rsa " + base64(OpenSSHPublicKeyUtil.encodePublicKey(pub)) + " Generated-by-Welkin",
        pem("RSA PRIVATE KEY", OpenSSHPrivateKeyUtil.encodePrivateKey(priv)));
  }

  private Pair edwards() throws IOException {
    var generator = new Ed25519KeyPairGenerator();
    generator.init(new Ed25519KeyGenerationParameters(random));
    var pair = generator.generateKeyPair();
    return new Pair(
        "ssh-ed25519 "
            + base64(OpenSSHPublicKeyUtil.encodePublicKey(pair.getPublic()))
            + " Generated-by-Welkin",
        pem("OPENSSH PRIVATE KEY", OpenSSHPrivateKeyUtil.encodePrivateKey(pair.getPrivate())));
  }

  private java.security.KeyPair rsaKeys() throws GeneralSecurityException {
    var generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048, random);
    return generator.generateKeyPair();
  }

  /** A self-signed certificate for client authentication, with the user's principal name. */
  private Pair certificate(String userId) throws GeneralSecurityException, IOException {
    var keys = rsaKeys();
    var signing =
        new AlgorithmIdentifier(PKCSObjectIdentifiers.sha256WithRSAEncryption, DERNull.INSTANCE);
    var name = new X500Name("CN=" + userId);
    var principal = new ASN1EncodableVector();
    principal.add(UPN);
    principal.add(new DERTaggedObject(true, 0, new DERUTF8String(userId + "@localhost")));
    var names =
        new GeneralNames(new GeneralName(GeneralName.otherName, new DERSequence(principal)));
    var tbs = new V3TBSCertificateGenerator();
    tbs.setSerialNumber(new org.bouncycastle.asn1.ASN1Integer(new BigInteger(64, random)));
    tbs.setSignature(signing);
    tbs.setIssuer(name);
    tbs.setSubject(name);
    tbs.setStartDate(new Time(Date.from(clock.instant())));
    tbs.setEndDate(new Time(Date.from(clock.instant().plus(TEN_YEARS))));
    tbs.setSubjectPublicKeyInfo(SubjectPublicKeyInfo.getInstance(keys.getPublic().getEncoded()));
    tbs.setExtensions(
        new Extensions(
            new Extension[] {
              new Extension(
                  Extension.extendedKeyUsage,
                  false,
                  new ExtendedKeyUsage(KeyPurposeId.id_kp_clientAuth).getEncoded()),
              new Extension(Extension.subjectAlternativeName, false, names.getEncoded())
            }));
    var body = tbs.generateTBSCertificate();
    var signer = Signature.getInstance("SHA256withRSA");
    signer.initSign(keys.getPrivate());
    signer.update(body.getEncoded("DER"));
    var all = new ASN1EncodableVector();
    all.add(body);
    all.add(signing);
    all.add(new DERBitString(signer.sign()));
    var info = PrivateKeyInfo.getInstance(keys.getPrivate().getEncoded());
    return new Pair(
        pem("CERTIFICATE", new DERSequence(all).getEncoded("DER")).reveal(),
        pem("PRIVATE KEY", info.getEncoded()));
  }

  /**
   * @throws Fault 400 for a key that cannot be read
   */
  static String fingerprint(String type, String publicKey) {
    try {
      return type.equals("x509") ? ofCertificate(publicKey) : ofSsh(publicKey);
    } catch (GeneralSecurityException | IOException | RuntimeException e) {
      throw Fault.badRequest("Keypair data is invalid: failed to generate fingerprint");
    }
  }

  private static String ofSsh(String line) throws GeneralSecurityException {
    var words = line.strip().split("\\s+", 3);
    var blob = Base64.getDecoder().decode(words[1]);
    var in = ByteBuffer.wrap(blob);
    var kind = new byte[in.getInt()];
    in.get(kind);
    var named = new String(kind, StandardCharsets.US_ASCII);
    if (!named.equals(words[0]) || !SSH_TYPES.contains(named) || in.remaining() < 8) {
      throw new IllegalArgumentException("not an ssh key: " + named);
    }
    while (in.hasRemaining()) { // every field whole, nothing behind the last
      int length = in.getInt();
      in.position(in.position() + length);
    }
    return hex("MD5", blob);
  }

  private static String ofCertificate(String pem) throws GeneralSecurityException, IOException {
    try (var reader = new PemReader(new StringReader(pem))) {
      var der = reader.readPemObject().getContent();
      var certificate =
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der));
      return hex("SHA-1", certificate.getEncoded());
    }
  }

  private static String hex(String digest, byte[] bytes) throws GeneralSecurityException {
    return HexFormat.ofDelimiter(":").formatHex(MessageDigest.getInstance(digest).digest(bytes));
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static Secret pem(String what, byte[] der) {
    var lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return Secret.of("-----BEGIN " + what + "-----\n" + lines + "\n-----END " + what + "-----\n");
  }
}
