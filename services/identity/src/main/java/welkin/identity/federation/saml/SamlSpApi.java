package welkin.identity.federation.saml;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import welkin.core.Fault;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;

/**
 * This cloud as service provider: where assertions are brought, and its metadata. keystone has this
 * in the web server before it ({@code /Shibboleth.sso}, {@code /mellon}).
 */
final class SamlSpApi {
  private static final int FORM = 4 * Xml.MESSAGE;

  private final Responses responses;
  private final SamlSessions sessions;
  private final SamlLogin login;
  private final Metadata metadata;
  private final String endpoint;

  SamlSpApi(
      Responses responses,
      SamlSessions sessions,
      SamlLogin login,
      Metadata metadata,
      String endpoint) {
    this.responses = responses;
    this.sessions = sessions;
    this.login = login;
    this.metadata = metadata;
    this.endpoint = endpoint;
  }

  Routes routes() {
    var r = new Routes("");
    r.post(ServiceProvider.ACS, this::consume)
        .open()
        .rawBody()
        .success(303)
        .summary("Where identity providers' assertions are brought");
    r.post(ServiceProvider.SHIBBOLETH, this::consume).open().rawBody().success(303);
    r.get("/v3/OS-FEDERATION/saml2/sp/metadata", this::metadata).open();
    return r;
  }

  private Answer metadata(Call call) {
    return Answer.text(200, "application/samlmetadata+xml", metadata.serviceProvider());
  }

  private Answer consume(Call call) {
    var header = call.header("content-type");
    var type = header == null ? "" : header.toLowerCase(Locale.ROOT).split(";")[0].strip();
    return switch (type) {
      case "application/x-www-form-urlencoded" ->
          next(sessions.believe(responses.posted(field(body(call))), false));
      // no page of another site can make a browser send these
      case "application/vnd.paos+xml", "application/soap+xml", "text/xml" ->
          next(sessions.believe(responses.enveloped(Xml.parse(body(call))), true));
      default ->
          throw Fault.of(
              415,
              "UnsupportedMediaType",
              "An assertion comes in a form (HTTP-POST) or in a SOAP envelope"
                  + " (application/vnd.paos+xml).");
    };
  }

  private Answer next(SamlSessions.Next next) {
    var to = next.returnTo() == null ? "/v3" : next.returnTo();
    var answer =
        Answer.empty(303).with("Location", endpoint + to).with("Cache-Control", "no-store");
    return next.secret() == null ? answer : answer.with("Set-Cookie", login.cookie(next.secret()));
  }

  private static byte[] body(Call call) {
    try {
      var bytes = call.stream().readNBytes(FORM + 1);
      if (bytes.length > FORM) {
        throw Fault.of(
            413, "RequestTooLarge", "Request is too large. Larger than " + FORM + " bytes.");
      }
      return bytes;
    } catch (IOException e) {
      throw Fault.badRequest("The request body could not be read: " + e.getMessage());
    }
  }

  private static byte[] field(byte[] form) {
    for (var pair : new String(form, StandardCharsets.UTF_8).split("&")) {
      if (pair.startsWith("SAMLResponse=")) {
        try {
          var value =
              java.net.URLDecoder.decode(
                  pair.substring("SAMLResponse=".length()), StandardCharsets.UTF_8);
          return Base64.getMimeDecoder().decode(value);
        } catch (IllegalArgumentException e) {
          throw Fault.badRequest("SAMLResponse is not valid Base64.");
        }
      }
    }
    throw Fault.badRequest("The form has no SAMLResponse.");
  }
}
