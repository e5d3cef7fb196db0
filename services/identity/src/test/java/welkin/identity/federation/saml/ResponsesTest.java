package welkin.identity.federation.saml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import welkin.core.Fault;
import welkin.core.Ids;

/** What is believed of what identity providers send, and what is not. */
class ResponsesTest {
  private static final String ACS = "https://cloud.example.org/v3/OS-FEDERATION/saml2/acs";
  private static final String SELF = "https://cloud.example.org/v3/OS-FEDERATION/saml2/sp";

  private static final KeyPair OTHER = SelfSigned.key();
  private static final KeyPair OURS = SelfSigned.key();

  @TempDir Path dir;
  private Instant now = Instant.parse("2026-11-21T04:00:00Z");
  private TestIdp idp;
  private Responses responses;

  @BeforeEach
  void trust() throws Exception {
    idp = new TestIdp(ACS, SELF, now);
    Files.writeString(dir.resolve("idp.xml"), idp.metadata());
    responses =
        new Responses(
            new ServiceProvider(SELF, ACS, Duration.ofSeconds(60)),
            new TrustedIdps(dir, () -> now),
            () -> List.of(OTHER.getPrivate(), OURS.getPrivate()),
            () -> now);
  }

  private void refused(String xml, String why) {
    assertThatThrownBy(() -> responses.posted(TestIdp.bytes(xml)))
        .isInstanceOf(Fault.class)
        .hasMessageContaining(why);
  }

  private void refused(String why) {
    refused(idp.sign(idp.unsigned(), "Assertion"), why);
  }

  @Test
  void aSignedAssertionIsBelieved() {
    var good = responses.posted(idp.signed());
    assertThat(good.assertion().nameId()).isEqualTo("anna");
    assertThat(good.assertion().attributes()).containsEntry("groups", List.of("staff", "a;b"));
    assertThat(good.until()).isEqualTo(now.plusSeconds(360));
    assertThat(good.inResponseTo()).isNull();
    var whole = idp.sign(idp.unsigned(), "Response");
    assertThat(responses.posted(TestIdp.bytes(whole)).assertion().nameId()).isEqualTo("anna");
    var both = idp.sign(idp.sign(idp.unsigned(), "Assertion"), "Response");
    assertThat(responses.posted(TestIdp.bytes(both)).assertion().nameId()).isEqualTo("anna");
  }

  /** What this cloud says of its users, another Welkin believes. */
  @Test
  void ourOwnAssertionsAreBelieved() {
    var said =
        new Statement(
            "ann <&> ä", "Default", List.of("member"), "p", "Default", List.of("JSON:{\"a\":1}"));
    var maker = new AssertionMaker(Ids.system(), TestIdp.ENTITY, Duration.ofHours(1));
    var envelope = maker.enveloped(said, ACS, "ss:mem:1", now, idp.signer);
    var good = responses.enveloped(Xml.parse(TestIdp.bytes(envelope)));
    assertThat(good.assertion().nameId()).isEqualTo("ann <&> ä");
    assertThat(good.assertion().attributes()).isEqualTo(said.attributes());
    refused(maker.response(said, ACS, now, idp.signer), "for which service provider");
  }

  @Test
  void whatIsNotSignedForUsNowIsNot() {
    refused(idp.unsigned(), "not signed");
    idp.audience = "https://other.example.org/sp";
    refused("it was made for https://other");
    idp.audience = null;
    refused("for which service provider");
    idp.audience = SELF;
    idp.issuer = "https://nobody.example.org";
    refused("not trusted");
    idp.issuer = TestIdp.ENTITY;
    idp.acs = "https://other.example.org/acs";
    refused("it was sent to");
    var elsewhere = idp.unsigned().replace(" Destination='" + idp.acs + "'", "");
    refused(idp.sign(elsewhere, "Assertion"), "its recipient is not");
    idp.acs = ACS;
    idp.recipientEnd = now.minusSeconds(61).toString();
    refused("too old");
    idp.recipientEnd = "2026-11-22T04:10:00";
    refused("not a time");
    idp.recipientEnd = "+999999999-12-31T00:00:00Z";
    idp.conditionsEnd = "+999999999-12-31T00:00:00Z";
    refused("longer than a day");
    idp.recipientEnd = "";
    idp.conditionsEnd = now.minusSeconds(61).toString();
    refused("it was good until");
    idp.conditionsEnd = "";
    var early = idp.signed();
    now = now.minusSeconds(61);
    refused(new String(early, StandardCharsets.UTF_8), "not good before");
    now = now.plusSeconds(2);
    assertThat(responses.posted(early).assertion().nameId()).isEqualTo("anna");
  }

