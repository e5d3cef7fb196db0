package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.bus.InProcessBus;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.HttpRequest;
import welkin.identity.federation.saml.Encrypting;
import welkin.identity.federation.saml.TestIdp;
import welkin.testkit.TestDatabases;

/** Users of other clouds and of companies, vouched for by SAML; and ours, vouched for to others. */
class SamlTest {
  private static final String ACS = "/v3/OS-FEDERATION/saml2/acs";
  private static final String SELF = TestIdentity.BASE + "/v3/OS-FEDERATION/saml2/sp";
  private static final String AUTH =
      "/v3/OS-FEDERATION/identity_providers/company/protocols/saml2/auth";
  private static final String WEBSSO =
      "/v3/auth/OS-FEDERATION/identity_providers/company/protocols/saml2/websso"
          + "?origin=http%3A%2F%2Fdashboard.example.org%2Fauth%2Fwebsso%2F";
  private static final String PAOS = "application/vnd.paos+xml";

  @TempDir Path dir;
  private TestIdentity cloud;
  private TestIdp idp;

  @BeforeEach
  void start() throws Exception {
    cloud =
        new TestIdentity(
            dir.resolve("sp"),
            "federation.remote_id_attribute",
            "HTTP_OIDC_ISS",
            "federation.trusted_dashboard",
            "http://dashboard.example.org/auth/websso/");
    idp = new TestIdp(TestIdentity.BASE + ACS, SELF, cloud.now);
    trust("company", TestIdp.ENTITY, idp.metadata());
  }

  @AfterEach
  void stop() {
    cloud.close();
  }

  /** An identity provider whose users get the role member on project {@code p} by a group. */
  private void trust(String id, String entity, String metadata) throws Exception {
    var folder = Files.createDirectories(cloud.home.resolve("saml"));
    Files.writeString(folder.resolve(id + ".xml"), metadata);
    var admin = cloud.admin();
    var group = cloud.make("group", Map.of("name", "of-" + id));
    var project = cloud.make("project", Map.of("name", "p-" + id));
    cloud.call(
        "PUT",
        "/v3/projects/" + project + "/groups/" + group + "/roles/" + cloud.role("member"),
        admin,
        null);
    var user = id.equals("company") ? "REMOTE_USER" : "openstack_user";
    var rules =
        "[{\"local\":[{\"user\":{\"name\":\"{0}\"},\"group\":{\"id\":\""
            + group
            + "\"}}],\"remote\":[{\"type\":\""
            + user
            + "\"}]}]";
    var base = "/v3/OS-FEDERATION/";
    put(
        base + "mappings/" + id,
        Map.of("mapping", Map.of("rules", Json.parse(rules.getBytes(StandardCharsets.UTF_8)))));
    put(
        base + "identity_providers/" + id,
        Map.of("identity_provider", Map.of("enabled", true, "remote_ids", List.of(entity))));
    put(
        base + "identity_providers/" + id + "/protocols/saml2",
        Map.of("protocol", Map.of("mapping_id", id)));
  }

  private void put(String path, Object body) {
    var said = cloud.call("PUT", path, cloud.admin(), body);
    assertThat(said.status()).as(said.toString()).isEqualTo(201);
  }

  private static Answer ask(
      TestIdentity at, String method, String path, byte[] body, String... headers) {
    var all = new HashMap<String, String>();
    for (int i = 0; i < headers.length; i += 2) {
      all.put(headers[i], headers[i + 1]);
    }
    return at.door.handle(HttpRequest.of(method, path, all, body, TestIdentity.BASE));
  }

  private Answer get(String path, String... headers) {
    return ask(cloud, "GET", path, null, headers);
  }

  private Answer form(byte[] response) {
    return form(cloud, response);
  }

  private static Answer form(TestIdentity at, byte[] response) {
    var text = "RelayState=x&SAMLResponse=" + encoded(Base64.getEncoder().encodeToString(response));
    return ask(
        at, "POST", ACS, text.getBytes(), "content-type", "application/x-www-form-urlencoded");
  }

