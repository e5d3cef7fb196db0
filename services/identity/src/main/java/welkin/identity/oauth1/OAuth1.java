package welkin.identity.oauth1;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import welkin.core.Fault;
import welkin.core.Secret;
import welkin.core.Secrets;
import welkin.http.Call;
import welkin.identity.assignment.AssignmentStore;
import welkin.identity.project.ProjectStore;
import welkin.identity.role.RoleGraph;
import welkin.identity.role.RoleStore;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.shared.ListRequest;

/** What can be done with consumers and their tokens. */
public final class OAuth1 {
  /** How far a signature's time may be from ours; nonces are remembered as long. */
  private static final Duration SKEW = Duration.ofMinutes(10);

  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Backend backend;
  private final OAuth1Store store;
  private final Duration requestLife;
  private final Duration accessLife;

  /**
   * @param accessLife zero for access tokens that do not expire
   */
  public OAuth1(Backend backend, OAuth1Store store, Duration requestLife, Duration accessLife) {
    this.backend = backend;
    this.store = store;
    this.requestLife = requestLife;
    this.accessLife = accessLife;
  }

  Optional<Consumer> find(String id) {
    return backend.database().read(sql -> store.consumer(sql, id));
  }

  List<Consumer> list(ListRequest request) {
    return backend.database().read(sql -> store.consumers(sql, request));
  }

  Consumer create(String description, Attributes given) {
    var made =
        new Consumer(
            backend.ids().hex(),
            description,
            Secrets.generate(),
            given.extra(null, java.util.Set.of("description", "secret")));
    backend
        .database()
        .change(
            sql -> {
              store.insert(sql, made);
              backend.tell(sql, "OS-OAUTH1:consumer", "created", null, made.id());
            });
    return made;
  }

  void update(Consumer changed) {
    backend
        .database()
        .change(
            sql -> {
              store.update(sql, changed);
              backend.tell(sql, "OS-OAUTH1:consumer", "updated", null, changed.id());
            });
  }

  void delete(String id) {
    backend
        .database()
        .change(
            sql -> {
              store.deleteConsumer(sql, id);
              backend.tell(sql, "OS-OAUTH1:consumer", "deleted", null, id);
              backend.epoch().end(sql);
            });
  }

  /** A consumer asks to act on a project. */
  RequestToken request(Call call, String projectId) {
    var signed = OAuth1Request.of(call);
    var consumer = consumer(signed);
    mustBeSigned(signed, consumer, null);
    if (projectId == null) {
      throw Fault.badRequest("Expecting to find Requested-Project-Id in the headers.");
    }
    var token =
        new RequestToken(
            backend.ids().hex(),
            consumer.id(),
            projectId,
            Secrets.generate(),
            null,
            null,
            List.of(),
            backend.clock().instant().plus(requestLife));
    backend
        .database()
        .change(
            sql -> {
              ProjectStore.find(sql, projectId).orElseThrow(Faults.missing("project", projectId));
              store.insert(sql, token);
            });
    return token;
  }

  /**
   * A user lets the consumer act with some of the user's roles.
   *
   * @return the verifier that the user tells the consumer
   */
  String authorize(String id, String userId, List<String> roles) {
    var verifier = verifier();
    backend
        .database()
        .change(
            sql -> {
              var token =
                  store
                      .request(sql, id)
                      .filter(t -> backend.clock().instant().isBefore(t.expiresAt()))
                      .orElseThrow(
                          () -> Fault.unauthorized("Request token is expired or unknown."));
              var held =
                  RoleGraph.load(sql)
                      .closure(
                          AssignmentStore.onProject(sql, userId, List.of(), token.projectId()));
              for (var role : roles) {
                RoleStore.find(sql, role).orElseThrow(Faults.missing("role", role));
                if (!held.contains(role)) {
                  throw Fault.unauthorized("Authorizing user does not have role required.");
                }
              }
              store.authorize(sql, id, userId, roles, verifier);
            });
    return verifier;
  }

  /** The consumer shows the verifier and gets an access token. */
  AccessToken exchange(Call call) {
    var signed = OAuth1Request.of(call);
    var consumer = consumer(signed);
    var id = signed.parameter("oauth_token");
    var request =
        backend
            .database()
            .read(sql -> store.request(sql, id))
            .filter(t -> t.consumerId().equals(consumer.id()))
            .filter(t -> backend.clock().instant().isBefore(t.expiresAt()))
            .orElseThrow(Faults::unauthorized);
    mustBeSigned(signed, consumer, request.secret());
    if (request.verifier() == null
        || !request.verifier().equals(signed.parameters().get("oauth_verifier"))) {
      throw Fault.unauthorized("Provided verifier does not match stored verifier.");
    }
    var token =
        new AccessToken(
            backend.ids().hex(),
            consumer.id(),
            request.projectId(),
            request.userId(),
            Secrets.generate(),
            request.roleIds(),
            accessLife.isZero() ? null : backend.clock().instant().plus(accessLife));
    backend
        .database()
        .change(
            sql -> {
              if (!store.deleteRequest(sql, id)) {
                throw Faults.unauthorized(); // somebody else was given it meanwhile
              }
              store.insert(sql, token);
              backend.tell(sql, "OS-OAUTH1:access_token", "created", token.projectId(), token.id());
            });
    return token;
  }

  /** The access token a login is signed with. */
  public AccessToken recognise(Call call) {
    var signed = OAuth1Request.of(call);
    var consumer = consumer(signed);
    var id = signed.parameter("oauth_token");
    var token =
        backend
            .database()
            .read(sql -> store.access(sql, id))
            .filter(t -> t.consumerId().equals(consumer.id()))
            .filter(t -> !t.isExpired(backend.clock().instant()))
            .orElseThrow(Faults::unauthorized);
    mustBeSigned(signed, consumer, token.secret());
    return token;
  }

  List<AccessToken> accessOf(String userId) {
    return backend.database().read(sql -> store.accessOf(sql, userId));
  }

  void delete(AccessToken token) {
    backend
        .database()
        .change(
            sql -> {
              store.deleteAccess(sql, token.id());
              backend.tell(sql, "OS-OAUTH1:access_token", "deleted", token.projectId(), token.id());
              backend.epoch().end(sql);
            });
  }

  private Consumer consumer(OAuth1Request signed) {
    return find(signed.parameter("oauth_consumer_key")).orElseThrow(Faults::unauthorized);
  }

  private void mustBeSigned(OAuth1Request signed, Consumer consumer, Secret token) {
    var now = backend.clock().instant();
    Instant at;
    try {
      at = Instant.ofEpochSecond(Long.parseLong(signed.parameter("oauth_timestamp")));
    } catch (NumberFormatException | java.time.DateTimeException e) {
      throw Faults.unauthorized();
    }
    if (at.isBefore(now.minus(SKEW))
        || at.isAfter(now.plus(SKEW))
        || !signed.isSignedWith(consumer.secret(), token)) {
      throw Fault.unauthorized("The OAuth signature is not good.");
    }
    var nonce = signed.parameter("oauth_nonce");
    var key = consumer.id() + "/" + at.getEpochSecond() + "/" + nonce;
    if (key.length() > 255
        || !backend
            .database()
            .<Boolean>tx(sql -> store.use(sql, key, now.minus(SKEW.multipliedBy(2))))) {
      throw Fault.unauthorized("The OAuth nonce was used before.");
    }
  }

  private static String verifier() {
    var out = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      out.append(ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length())));
    }
    return out.toString();
  }
}
