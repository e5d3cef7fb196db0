package welkin.identity.federation.saml;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import welkin.core.Secret;
import welkin.identity.token.ClusterKey;
import welkin.store.Database;

/**
 * The keys this cloud signs assertions with: the one that does, and the one that will. Both stand
 * in the metadata, so that a service provider that reads those knows the next before it signs. They
 * are rows, sealed by the {@link ClusterKey}, the same for every process.
 */
public final class SamlKeys {
  private static final String NAME = "welkin-saml";

  /** The key that signs and its certificate. */
  record Signer(PrivateKey key, X509Certificate certificate) {}

  private final Database database;
  private final ClusterKey cluster;

  public SamlKeys(Database database, ClusterKey cluster) {
    this.database = database;
    this.cluster = cluster;
  }

  /** Both, made when they are asked for the first time: making one takes a second. */
  private List<SamlStore.Key> both() {
    var there = database.read(SamlStore::keys);
    if (there.size() >= 2) {
      return there;
    }
    var first = SelfSigned.key();
    var second = SelfSigned.key();
    database.change(
        sql -> {
          if (SamlStore.keys(sql).isEmpty()) {
            SamlStore.insert(sql, sealed(1, first, sql.now()));
            SamlStore.insert(sql, sealed(2, second, sql.now()));
          }
        });
    return database.read(SamlStore::keys);
  }

  private SamlStore.Key sealed(int number, KeyPair pair, Instant now) {
    var secret = Base64.getEncoder().encodeToString(pair.getPrivate().getEncoded());
    return new SamlStore.Key(
        number,
        cluster.seal(Secret.of(secret), now),
        pem(SelfSigned.certificate(pair, NAME, now)),
        now);
  }

  /** Makes the next key the one that signs, and a new one the next. */
  public void rotate() {
    both();
    var fresh = SelfSigned.key();
    database.change(
        sql -> {
          var keys = SamlStore.keys(sql);
          SamlStore.deleteKey(sql, keys.getFirst().number());
          SamlStore.insert(sql, sealed(keys.getLast().number() + 1, fresh, sql.now()));
        });
  }

  Signer signer() {
    return opened(both().getFirst());
  }

  /** Both keys: what was encrypted for the next one stays readable when that becomes the first. */
  List<PrivateKey> decrypting() {
    return both().stream().map(this::opened).map(Signer::key).toList();
  }

  private Signer opened(SamlStore.Key row) {
    try {
      var bytes = Base64.getDecoder().decode(cluster.unseal(row.sealed()).reveal());
      return new Signer(
          KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(bytes)),
          certificate(row.certificate()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The certificates, PEM: of the key that signs, and of the next. */
  public List<String> certificates() {
    return both().stream().map(SamlStore.Key::certificate).toList();
  }

  /** The same, as metadata have them: Base64 alone. */
  List<String> encoded() {
    return certificates().stream().map(c -> c.replaceAll("-----[A-Z ]+-----|\\s", "")).toList();
  }

  private static String pem(X509Certificate certificate) {
    try {
      var lines =
          Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.UTF_8))
              .encodeToString(certificate.getEncoded());
      return "-----BEGIN CERTIFICATE-----\n" + lines + "\n-----END CERTIFICATE-----\n";
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static X509Certificate certificate(String pem) throws CertificateException {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8)));
  }
}
