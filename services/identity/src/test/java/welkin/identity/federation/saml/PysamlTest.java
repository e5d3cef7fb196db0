package welkin.identity.federation.saml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
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
        dir.resolve("sp.xml"), new Metadata(Config.empty(), null, self, "").serviceProvider());
    Files.writeString(dir.resolve("request"), "_r1\n" + ACS + "\n" + self.entityId());
    var arguments = new java.util.ArrayList<>(List.of("make", dir.toString()));
    arguments.addAll(List.of(more));
    python(arguments.toArray(String[]::new));
    var trusted = Files.createDirectories(dir.resolve("saml"));
    Files.copy(dir.resolve("made-idp.xml"), trusted.resolve("idp.xml"));
    return new Responses(self, new TrustedIdps(trusted, Instant::now), Instant::now);
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
  void whatItEncryptsIsRefusedInWords() throws Exception {
    var pair = SelfSigned.key();
    Files.writeString(
        dir.resolve("sp-cert.pem"), pem(SelfSigned.certificate(pair, "sp", Instant.now())));
    var responses = made();
    assertThatThrownBy(() -> responses.posted(Files.readAllBytes(dir.resolve("made-response.xml"))))
        .hasMessageContaining("it is encrypted");
  }
}
