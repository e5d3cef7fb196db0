package welkin.identity.federation.saml;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.asn1.x509.V3TBSCertificateGenerator;

/** A key and the certificate that metadata wrap it in; nobody looks at the certificate's end. */
final class SelfSigned {
  private static final int BITS = 3072;
  private static final Duration LIFE = Duration.ofDays(3652);

  private SelfSigned() {}

  static KeyPair key() {
    try {
      var generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(BITS);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  static X509Certificate certificate(KeyPair key, String name, Instant now) {
    try {
      var algorithm =
          new AlgorithmIdentifier(PKCSObjectIdentifiers.sha256WithRSAEncryption, DERNull.INSTANCE);
      var subject = new X500Name("CN=" + name);
      var generator = new V3TBSCertificateGenerator();
      generator.setSerialNumber(
          new org.bouncycastle.asn1.ASN1Integer(new BigInteger(127, new SecureRandom())));
      generator.setIssuer(subject);
      generator.setSubject(subject);
      generator.setStartDate(new Time(Date.from(now.minus(Duration.ofDays(1)))));
      generator.setEndDate(new Time(Date.from(now.plus(LIFE))));
      generator.setSignature(algorithm);
      generator.setSubjectPublicKeyInfo(
          SubjectPublicKeyInfo.getInstance(key.getPublic().getEncoded()));
      var body = generator.generateTBSCertificate();
      var signer = Signature.getInstance("SHA256withRSA");
      signer.initSign(key.getPrivate());
      signer.update(body.getEncoded("DER"));
      var parts = new ASN1EncodableVector();
      parts.add(body);
      parts.add(algorithm);
      parts.add(new DERBitString(signer.sign()));
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(
                  new ByteArrayInputStream(new DERSequence(parts).getEncoded("DER")));
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
