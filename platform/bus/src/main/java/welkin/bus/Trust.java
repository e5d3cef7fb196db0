package welkin.bus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import welkin.core.Fault;

/** Whom a client believes. */
final class Trust {
  private Trust() {}

  /**
   * @param authorities a PEM file of certificates to believe, and no others; null for the JVM's
   * @throws Fault 400 when the file cannot be read
   */
  static SSLContext of(Path authorities) {
    try {
      if (authorities == null) {
        return SSLContext.getDefault();
      }
      var store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      try (var in = Files.newInputStream(authorities)) {
        int n = 0;
        for (var c : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
          store.setCertificateEntry("ca" + n++, c);
        }
        if (n == 0) {
          throw Fault.badRequest("bus: no certificate in " + authorities);
        }
      }
      var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      var context = SSLContext.getInstance("TLS");
      context.init(null, factory.getTrustManagers(), null);
      return context;
    } catch (IOException e) {
      throw Fault.badRequest("bus: cannot read the certificates in " + authorities);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
