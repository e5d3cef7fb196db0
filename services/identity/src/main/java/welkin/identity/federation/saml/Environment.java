package welkin.identity.federation.saml;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import welkin.core.Config;

/**
 * Gives attributes the names that mappings know. keystone has them from the web server's module
 * before it, which calls some by short names; who is the issuer and who the user stands beside them
 * and is never what an attribute of that name says.
 */
final class Environment {
  private static final Map<String, String> USUAL =
      Map.of(
          "urn:oid:1.3.6.1.4.1.5923.1.1.1.6", "eppn",
          "urn:oid:1.3.6.1.4.1.5923.1.1.1.9", "affiliation",
          "urn:oid:1.3.6.1.4.1.5923.1.1.1.7", "entitlement",
          "urn:oid:0.9.2342.19200300.100.1.1", "uid",
          "urn:oid:0.9.2342.19200300.100.1.3", "mail",
          "urn:oid:2.16.840.1.113730.3.1.241", "displayName",
          "urn:oid:2.5.4.42", "givenName",
          "urn:oid:2.5.4.4", "sn",
          "urn:oid:2.5.4.3", "cn");

  private final Map<String, String> names = new LinkedHashMap<>(USUAL);
  private final String remoteUser;
  private final String remoteId;

  /**
   * @param remoteId what the cloud's other providers have their issuer under, or empty
   */
  Environment(Config config, String remoteId) {
    this.remoteId = remoteId;
    for (var pair : config.get(SamlOptions.ATTRIBUTES)) {
      int at = pair.lastIndexOf('=');
      if (at < 1 || at == pair.length() - 1) {
        throw new IllegalArgumentException(
            "option saml.attributes: '" + pair + "' is not 'attribute=name'");
      }
      names.put(pair.substring(0, at).strip(), pair.substring(at + 1).strip());
    }
    remoteUser = config.get(SamlOptions.REMOTE_USER);
  }

  Proof proof(Assertion a) {
    var out = new LinkedHashMap<String, List<String>>();
    a.attributes()
        .forEach(
            (name, values) ->
                out.computeIfAbsent(names.getOrDefault(name, name), n -> new ArrayList<>())
                    .addAll(values));
    var user = remoteUser.isEmpty() ? null : out.get(remoteUser);
    if (!remoteUser.isEmpty() && (user == null || user.isEmpty())) {
      out.remove("REMOTE_USER");
    } else {
      out.put("REMOTE_USER", List.of(user == null ? a.nameId() : user.getFirst()));
    }
    out.put("MELLON_NAME_ID", List.of(a.nameId()));
    out.put("MELLON_IDP", List.of(a.issuer()));
    out.put("Shib-Identity-Provider", List.of(a.issuer()));
    if (!remoteId.isEmpty()) {
      out.put(remoteId, List.of(a.issuer()));
    }
    return new Proof(a.issuer(), out);
  }
}