  private Answer soap(String envelope) {
    return ask(cloud, "POST", ACS, envelope.getBytes(StandardCharsets.UTF_8), "content-type", PAOS);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static String cookie(Answer a) {
    var set = a.header("Set-Cookie");
    assertThat(set).contains("HttpOnly").contains("SameSite=Lax");
    return set.substring(0, set.indexOf(';'));
  }

  private static String path(Answer a) {
    assertThat(a.status()).as(a.body()).isEqualTo(303);
    return a.header("Location").substring(TestIdentity.BASE.length());
  }

  /** The id of the request that a redirect carries. */
  private static String request(Answer redirect) throws Exception {
    assertThat(redirect.status()).as(redirect.body()).isEqualTo(302);
    var location = redirect.header("Location");
    assertThat(location).startsWith("https://idp.example.org/sso?SAMLRequest=");
    var text = location.substring(location.indexOf('=') + 1, location.indexOf("&RelayState="));
    var bytes = Base64.getDecoder().decode(URLDecoder.decode(text, StandardCharsets.UTF_8));
    try (var in = new InflaterInputStream(new ByteArrayInputStream(bytes), new Inflater(true))) {
      var xml = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      assertThat(xml)
          .contains("AssertionConsumerServiceURL=\"" + TestIdentity.BASE + ACS + "\"")
          .contains(">" + SELF + "<");
      return xml.replaceAll("(?s).*? ID=\"([^\"]*)\".*", "$1");
    }
  }

  @Test
  void aBrowserLogsIn() throws Exception {
    var first = get(WEBSSO);
    idp.inResponseTo = request(first);
    var brought = form(idp.signed());
    assertThat(path(brought)).isEqualTo(WEBSSO);
    assertThat(brought.header("Set-Cookie")).isNull();
    // who was not sent by us has not the cookie, and begins anew
    assertThat(get(WEBSSO).status()).isEqualTo(302);
    assertThat(get(WEBSSO, "cookie", "welkin_saml=x").status()).isEqualTo(302);
    var page = get(WEBSSO, "cookie", "a=b; " + cookie(first));
    assertThat(page.status()).as(page.body()).isEqualTo(200);
    assertThat(page.body()).contains("http://dashboard.example.org/auth/websso/");
    var token = page.body().replaceAll("(?s).*name=\"token\"[^>]*value=\"([^\"]*)\".*", "$1");
    var projects = cloud.get("/v3/auth/projects", token);
    assertThat(projects.body().at("/projects/0/name").asString()).isEqualTo("p-company");
    // all of it was for once
    assertThat(get(WEBSSO, "cookie", cookie(first)).status()).isEqualTo(302);
    assertThat(form(idp.signed()).status()).isEqualTo(401);
    idp.id = "_other";
    assertThat(form(idp.signed()).body()).contains("answers no request");
  }

  @Test
  void nobodyBringsABrowserAnAssertionItDidNotAskFor() {
    var said = form(idp.signed());
    assertThat(said.status()).isEqualTo(401);
    assertThat(said.body()).contains("answers no request");
    idp.inResponseTo = "_unknown";
    assertThat(form(idp.signed()).body()).contains("answers no request");
    assertThat(get("/v3/auth/OS-FEDERATION/websso/saml2?origin=http://evil.example.org").status())
        .isEqualTo(401);
  }

  @Test
  void aRequestIsAnsweredByWhomItWasSentTo() throws Exception {
    var other = new TestIdp(TestIdentity.BASE + ACS, SELF, cloud.now);
    other.issuer = "https://other.example.org/saml";
    trust(
        "other",
        other.issuer,
        idp.metadata().replace(TestIdp.ENTITY, "https://other.example.org/saml"));
    other.inResponseTo = request(get(WEBSSO));
    assertThat(form(other.signed()).body()).contains("another identity provider was asked");
    // and without a request: its users are not the company's
    other.inResponseTo = null;
    other.id = "_o2";
    var brought = soap(envelope(other.signed()));
    assertThat(brought.status()).isEqualTo(303);
    var said = get(AUTH, "cookie", cookie(brought));
    assertThat(said.status()).isEqualTo(401);
    assertThat(said.body()).contains("not among the remote ids");
  }

  @Test
  void aProviderVouchesForNobodyWhomAnotherKnows() throws Exception {
    var other = new TestIdp(TestIdentity.BASE + ACS, SELF, cloud.now);
    other.issuer = "https://other.example.org/saml";
    trust("other", other.issuer, idp.metadata().replace(TestIdp.ENTITY, other.issuer));
    var rules =
        "[{\"local\":[{\"user\":{\"name\":\"{0}\",\"domain\":{\"id\":\"default\"}}}],"
            + "\"remote\":[{\"type\":\"REMOTE_USER\"}]}]";
    for (var mapping : List.of("company", "other")) {
      var said =
          cloud.call(
              "PATCH",
              "/v3/OS-FEDERATION/mappings/" + mapping,
              cloud.admin(),
              Map.of(
                  "mapping", Map.of("rules", Json.parse(rules.getBytes(StandardCharsets.UTF_8)))));
      assertThat(said.status()).as(said.toString()).isEqualTo(200);
    }
    assertThat(get(AUTH, "cookie", cookie(soap(envelope(idp.signed())))).status()).isEqualTo(201);
    other.id = "_o3";
    var said =
        get(AUTH.replace("company", "other"), "cookie", cookie(soap(envelope(other.signed()))));
    assertThat(said.status()).isEqualTo(401);
    assertThat(said.body()).contains("another identity provider");
    other.id = "_o4";
    other.nameId = "berta";
    assertThat(
            get(AUTH.replace("company", "other"), "cookie", cookie(soap(envelope(other.signed()))))
                .status())
        .isEqualTo(201);
  }

  private static String envelope(byte[] response) {
    return "<S:Envelope xmlns:S='http://schemas.xmlsoap.org/soap/envelope/'><S:Body>"
        + new String(response, StandardCharsets.UTF_8)
        + "</S:Body></S:Envelope>";
  }

  @Test
  void aProgramLogsInByEcp() {
    assertThat(get(AUTH, "accept", "application/json").status()).isEqualTo(401);
    assertThat(get(AUTH, "accept", "text/html").status()).isEqualTo(302);
    var asked =
        get(
            AUTH,
            "accept",
            "application/json," + PAOS,
            "paos",
            "ver=\"urn:liberty:paos:2003-08\";\"urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp\"");
    assertThat(asked.status()).isEqualTo(200);
    assertThat(asked.header("content-type")).isEqualTo(PAOS);
    assertThat(asked.body()).contains("responseConsumerURL=\"" + TestIdentity.BASE + ACS + "\"");
    idp.inResponseTo = asked.body().replaceAll("(?s).*AuthnRequest[^>]* ID=\"([^\"]*)\".*", "$1");
    var brought = soap(envelope(idp.signed()));
    assertThat(path(brought)).isEqualTo(AUTH);
    var said = get(AUTH, "cookie", cookie(brought));
    assertThat(said.status()).as(said.body()).isEqualTo(201);
    assertThat(said.header("X-Subject-Token")).isNotEmpty();
    var token = Json.parse(said.bytes()).get("token");
    assertThat(token.at("/user/name").asString()).isEqualTo("anna");
    assertThat(token.at("/user/OS-FEDERATION/identity_provider/id").asString())
        .isEqualTo("company");
    assertThat(get(AUTH, "cookie", cookie(brought)).status()).isEqualTo(401);
  }

  /** By two processes, an assertion is believed once. */
  @Test
  void anAssertionIsGoodOnceInAllProcesses() {
    try (var two =
        new TestIdentity(cloud.home, () -> cloud.now, () -> cloud.now, new InProcessBus())) {
      var envelope = envelope(idp.signed()).getBytes(StandardCharsets.UTF_8);
      assertThat(ask(cloud, "POST", ACS, envelope, "content-type", PAOS).status()).isEqualTo(303);
      var again = ask(two, "POST", ACS, envelope, "content-type", PAOS);
      assertThat(again.status()).isEqualTo(401);
      assertThat(again.body()).contains("used before");
      cloud.now = cloud.now.plusSeconds(600);
      assertThat(ask(two, "POST", ACS, envelope, "content-type", PAOS).status()).isEqualTo(401);
      assertThat(form(two, new byte[0]).status()).isEqualTo(400);
    }
  }

  @Test
  void whatWasProvenIsSoonForgotten() {
    var brought = soap(envelope(idp.signed()));
    cloud.now = cloud.now.plusSeconds(121);
    assertThat(get(AUTH, "cookie", cookie(brought)).status()).isEqualTo(401);
  }

  /** From one cloud to the other, as keystoneauth's Keystone2Keystone does. */
  @Test
  @Shows({
    "GET /v3/OS-FEDERATION/saml2/metadata",
    "POST /v3/auth/OS-FEDERATION/saml2",
    "POST /v3/auth/OS-FEDERATION/saml2/ecp"
  })
  void oneCloudVouchesToAnother() throws Exception {
    try (var home = new TestIdentity(dir.resolve("idp"), "saml.idp_entity_id", "urn:home")) {
      var metadata = ask(home, "GET", "/v3/OS-FEDERATION/saml2/metadata", null);
      assertThat(metadata.header("content-type")).isEqualTo("text/xml");
      trust("home", "urn:home", metadata.body());
      var auth = "/v3/OS-FEDERATION/identity_providers/home/protocols/saml2/auth";
      var made =
          home.call(
              "PUT",
              "/v3/OS-FEDERATION/service_providers/away",
              home.admin(),
              Map.of(
                  "service_provider",
                  Map.of(
                      "enabled",
                      true,
                      "auth_url",
                      TestIdentity.BASE + auth,
                      "sp_url",
                      TestIdentity.BASE + ACS)));
      assertThat(made.status()).as(made.toString()).isEqualTo(201);
      var project = home.make("project", Map.of("name", "p"));
      var user = home.make("user", Map.of("name", "anna", "password", "secret"));
      var group = home.make("group", Map.of("name", "g \"1\""));
      home.call("PUT", "/v3/groups/" + group + "/users/" + user, home.admin(), null);
      home.call(
          "PUT",
          "/v3/projects/" + project + "/users/" + user + "/roles/" + home.role("member"),
          home.admin(),
          null);
      var scoped = home.login("anna", "secret", TestIdentity.onProject("p"));
      assertThat(scoped.body().at("/token/service_providers/0/id").asString()).isEqualTo("away");
      var ecp = vouch(home, "/ecp", scoped.token(), "away");
      assertThat(ecp.status()).as(ecp.body()).isEqualTo(200);
      assertThat(ecp.header("X-sp-url")).isEqualTo(TestIdentity.BASE + ACS);
      assertThat(ecp.header("X-auth-url")).isEqualTo(TestIdentity.BASE + auth);
      assertThat(ecp.body())
          .contains("ss:mem:")
          .contains("JSON:{\"name\":\"g \\\"1\\\"\",\"domain\":{\"name\":\"Default\"}}");
      cloud.now = home.now;
      var brought = soap(ecp.body());
      assertThat(brought.status()).as(brought.body()).isEqualTo(303);
      var unscoped = get(auth, "cookie", cookie(brought), "content-type", PAOS);
      assertThat(unscoped.status()).as(unscoped.body()).isEqualTo(201);
      var there =
          cloud.call(
              "POST",
              "/v3/auth/tokens",
              null,
              "{\"auth\":{\"identity\":{\"methods\":[\"token\"],\"token\":{\"id\":\""
                  + unscoped.header("X-Subject-Token")
                  + "\"}},\"scope\":{\"project\":{\"name\":\"p-home\",\"domain\":{\"id\":\"default\"}}}}}");
      assertThat(there.status()).as(there.toString()).isEqualTo(201);
      assertThat(there.body().at("/token/user/name").asString()).isEqualTo("anna");
      assertThat(there.body().at("/token/roles").toString()).contains("\"member\"");
      // the next key is known already when it begins to sign
      var before = certificates(home, false);
      assertThat(certificates(home, true)).first().isEqualTo(before.getLast());
      var next = vouch(home, "/ecp", scoped.token(), "away").body();
      assertThat(next).contains(before.getLast().replaceAll("-----[A-Z ]+-----|\\s", ""));
      assertThat(soap(next).status()).isEqualTo(303);
      certificates(home, true);
      var unknown = soap(vouch(home, "/ecp", scoped.token(), "away").body());
      assertThat(unknown.body()).contains("none of the identity provider's keys");
      refusals(home, user);
    }
  }

  /** As {@code ./welkin saml-certificate} does, while the cloud runs. */
  private static List<String> certificates(TestIdentity home, boolean rotate) {
    return Keys.samlCertificates(TestDatabases.in(home.home, () -> home.now), home.home, rotate);
  }

  private static Answer vouch(TestIdentity home, String form, String token, String to) {
    var body =
        "{\"auth\":{\"identity\":{\"methods\":[\"token\"],\"token\":{\"id\":\""
            + token
            + "\"}},\"scope\":{\"service_provider\":{\"id\":\""
            + to
            + "\"}}}}";
    return ask(
        home,
        "POST",
        "/v3/auth/OS-FEDERATION/saml2" + form,
        body.getBytes(StandardCharsets.UTF_8),
        "content-type",
        "application/json");
  }

  private static void refusals(TestIdentity home, String user) {
    var scoped = home.login("anna", "secret", TestIdentity.onProject("p")).token();
    var plain = vouch(home, "", scoped, "away");
    assertThat(plain.status()).isEqualTo(200);
    assertThat(plain.body()).startsWith("<samlp:Response").contains("openstack_user_domain");
    assertThat(vouch(home, "", scoped, "nowhere").status()).isEqualTo(404);
    assertThat(vouch(home, "", "gAAAAA", "away").status()).isEqualTo(404);
    var unscoped = home.login("anna", "secret", "\"unscoped\"").token();
    assertThat(vouch(home, "/ecp", unscoped, "away").body()).contains("Use a project scoped token");
    assertThat(vouch(home, "/ecp", unscoped, "away").status()).isEqualTo(403);
    home.call(
        "PUT",
        "/v3/domains/default/users/" + user + "/roles/" + home.role("member"),
        home.admin(),
        null);
    var domain = home.login("anna", "secret", "{\"domain\":{\"id\":\"default\"}}").token();
    assertThat(vouch(home, "", domain, "away").status()).isEqualTo(403);
    // what was delegated stays here
    var credential =
        home.call(
                "POST",
                "/v3/users/" + user + "/application_credentials",
                scoped,
                Map.of("application_credential", Map.of("name", "a", "secret", "s")))
            .body()
            .at("/application_credential/id")
            .asString();
    var delegated =
        home.call(
                "POST",
                "/v3/auth/tokens",
                null,
                "{\"auth\":{\"identity\":{\"methods\":[\"application_credential\"],"
                    + "\"application_credential\":{\"id\":\""
                    + credential
                    + "\",\"secret\":\"s\"}}}}")
            .token();
    assertThat(vouch(home, "/ecp", delegated, "away").status()).isEqualTo(403);
    home.call(
        "PATCH",
        "/v3/OS-FEDERATION/service_providers/away",
        home.admin(),
        Map.of("service_provider", Map.of("enabled", false)));
    assertThat(vouch(home, "", scoped, "away").status()).isEqualTo(403);
  }

  @Test
  void aCloudTellsWhereAssertionsAreBrought() {
    var said = get("/v3/OS-FEDERATION/saml2/sp/metadata");
    assertThat(said.status()).isEqualTo(200);
    assertThat(said.body())
        .contains("entityID=\"" + SELF + "\"")
        .contains("WantAssertionsSigned=\"true\"")
        .contains("bindings:PAOS");
  }

  private static X509Certificate encryptsFor(String metadata) throws Exception {
    var base64 =
        metadata.replaceAll(
            "(?s).*use=\"encryption\".*?<ds:X509Certificate[^>]*>([^<]*)</ds:X509Certificate>.*",
            "$1");
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(Base64.getDecoder().decode(base64)));
  }