  @Test
  void anAnswerThatIsNoSuccessSaysWhy() {
    refused(
        idp.unsigned()
            .replace(
                "status:Success'/>",
                "status:Responder'/><samlp:StatusMessage>locked</samlp:StatusMessage>"),
        "status:Responder (locked)");
    refused(
        idp.unsigned().replace("<saml:Assertion", "<saml:EncryptedAssertion/><saml:Assertion"),
        "encrypted");
  }

  private String encrypted(String data, String under) {
    return Encrypting.assertion(
        idp.sign(idp.unsigned(), "Assertion"), OURS.getPublic(), data, under);
  }

  private String believed(String xml) {
    return responses.posted(TestIdp.bytes(xml)).assertion().nameId();
  }

  @Test
  void whatIsEncryptedForUsIsRead() {
    for (var data : List.of("aes128-gcm", "aes192-gcm", "aes256-gcm")) {
      for (var under : List.of("mgf1p", "mgf1p sha256", "oaep sha256 mgf1sha256", "oaep")) {
        assertThat(believed(encrypted(data, under))).as(data + " " + under).isEqualTo("anna");
      }
    }
    // signed around the cipher text, or only there
    var both = idp.sign(encrypted("aes256-gcm", "mgf1p"), "Response");
    assertThat(believed(both)).isEqualTo("anna");
    for (var data : List.of("aes128-cbc", "aes256-cbc")) {
      var once = Encrypting.assertion(idp.unsigned(), OURS.getPublic(), data, "mgf1p");
      assertThat(believed(idp.sign(once, "Response"))).as(data).isEqualTo("anna");
      refused(encrypted(data, "mgf1p"), "in signed responses only");
    }
  }

  /**
   * Whatever is wrong inside is told in the same words: nobody learns of what they are not told.
   */
  @Test
  void whatCannotBeDecryptedSaysNoMore() {
    var one = "could not be decrypted with this cloud's keys";
    refused(
        Encrypting.assertion(
            idp.unsigned(), idp.signer.certificate().getPublicKey(), "aes256-gcm", "mgf1p"),
        one);
    var good = encrypted("aes256-gcm", "mgf1p");
    int last = good.lastIndexOf("</xenc:CipherValue>");
    refused(good.substring(0, last - 8) + "AAAAAAA=" + good.substring(last), one);
    int first = good.indexOf("</xenc:CipherValue>");
    refused(good.substring(0, first - 8) + "AAAAAAA=" + good.substring(first), one);
    refused(good.replaceAll("(.*<xenc:CipherValue>)[^<]*(</.*)", "$1AAAA$2"), one);
    refused(Encrypting.text("no XML", OURS.getPublic(), idp.unsigned()), one);
    refused(Encrypting.text("<a/><b/>", OURS.getPublic(), idp.unsigned()), one);
    refused(Encrypting.text("<!DOCTYPE a><a/>", OURS.getPublic(), idp.unsigned()), one);
    refused(
        Encrypting.text("<a/>", OURS.getPublic(), idp.unsigned()), "something else was encrypted");
    refused(encrypted("aes256-gcm", "rsa-1_5"), "of keys is not accepted");
    refused(encrypted("tripledes-cbc", "mgf1p"), "is not accepted");
    refused(
        Encrypting.assertion(idp.unsigned(), OURS.getPublic(), "aes256-gcm", "mgf1p"),
        "not signed");
    idp.issuer = "https://nobody.example.org";
    refused(encrypted("aes256-gcm", "mgf1p"), "not trusted");
  }

