package welkin.compute.keypair;

import static welkin.http.Version.v;

import tools.jackson.databind.node.ObjectNode;
import welkin.compute.api.Queries;
import welkin.compute.api.Timestamps;
import welkin.core.Json;
import welkin.http.ObjectShape;
import welkin.http.Shape;
import welkin.http.StringShape;
import welkin.http.Version;

/** Keypairs in JSON, per microversion. */
final class KeypairWire {
  private static final StringShape NAME = Shape.string().length(1, 255).name();

  static final Shape CREATE =
      Shape.object()
          .required(
              "keypair",
              Shape.object()
                  .required(
                      "name",
                      NAME.pattern(
                          "^[a-zA-Z0-9_ -]*$",
                          "Keypair data is invalid: Keypair name contains unsafe characters"))
                  .until("name", v(2, 91))
                  .required(
                      "name",
                      NAME.pattern(
                          "^[a-zA-Z0-9@._ -]*$",
                          "An invalid 'name' value was provided. The name must be: Only expected"
                              + " characters: letters, digits and @._- and blank"))
                  .since("name", v(2, 92))
                  .optional("public_key", Shape.string())
                  .until("public_key", v(2, 91))
                  .required("public_key", Shape.string())
                  .since("public_key", v(2, 92))
                  .optional("type", Shape.string().oneOf("ssh", "x509"))
                  .since("type", v(2, 2))
                  .optional("user_id", Shape.string().length(1, 255))
                  .since("user_id", v(2, 10))
                  .noOthers())
          .noOthers();

  static final ObjectShape LIST_QUERY =
      Queries.paged().optional("user_id", Shape.string()).since("user_id", v(2, 10));

  static final ObjectShape ONE_QUERY =
      Shape.object()
          .optional("user_id", Shape.string())
          .since("user_id", v(2, 10))
          .noOthersSince(v(2, 75));

  private KeypairWire() {}

  /** As lists show it. */
  static ObjectNode brief(Keypair k, Version version) {
    var out =
        Json.object()
            .put("name", k.name())
            .put("public_key", k.publicKey())
            .put("fingerprint", k.fingerprint());
    return version.atLeast(2, 2) ? out.put("type", k.type()) : out;
  }

  /** As the answer to its creation: the only time the private key is seen. */
  static ObjectNode created(Keypairs.Created c, Version version) {
    var out = brief(c.keypair(), version).put("user_id", c.keypair().userId());
    return c.privateKey() == null ? out : out.put("private_key", c.privateKey().reveal());
  }

  static ObjectNode full(Keypair k, Version version) {
    return brief(k, version)
        .put("user_id", k.userId())
        .put("id", k.id())
        .put("deleted", false)
        .put("created_at", Timestamps.naive(k.createdAt()))
        .putNull("deleted_at")
        .putNull("updated_at");
  }
}
