package welkin.identity.federation.saml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.core.Config;
import welkin.core.Exec;
import welkin.core.Ids;
import welkin.core.Json;

/**
 * Against an implementation that is not ours: pysaml2 believes what this cloud signs, and this
 * cloud what pysaml2 signs. Needs Debian's python3-pysaml2 and xmlsec1.
 */
@Tag("real")
class PysamlTest {
  private static final String ACS = "http://127.0.0.1:5000" + ServiceProvider.ACS;

  private static final KeyPair PAIR = SelfSigned.key();
  private static final String CERTIFICATE = encoded();

  private static String encoded() {
    try {
      return Base64.getEncoder()
          .encodeToString(SelfSigned.certificate(PAIR, "sp", Instant.now()).getEncoded());
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException(e);
    }
  }

  @TempDir Path dir;
  private Path script;
  private final ServiceProvider self =
      ServiceProvider.of(Config.empty(), ACS.substring(0, ACS.indexOf("/v3")));

  @BeforeEach
  void script() throws Exception {
    script = dir.resolve("interop.py");
    try (var in = getClass().getResourceAsStream("interop.py")) {
      Files.write(script, in.readAllBytes());
    }
  }

  private String python(String... arguments) {
    var command = new java.util.ArrayList<>(List.of("/usr/bin/python3", script.toString()));
    command.addAll(List.of(arguments));
    var done = Exec.run(Duration.ofMinutes(2), "", command);
    assertThat(done.status()).as(done.err()).isZero();
    return done.out();
  }

  @Test
  void itBelievesWhatWeSign() throws Exception {
    var now = Instant.now();
    var pair = SelfSigned.key();
    var signer = new SamlKeys.Signer(pair.getPrivate(), SelfSigned.certificate(pair, "w", now));
    var statement =
        new Statement(
            "anna", "Default", List.of("member", "reader"), "p", "Default", List.of("JSON:{}"));
    var maker = new AssertionMaker(Ids.system(), TestIdp.ENTITY, Duration.ofHours(1));
    Files.writeString(dir.resolve("acs"), "https://sp.example.org/acs");
    Files.writeString(
        dir.resolve("response.xml"),
        maker.response(statement, "https://sp.example.org/acs", now, signer));
    Files.writeString(dir.resolve("idp.xml"), metadata(signer.certificate()));
    var said = Json.parse(python("read", dir.toString()).getBytes());
    assertThat(said.at("/name").asString()).isEqualTo("anna");
    assertThat(said.at("/issuer").asString()).isEqualTo(TestIdp.ENTITY);
    assertThat(said.at("/values/openstack_roles").toString()).isEqualTo("[\"member\",\"reader\"]");
    assertThat(said.at("/values/openstack_groups/0").asString()).isEqualTo("JSON:{}");
    // xmlsec1 alone, of the enveloped form
    Files.writeString(
        dir.resolve("ecp.xml"),
        maker.enveloped(statement, "https://sp.example.org/acs", "ss:mem:1", now, signer));
    Files.writeString(dir.resolve("cert.pem"), pem(signer.certificate()));
    var verified =
        Exec.run(
            "xmlsec1",
            "--verify",
            "--pubkey-cert-pem",
            dir.resolve("cert.pem").toString(),
            "--id-attr:ID",
            "Assertion",
            dir.resolve("ecp.xml").toString());
    assertThat(verified.status()).as(verified.err()).isZero();
  }

  private static String metadata(X509Certificate certificate) throws Exception {
    return new TestIdp("", "", Instant.now())
        .metadata()
        .replaceAll(
            "<ds:X509Certificate>.*</ds:X509Certificate>",
            "<ds:X509Certificate>"
                + Base64.getEncoder().encodeToString(certificate.getEncoded())
                + "</ds:X509Certificate>");
  }

  private static String pem(X509Certificate certificate) throws Exception {
    return "-----BEGIN CERTIFICATE-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded())
        + "\n-----END CERTIFICATE-----\n";
  }

