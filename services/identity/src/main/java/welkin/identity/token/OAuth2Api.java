package welkin.identity.token;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.identity.shared.Backend;

/**
 * {@code POST /v3/OS-OAUTH2/token}: an application credential as an OAuth 2.0 client (RFC 6749,
 * section 4.4, client authentication by HTTP Basic). The access token is a token like any other.
 */
public final class OAuth2Api {
  private static final int BODY_MAX = 4096;
  private final Backend backend;
  private final Login login;
  private final Audit audit;

  public OAuth2Api(Backend backend, Login login, Audit audit) {
    this.backend = backend;
    this.login = login;
    this.audit = audit;
  }

  public Routes routes() {
    var r = new Routes("/v3/OS-OAUTH2");
    r.post("/token", this::token).open();
    return r;
  }

  private Answer token(Call call) {
    var grant = form(call).get("grant_type");
    if (grant == null) {
      return refusal(400, "invalid_request", "The parameter grant_type is required.");
    }
    if (!grant.equals("client_credentials")) {
      return refusal(
          400,
          "unsupported_grant_type",
          "The OAuth2.0 grant type " + grant + " is not supported, only client_credentials.");
    }
    var auth = credential(call.header("authorization"));
    if (auth == null) {
      return refusal(401, "invalid_client", "The client authentication failed.");
    }
    try {
      if (login.login(call, auth) instanceof Login.Outcome.Made(Token made)) {
        audit.authenticated(call, made);
        var left =
            made.payload().expiresAt().getEpochSecond()
                - backend.clock().instant().getEpochSecond();
        return plain(
            200,
            Json.object()
                .put("access_token", made.text().reveal())
                .put("token_type", "Bearer")
                .put("expires_in", left));
      }
    } catch (Fault f) {
      audit.refused(call, auth, f);
      if (f.status() >= 500) {
        throw f;
      }
    }
    return refusal(401, "invalid_client", "The client authentication failed.");
  }

  /** The request that logs in with the application credential; null when none is named. */
  private static ObjectNode credential(String header) {
    if (header == null || !header.regionMatches(true, 0, "Basic ", 0, 6)) {
      return null;
    }
    String both;
    try {
      both =
          new String(
              Base64.getDecoder().decode(header.substring(6).strip()), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return null;
    }
    int colon = both.indexOf(':');
    if (colon < 1) {
      return null;
    }
    var auth = Json.object();
    var identity = auth.putObject("identity");
    identity.putArray("methods").add("application_credential");
    identity
        .putObject("application_credential")
        .put("id", both.substring(0, colon))
        .put("secret", both.substring(colon + 1));
    return auth;
  }

  private static Map<String, String> form(Call call) {
    var out = new HashMap<String, String>();
    try {
      var bytes = call.request().body().readNBytes(BODY_MAX);
      for (var pair : new String(bytes, StandardCharsets.UTF_8).split("&")) {
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
    return out;
  }

  private static Answer refusal(int status, String error, String description) {
    var answer =
        plain(status, Json.object().put("error", error).put("error_description", description));
    return status == 401 ? answer.with("WWW-Authenticate", "Basic realm=\"welkin\"") : answer;
  }

  private static Answer plain(int status, ObjectNode body) {
    return Answer.json(status, body).with("Cache-Control", "no-store").with("Pragma", "no-cache");
  }
}
