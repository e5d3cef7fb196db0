package welkin.identity.federation.openid;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import welkin.core.Json;
import welkin.identity.federation.mapping.Assertion;

/**
 * Claims as the attributes that mappings written for keystone behind mod_auth_openidc know: a claim
 * {@code sub} is {@code OIDC-sub} and {@code HTTP_OIDC_SUB}, flags are {@code 1} and {@code 0}.
 */
final class Claims {
  private Claims() {}

  /**
   * @param prefix put before the names, {@code OIDC-} as a rule
   */
  static Assertion assertion(JsonNode claims, String prefix) {
    Map<String, List<String>> out = new LinkedHashMap<>();
    for (var claim : claims.properties()) {
      var values = values(claim.getValue());
      if (!values.isEmpty()) {
        var name = prefix + claim.getKey();
        out.put(name, values);
        out.putIfAbsent(
            "HTTP_" + name.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_"), values);
      }
    }
    var subject = Json.string(claims, "sub");
    var issuer = Json.string(claims, "iss");
    if (subject != null && issuer != null) {
      out.put(
          "REMOTE_USER",
          List.of(subject + "@" + issuer.replaceFirst("^https?://", "").replaceFirst("/$", "")));
    }
    return new Assertion(out);
  }

  private static List<String> values(JsonNode value) {
    if (!value.isArray()) {
      return value.isNull() ? List.of() : List.of(text(value));
    }
    var out = new ArrayList<String>();
    value.forEach(v -> out.add(text(v)));
    return out;
  }

  private static String text(JsonNode value) {
    if (value.isBoolean()) {
      return value.booleanValue() ? "1" : "0";
    }
    return value.isContainer() ? Json.text(value) : value.asString();
  }
}