  @Test
  void anIdentityProviderEncryptsForTheKeyOfTheMetadata() throws Exception {
    var first = get(WEBSSO);
    idp.inResponseTo = request(first);
    var key = encryptsFor(get("/v3/OS-FEDERATION/saml2/sp/metadata").body()).getPublicKey();
    // metadata that were read before a rotation stay good for one
    Keys.samlCertificates(TestDatabases.in(cloud.home, () -> cloud.now), cloud.home, true);
    var text = new String(idp.signed(), StandardCharsets.UTF_8);
    var brought =
        form(
            Encrypting.assertion(text, key, "aes256-gcm", "mgf1p")
                .getBytes(StandardCharsets.UTF_8));
    assertThat(path(brought)).isEqualTo(WEBSSO);
    assertThat(get(WEBSSO, "cookie", cookie(first)).status()).isEqualTo(200);
  }

  @Test
  void anIdentityProviderThatWantsItGetsSignedRequests() throws Exception {
    assertThat(get(WEBSSO).header("Location")).doesNotContain("Signature=");
    var metadata =
        idp.metadata()
            .replace("<md:IDPSSODescriptor", "<md:IDPSSODescriptor WantAuthnRequestsSigned='true'");
    Files.writeString(cloud.home.resolve("saml").resolve("company.xml"), metadata);
    var query = get(WEBSSO).header("Location").split("\\?", 2)[1];
    int end = query.indexOf("&Signature=");
    assertThat(query.substring(0, end)).contains("&RelayState=").contains("&SigAlg=http%3A%2F%2F");
    var ours = get("/v3/OS-FEDERATION/saml2/sp/metadata").body();
    var signs =
        ours.substring(0, ours.indexOf("</md:KeyDescriptor>")).replace("signing", "encryption");
    var signature = Signature.getInstance("SHA256withRSA");
    signature.initVerify(encryptsFor(signs));
    signature.update(query.substring(0, end).getBytes(StandardCharsets.US_ASCII));
    var value = URLDecoder.decode(query.substring(end + 11), StandardCharsets.UTF_8);
    assertThat(signature.verify(Base64.getDecoder().decode(value))).isTrue();
  }

