package welkin.identity.credential;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.core.Secret;
import welkin.identity.project.ProjectStore;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.shared.Fields;
import welkin.identity.shared.ListRequest;
import welkin.identity.token.Delegation;
import welkin.identity.token.LastUsed;
import welkin.identity.token.SealedColumn;
import welkin.identity.token.StoredSecrets;
import welkin.identity.user.UserStore;
import welkin.store.DuplicateKey;
import welkin.store.Sql;

/** What can be done with credentials. */
public final class Credentials {
  /** The column of {@link CredentialStore} that is sealed. */
  public static final SealedColumn SEALED = CredentialStore.SEALED;

  static final String EC2 = "ec2";
  private static final Set<String> KNOWN = Set.of("user_id", "project_id", "type", "blob");

  private final Backend backend;
  private final CredentialStore store;
  private final LastUsed lastUsed;
  private final int userLimit;

  /**
   * @param userLimit how many a user may have, -1 for any number
   */
  public Credentials(Backend backend, StoredSecrets secrets, LastUsed lastUsed, int userLimit) {
    this.backend = backend;
    this.lastUsed = lastUsed;
    this.userLimit = userLimit;
    this.store = new CredentialStore(secrets);
  }

  Optional<Credential> find(String id) {
    return backend.database().read(sql -> store.find(sql, id));
  }

  List<Credential> list(ListRequest request) {
    return backend.database().read(sql -> store.list(sql, request));
  }

  /** An EC2 key pair's id is the hash of its access key: that is how it is found by signature. */
  static String ec2Id(String access) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(access.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Somebody proved an identity with it just now. */
  public void used(Credential c) {
    lastUsed.note(LastUsed.Kind.CREDENTIAL, c.id());
  }

  /** When these were used last. */
  Map<String, Instant> lastUsed(List<Credential> all) {
    return lastUsed.of(LastUsed.Kind.CREDENTIAL, all.stream().map(Credential::id).toList());
  }

  /** The seeds of a user's one-time passwords. */
  public List<Credential> totp(String userId) {
    return list(ListRequest.all().where("user_id", userId).where("type", "totp"));
  }

  /** The key pair of an access key. */
  public Optional<Credential> ec2(String access) {
    return find(ec2Id(access)).filter(c -> c.type().equals(EC2) && c.projectId() != null);
  }

  /**
   * @param origin the delegation the caller's token came from, or null: a key pair made with it
   *     stays bound to it
   */
  Credential create(Attributes given, String userId, Delegation origin) {
    var type = given.text("type");
    var blob = given.text("blob");
    var id = backend.ids().hex();
    if (type.equals(EC2)) {
      if (given.text("project_id") == null) {
        throw Fault.badRequest("Expecting to find project_id in credential.");
      }
      id = ec2Id(access(blob));
      blob = Json.text(bound(Attributes.object(Json.parse(blob)), origin));
    }
    return add(
        new Credential(
            id, userId, given.text("project_id"), type, Secret.of(blob), given.extra(null, KNOWN)));
  }

  private static String access(String blob) {
    ObjectNode json;
    try {
      json = Attributes.object(Json.parse(blob));
    } catch (Fault f) {
      throw Fault.badRequest("Invalid blob in credential");
    }
    var access = Json.string(json, "access");
    if (access == null) {
      throw Fault.badRequest("Invalid blob in credential: access is missing");
    }
    return access;
  }

  private static ObjectNode bound(ObjectNode blob, Delegation origin) {
    if (origin != null) {
      blob.put(origin.isTrust() ? "trust_id" : "app_cred_id", origin.id());
    }
    return blob;
  }

  /** A new EC2 key pair for a user on a project. */
  Credential createEc2(String userId, String projectId, Delegation origin) {
    var access = backend.ids().hex();
    var blob = Json.object();
    blob.put("access", access)
        .put("secret", welkin.core.Secrets.generate().reveal())
        .putNull("trust_id");
    return add(
        new Credential(
            ec2Id(access),
            userId,
            projectId,
            EC2,
            Secret.of(Json.text(bound(blob, origin))),
            Json.object()));
  }

  private Credential add(Credential c) {
    try {
      backend
          .database()
          .change(
              sql -> {
                mustExist(sql, c);
                if (userLimit >= 0 && CredentialStore.count(sql, c.userId()) >= userLimit) {
                  throw Faults.tooMany("credentials", userLimit);
                }
                store.insert(sql, c);
                backend.tell(sql, "credential", "created", c.projectId(), c.id());
              });
    } catch (DuplicateKey e) {
      throw Faults.taken("credential", "ID " + c.id());
    }
    return c;
  }

  private static void mustExist(Sql sql, Credential c) {
    if (UserStore.find(sql, c.userId()).isEmpty()) {
      throw Faults.notFound("user", c.userId());
    }
    if (c.projectId() != null && ProjectStore.find(sql, c.projectId()).isEmpty()) {
      throw Faults.notFound("project", c.projectId());
    }
  }

  /** What a key pair was derived from stays as it is, else it could be made to grant more. */
  private static void mustKeepOrigin(String was, String now) {
    var before = fields(was);
    var after = fields(now);
    for (var key : List.of("trust_id", "app_cred_id", "access_token_id", "access_id")) {
      if (!java.util.Objects.equals(Json.string(before, key), Json.string(after, key))) {
        throw Fault.badRequest("Invalid blob in credential: " + key + " cannot be changed.");
      }
    }
  }

  private static ObjectNode fields(String blob) {
    try {
      return Attributes.object(Json.parse(blob));
    } catch (Fault notJson) {
      return Json.object();
    }
  }

  /** Whose it is never changes. */
  Credential update(Credential was, Attributes given) {
    Fields.same(given, "user_id", was.userId());
    var c =
        new Credential(
            was.id(),
            was.userId(),
            given.text("project_id", was.projectId()),
            given.text("type", was.type()),
            Secret.of(given.text("blob", was.blob().reveal())),
            given.extra(was.extra(), KNOWN));
    if (c.type().equals(EC2)) {
      if (c.projectId() == null) {
        throw Fault.badRequest("Expecting to find project_id in credential.");
      }
      access(c.blob().reveal());
    }
    mustKeepOrigin(was.blob().reveal(), c.blob().reveal());
    backend
        .database()
        .change(
            sql -> {
              mustExist(sql, c);
              store.update(sql, c);
              backend.tell(sql, "credential", "updated", c.projectId(), c.id());
            });
    return c;
  }

  void delete(Credential c) {
    backend
        .database()
        .change(
            sql -> {
              store.delete(sql, c.id());
              backend.tell(sql, "credential", "deleted", c.projectId(), c.id());
            });
  }
}
