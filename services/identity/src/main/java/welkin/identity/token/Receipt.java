package welkin.identity.token;

import java.time.Instant;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.identity.project.Project;
import welkin.identity.user.User;

/**
 * Says which factors a user has shown, until the others are.
 *
 * @param required the sets of methods of which one must be shown whole
 */
record Receipt(
    String text,
    User user,
    Project domain,
    List<String> methods,
    List<List<String>> required,
    Instant issuedAt,
    Instant expiresAt) {

  ObjectNode body() {
    var out = Json.object();
    var receipt = out.putObject("receipt");
    receipt.set("methods", Json.tree(methods));
    var shown = receipt.putObject("user");
    shown.put("id", user.id()).put("name", user.name());
    shown.putObject("domain").put("id", domain.id()).put("name", domain.name());
    receipt.put("issued_at", TokenWire.time(issuedAt));
    receipt.put("expires_at", TokenWire.time(expiresAt));
    out.set("required_auth_methods", Json.tree(required));
    return out;
  }
}