  /** Whatever is brought: an answer of ours, never an error, and never somebody. */
  @Test
  void rubbishIsRefused() {
    var random = new Random(7);
    var good = envelope(idp.signed());
    for (int i = 0; i < 300; i++) {
      var text = new StringBuilder(good);
      for (int n = random.nextInt(4); n >= 0; n--) {
        int at = random.nextInt(text.length());
        if (random.nextBoolean()) {
          text.delete(at, Math.min(text.length(), at + random.nextInt(60)));
        } else {
          text.insert(at, (char) random.nextInt(256));
        }
      }
      var said = i % 2 == 0 ? soap(text.toString()) : form(text.toString().getBytes());
      assertThat(said.status()).as(said.body()).isIn(303, 400, 401, 413);
    }
    assertThat(
            ask(cloud, "POST", ACS, "{}".getBytes(), "content-type", "application/json").status())
        .isEqualTo(415);
    assertThat(ask(cloud, "POST", ACS, null).status()).isEqualTo(415);
    assertThat(soap("").status()).isEqualTo(400);
    var large = new byte[2 << 20];
    assertThat(ask(cloud, "POST", ACS, large, "content-type", PAOS).status()).isEqualTo(413);
    var form = "application/x-www-form-urlencoded";
    for (var text : List.of("", "SAMLResponse=%zz", "SAMLResponse=!!", "SAMLResponse")) {
      assertThat(ask(cloud, "POST", ACS, text.getBytes(), "content-type", form).status())
          .isEqualTo(400);
    }
  }
}
