package welkin.identity.federation.openid;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.identity.federation.login.AssertionSource.Outcome;
import welkin.identity.token.FernetKeys;

/**
 * The authorization code flow (OpenID Connect Core 1.0 section 3.1) with PKCE, state and nonce. The
 * address a browser starts at is the one it is sent back to. What must be known again then is
 * sealed in the state, which counts only with the cookie of the browser that started: no process
 * remembers anything, and nobody is logged in as somebody else by a link.
 */
final class CodeFlow {
  /** Tells a sealed state from a sealed token: no payload of a token begins so. */
  private static final String MARK = "websso";

  private static final String COOKIE = "welkin_websso";
  private static final Duration LIFE = Duration.ofMinutes(10);
  private static final int FORM_MAX = 64 * 1024;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final InstantSource clock;
  private final FernetKeys seals;

  CodeFlow(InstantSource clock, FernetKeys seals) {
    this.clock = clock;
    this.seals = seals;
  }

  /**
   * @param origin the dashboard, trusted already; null when the request names none
   */
  Outcome step(Call call, OpenIdClient client, String origin) {
    var given = given(call);
    if (given.containsKey("state")) {
      return finish(call, client, given);
    }
    if (origin == null) {
      throw Fault.badRequest("Request must have an origin query parameter");
    }
    return start(call, client, origin);
  }

  private static String redirectUri(Call call, OpenIdClient client) {
    return call.base()
        + "/v3/auth/OS-FEDERATION/identity_providers/"
        + client.provider().identityProviderId()
        + "/protocols/"
        + client.provider().protocolId()
        + "/websso";
  }

  private Outcome start(Call call, OpenIdClient client, String origin) {
    var browser = random();
    var nonce = random();
    var verifier = random();
    var now = clock.instant();
    var state =
        Json.object()
            .put("idp", client.provider().identityProviderId())
            .put("protocol", client.provider().protocolId())
            .put("origin", origin)
            .put("browser", hash(browser))
            .put("nonce", nonce)
            .put("verifier", verifier)
            .put("until", now.plus(LIFE).getEpochSecond());
    var query = new LinkedHashMap<String, String>();
    query.put("response_type", "code");
    query.put("client_id", client.provider().clientId());
    query.put("redirect_uri", redirectUri(call, client));
    query.put("scope", client.provider().scope());
    query.put("nonce", nonce);
    query.put("code_challenge", hash(verifier));
    query.put("code_challenge_method", "S256");
    query.put("state", seals.seal((MARK + Json.text(state)).getBytes(StandardCharsets.UTF_8), now));
    var there = client.endpoint("authorization_endpoint").toString();
    return new Outcome.Asked(
        Answer.empty(302)
            .with("Location", there + (there.contains("?") ? "&" : "?") + OpenIdClient.form(query))
            .with("Set-Cookie", cookie(call, browser, LIFE.toSeconds()))
            .with("Cache-Control", "no-store"));
  }

  private static String cookie(Call call, String value, long seconds) {
    return COOKIE
        + "="
        + value
        + "; Path=/; Max-Age="
        + seconds
        + "; HttpOnly; SameSite=Lax"
        + (call.base().startsWith("https:") ? "; Secure" : "");
  }

  private Outcome finish(Call call, OpenIdClient client, Map<String, String> given) {
    var state = opened(given.get("state"));
    if (!client.provider().identityProviderId().equals(Json.string(state, "idp"))
        || !client.provider().protocolId().equals(Json.string(state, "protocol"))
        || clock.instant().getEpochSecond() >= state.path("until").longValue()
        || !same(hash(String.valueOf(cookie(call))), Json.string(state, "browser"))) {
      throw Fault.unauthorized("This login was not begun here, or too long ago: begin anew.");
    }
    if (given.containsKey("error")) {
      throw Fault.unauthorized(
          "The identity provider "
              + client.provider().identityProviderId()
              + " refused the login: "
              + given.get("error").replaceAll("[^a-zA-Z0-9_-]", "?"));
    }
    if (given.containsKey("iss") && !client.provider().issuer().equals(given.get("iss"))) {
      throw Verifier.refused("the login comes from another issuer");
    }
    if (!given.containsKey("code")) {
      throw Fault.badRequest("Expecting to find code in the identity provider's answer.");
    }
    var tokens =
        client.exchange(
            given.get("code"), redirectUri(call, client), Json.string(state, "verifier"));
    var idToken = Json.string(tokens, "id_token");
    if (idToken == null) {
      throw Verifier.refused("the provider gave no ID token");
    }
    var claims = new Verifier(client).idToken(idToken, clock.instant());
    if (!same(String.valueOf(Json.string(claims, "nonce")), Json.string(state, "nonce"))) {
      throw Verifier.refused("it is of another login");
    }
    var access = Json.string(tokens, "access_token");
    if (access != null && client.endpointIfAny("userinfo_endpoint") != null) {
      OpenIdSource.merge(claims, client.userInfo(access));
    }
    return OpenIdSource.vouched(client, claims, Json.string(state, "origin"));
  }

  private JsonNode opened(String text) {
    var opened = text.length() > 4096 ? null : seals.open(text);
    var content = opened == null ? "" : new String(opened.payload(), StandardCharsets.UTF_8);
    if (!content.startsWith(MARK)) {
      throw Fault.unauthorized("This login was not begun here, or too long ago: begin anew.");
    }
    return Json.parse(content.substring(MARK.length()));
  }

  private static String cookie(Call call) {
    var header = call.header("cookie");
    if (header != null) {
      for (var pair : header.split(";")) {
        var parts = pair.strip().split("=", 2);
        if (parts.length == 2 && parts[0].equals(COOKIE)) {
          return parts[1];
        }
      }
    }
    return null;
  }

  /** The query's, or a form's when the browser posts. */
  private static Map<String, String> given(Call call) {
    var out = new HashMap<String, String>();
    call.query().forEach((name, values) -> out.put(name, values.getFirst()));
    if (call.request().method().equals("POST")) {
      try {
        var form = new String(call.stream().readNBytes(FORM_MAX), StandardCharsets.UTF_8);
        for (var pair : form.split("&")) {
          var parts = pair.split("=", 2);
          if (parts.length == 2) {
            out.put(
                URLDecoder.decode(parts[0], StandardCharsets.UTF_8),
                URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
          }
        }
      } catch (IOException | IllegalArgumentException e) {
        throw Fault.badRequest("The body is not a form.");
      }
    }
    return out;
  }

  private static String random() {
    var bytes = new byte[32];
    RANDOM.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static String hash(String text) {
    try {
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(
              MessageDigest.getInstance("SHA-256")
                  .digest(text.getBytes(StandardCharsets.US_ASCII)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean same(String a, String b) {
    return b != null
        && MessageDigest.isEqual(
            a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
  }
}