  /** The signed assertion stays in the message, and another one stands where it is looked for. */
  @Test
  void wrappedSignaturesAreNotBelieved() {
    var good = idp.sign(idp.unsigned(), "Assertion");
    var signed =
        good.substring(
            good.indexOf("<saml:Assertion"),
            good.indexOf("</saml:Assertion>") + "</saml:Assertion>".length());
    var signature =
        signed.substring(
            signed.indexOf("<ds:Signature"),
            signed.indexOf("</ds:Signature>") + "</ds:Signature>".length());
    var evil = signed.replace(">anna<", ">admin<").replace(signature, "");
    var other = evil.replace(idp.id, "_evil");
    var object = "<ds:Object>" + signed + "</ds:Object>";
    var inside = signature.replace("</ds:Signature>", object + "</ds:Signature>");
    var wrapped =
        List.of(
            good.replace(signed, other + signed),
            good.replace(signed, signed + other),
            good.replace(signed, evil + signed),
            good.replace(signed, other.replace("<saml:Subject>", signature + "<saml:Subject>")),
            good.replace(signed, evil.replace("<saml:Subject>", inside + "<saml:Subject>")),
            good.replace(signed, other.replace("<saml:Subject>", inside + "<saml:Subject>")),
            good.replace(signed, other.replace("</saml:Assertion>", signed + "</saml:Assertion>")),
            good.replace(
                signed,
                other.replace("<saml:Subject>", signature + "<saml:Subject>")
                    + "<samlp:Extensions>"
                    + signed.replace(signature, "")
                    + "</samlp:Extensions>"),
            good.replace(
                signed,
                "<samlp:Extensions>"
                    + signed
                    + "</samlp:Extensions>"
                    + other.replace("<saml:Subject>", signature + "<saml:Subject>")),
            good.replace(signed, evil.replace("<saml:Subject>", signature + "<saml:Subject>")),
            good.replace(signed, signed.replace(">anna<", ">admin<")),
            // the signature of the assertion where that of the response is looked for
            good.replace(signed, other)
                .replace("<samlp:Status>", signature + "<samlp:Status>")
                .replace("</samlp:Response>", "<x>" + signed + "</x></samlp:Response>"));
    for (var xml : wrapped) {
      assertThat(xml).contains("admin");
      assertThatThrownBy(() -> responses.posted(TestIdp.bytes(xml)))
          .as(xml)
          .isInstanceOf(Fault.class);
    }
  }

  /**
   * 2018: a comment is not signed, and cut a name in two for those who read only the first part.
   */
  @Test
  void aCommentCutsNoName() {
    idp.nameId = "admin@example.org.evil.example";
    var commented = idp.sign(idp.unsigned(), "Assertion").replace("org.evil", "org<!-- -->.evil");
    var name = responses.posted(TestIdp.bytes(commented)).assertion().nameId();
    assertThat(name).isEqualTo("admin@example.org.evil.example");
    idp.nameId = "admin<!-- -->istrator";
    assertThat(responses.posted(idp.signed()).assertion().nameId()).isEqualTo("administrator");
    var whole = idp.sign(idp.unsigned(), "Response");
    assertThat(responses.posted(TestIdp.bytes(whole)).assertion().nameId())
        .isEqualTo("administrator");
    idp.nameId = "admin<?x y?>istrator";
    refused("something else than text");
    idp.nameId = "a<![CDATA[<b>]]>c";
    assertThat(responses.posted(idp.signed()).assertion().nameId()).isEqualTo("a<b>c");
  }