  private Responses made(String... more) throws Exception {
    Files.writeString(
        dir.resolve("sp.xml"),
        new Metadata(Config.empty(), () -> List.of(CERTIFICATE), self, "").serviceProvider());
    Files.writeString(dir.resolve("request"), "_r1\n" + ACS + "\n" + self.entityId());
    var arguments = new java.util.ArrayList<>(List.of("make", dir.toString()));
    arguments.addAll(List.of(more));
    python(arguments.toArray(String[]::new));
    var trusted = Files.createDirectories(dir.resolve("saml"));
    Files.copy(dir.resolve("made-idp.xml"), trusted.resolve("idp.xml"));
    return new Responses(
        self,
        new TrustedIdps(trusted, Instant::now),
        () -> List.of(PAIR.getPrivate()),
        Instant::now);
  }

  @Test
  void weBelieveWhatItSigns() throws Exception {
    var good = made().posted(Files.readAllBytes(dir.resolve("made-response.xml")));
    var proof = new Environment(Config.empty(), "").proof(good.assertion());
    assertThat(good.inResponseTo()).isEqualTo("_r1");
    assertThat(proof.issuer()).isEqualTo("https://pysaml2.example.org/idp");
    assertThat(proof.environment())
        .containsEntry("mail", List.of("anna@example.org"))
        .containsEntry("entitlement", List.of("staff", "a;b"))
        .containsEntry("REMOTE_USER", List.of("anna"))
        .containsEntry("MELLON_IDP", List.of(proof.issuer()));
  }

  @Test
  void weBelieveWhatItSignsTwice() throws Exception {
    var good = made("sign").posted(Files.readAllBytes(dir.resolve("made-response.xml")));
    assertThat(good.assertion().nameId()).isEqualTo("anna");
  }

  @Test
  void whatItEncryptsInAnOldWayIsRefusedInWords() throws Exception {
    Files.writeString(
        dir.resolve("sp-cert.pem"), pem(SelfSigned.certificate(PAIR, "sp", Instant.now())));
    var responses = made();
    assertThatThrownBy(() -> responses.posted(Files.readAllBytes(dir.resolve("made-response.xml"))))
        .hasMessageContaining("tripledes-cbc is not accepted");
  }

  /** pysaml2 signs, xmlsec1 encrypts as the SAML modules of web servers do. */
  @Test
  void weReadWhatXmlsecEncrypts() throws Exception {
    var responses = made();
    var namespaces = "xmlns:ds='" + Xml.DSIG + "' xmlns:xenc='http://www.w3.org/2001/04/xmlenc#'";
    Files.writeString(
        dir.resolve("template.xml"),
        ("<xenc:EncryptedData %s Type='http://www.w3.org/2001/04/xmlenc#Element'>"
                + "<xenc:EncryptionMethod Algorithm='http://www.w3.org/2009/xmlenc11#aes256-gcm'/>"
                + "<ds:KeyInfo><xenc:EncryptedKey><xenc:EncryptionMethod"
                + " Algorithm='http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p'/>"
                + "<xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedKey>"
                + "</ds:KeyInfo><xenc:CipherData><xenc:CipherValue/></xenc:CipherData>"
                + "</xenc:EncryptedData>")
            .formatted(namespaces));
    Files.writeString(
        dir.resolve("sp-cert.pem"), pem(SelfSigned.certificate(PAIR, "sp", Instant.now())));
    var done =
        Exec.run(
            "xmlsec1",
            "--encrypt",
            "--pubkey-cert-pem",
            dir.resolve("sp-cert.pem").toString(),
            "--session-key",
            "aes-256",
            "--xml-data",
            dir.resolve("made-response.xml").toString(),
            "--node-name",
            Xml.SAML + ":Assertion",
            "--output",
            dir.resolve("encrypted.xml").toString(),
            dir.resolve("template.xml").toString());
    assertThat(done.status()).as(done.err()).isZero();
    var holder = "<e:EncryptedAssertion xmlns:e='" + Xml.SAML + "'>";
    var sent =
        Files.readString(dir.resolve("encrypted.xml"))
            .replace("<xenc:EncryptedData ", holder + "<xenc:EncryptedData ")
            .replace("</xenc:EncryptedData>", "</xenc:EncryptedData></e:EncryptedAssertion>");
    assertThat(sent).contains(holder).doesNotContain("anna");
    var good = responses.posted(TestIdp.bytes(sent));
    assertThat(good.assertion().nameId()).isEqualTo("anna");
  }
}