  @Test
  void weakOrUnusualSignaturesAreRefusedBeforeTheyAreComputed() {
    var good = idp.sign(idp.unsigned(), "Assertion");
    var exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
    refused(
        good.replace(
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
        "rsa-sha1 is not accepted");
    refused(
        good.replace(
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
        "hmac-sha256 is not accepted");
    refused(
        good.replace(
            "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1"),
        "sha1 is not accepted");
    refused(
        good.replace(
            "<ds:Transform Algorithm=\"" + exclusive + "\"/>",
            "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"/>"),
        "unusual way");
    refused(
        good.replace(
            "<ds:Transform Algorithm=\"" + exclusive + "\"/>",
            "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\">"
                + "<ds:XPath>not(self::*)</ds:XPath></ds:Transform>"
                + "<ds:Transform Algorithm=\""
                + exclusive
                + "\"/>"),
        "unusual way");
    refused(good.replaceAll("URI=\"#[^\"]*\"", "URI=\"\""), "of another element");
    refused(
        good.replaceAll("URI=\"#[^\"]*\"", "URI=\"http://127.0.0.1:1/x\""), "of another element");
    refused(good.replaceAll("(<ds:Reference.*</ds:Reference>)", "$1$1"), "more than one Reference");
    // a key in the message is nobody's word
    var stranger = SelfSigned.key();
    var document = Xml.parse(TestIdp.bytes(idp.unsigned()));
    var assertion =
        Xml.all(document).stream().filter(e -> "Assertion".equals(e.getLocalName())).findFirst();
    Element e = assertion.get();
    XmlSignatures.sign(
        e,
        Xml.children(e).get(1),
        stranger.getPrivate(),
        SelfSigned.certificate(stranger, "idp", now));
    refused(Xml.text(document), "none of the identity provider's keys");
  }

  @Test
  void documentTypesAreRefusedAndDepthIsBounded() {
    var xml = idp.sign(idp.unsigned(), "Assertion");
    refused("<!DOCTYPE x [<!ENTITY a \"b\">]>" + xml, "DOCTYPE");
    refused("<!DOCTYPE x SYSTEM \"http://127.0.0.1:1/x.dtd\"><x/>", "DOCTYPE");
    refused("<?xml version=\"1.1\"?>" + xml, "version 1.0");
    refused("<a>".repeat(10_000), "not accepted");
    refused("<x " + "a=\"1\" ".repeat(20_000) + "/>", "not accepted");
    refused("x".repeat(Xml.MESSAGE + 1), "larger than");
    refused(xml.replace("</samlp:Response>", "&a;</samlp:Response>"), "not accepted");
    refused("", "not accepted");
    refused("<x/>", "no SAML response");
  }

  @Test
  void trustFollowsTheFiles() throws Exception {
    var file = dir.resolve("idp.xml");
    var signed = idp.signed();
    responses.posted(signed);
    var metadata = Files.readString(file);
    var ended = " validUntil='2026-11-21T03:00:00Z' entityID";
    Files.writeString(file, metadata.replaceFirst(" entityID", ended));
    refused(new String(signed, StandardCharsets.UTF_8), "not trusted");
    Files.writeString(file, "<nothing/>");
    refused(new String(signed, StandardCharsets.UTF_8), "not trusted");
    Files.writeString(
        file,
        "<md:EntitiesDescriptor xmlns:md='"
            + Xml.METADATA
            + "'>"
            + metadata
            + "</md:EntitiesDescriptor>");
    responses.posted(signed);
    Files.delete(file);
    refused(new String(signed, StandardCharsets.UTF_8), "not trusted");
  }

  /** Whatever is changed: never believed as something else, never an error of ours. */
  @Test
  void mutations() {
    var random = new Random(20261121);
    var good = idp.signed();
    var other = new String(good, StandardCharsets.UTF_8);
    var tags = new ArrayList<String>();
    for (int i = 0; (i = other.indexOf('<', i)) >= 0; i++) {
      tags.add(other.substring(i, other.indexOf('>', i) + 1));
    }
    int believed = 0;
    for (int i = 0; i < 6_000; i++) {
      var bytes = mutated(random, good, tags);
      try {
        var said = responses.posted(bytes);
        assertThat(said.assertion().nameId()).isEqualTo("anna");
        assertThat(said.assertion().attributes())
            .containsExactly(java.util.Map.entry("groups", List.of("staff", "a;b")));
        believed++;
      } catch (Fault f) {
        assertThat(f.status()).as(f.getMessage()).isBetween(400, 413);
      } catch (RuntimeException e) {
        throw new AssertionError(new String(bytes, StandardCharsets.UTF_8), e);
      }
    }
    assertThat(believed).isLessThan(3_000);
    assertThatCode(() -> responses.posted(good)).doesNotThrowAnyException();
  }

  private static byte[] mutated(Random random, byte[] good, List<String> tags) {
    var text = new StringBuilder(new String(good, StandardCharsets.UTF_8));
    for (int n = 1 + random.nextInt(2); n > 0; n--) {
      int at = random.nextInt(text.length());
      switch (random.nextInt(5)) {
        case 0 -> text.setCharAt(at, (char) (32 + random.nextInt(95)));
        case 1 -> text.delete(at, Math.min(text.length(), at + 1 + random.nextInt(40)));
        case 2 -> text.insert(at, tags.get(random.nextInt(tags.size())));
        case 3 -> {
          var tag = tags.get(random.nextInt(tags.size()));
          int where = text.indexOf(tag);
          if (where >= 0) {
            text.delete(where, where + tag.length());
          }
        }
        default -> {
          int end = Math.min(text.length(), at + random.nextInt(800));
          text.insert(random.nextInt(text.length()), text.substring(at, end));
        }
      }
    }
    return TestIdp.bytes(text.toString());
  }
}
