package welkin.peers;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import tools.jackson.databind.JsonNode;
import welkin.core.AccessRule;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.core.Secret;
import welkin.http.Authenticator;

/**
 * Tells who a token stands for in a process that holds no token keys: Identity is asked, and its
 * answer kept for seconds, so that a revoked token is not taken longer than that.
 */
public final class RemoteAuthenticator implements Authenticator {
  /** How long an answer is believed. */
  static final Duration KEPT = Duration.ofSeconds(5);

  private static final int MOST = 20_000;

  private record Known(Caller caller, Instant at) {}

  private final Peers peers;
  private final InstantSource clock;
  private final Cache<Secret, Known> known =
      Caffeine.newBuilder().maximumSize(MOST).expireAfterWrite(KEPT).build();

  public RemoteAuthenticator(Peers peers, InstantSource clock) {
    this.peers = peers;
    this.clock = clock;
  }

  @Override
  public Caller authenticate(Secret token) {
    var now = clock.instant();
    // the clock of a trial may run ahead of the cache's own
    var found =
        known
            .asMap()
            .compute(
                token,
                (t, old) -> old != null && now.isBefore(old.at.plus(KEPT)) ? old : ask(t, now));
    if (!now.isBefore(found.caller.expires())) {
      throw unauthorized();
    }
    return found.caller;
  }

  private Known ask(Secret token, Instant now) {
    try {
      var answer =
          peers.get("/v3/auth/tokens?nocatalog", "x-subject-token", token.reveal()).get("token");
      return new Known(caller(answer, token), now);
    } catch (Fault f) {
      throw f.status() == 404 || f.status() == 400 ? unauthorized() : f;
    }
  }

  private static Fault unauthorized() {
    return Fault.unauthorized("The request you have made requires authentication.");
  }

  private static Caller caller(JsonNode token, Secret text) {
    var user = token.get("user");
    var project = token.path("project");
    var roles = new ArrayList<String>();
    token.path("roles").forEach(r -> roles.add(r.get("name").stringValue()));
    return new Caller(
        Json.string(user, "id"),
        Json.string(user, "name"),
        Json.string(user.path("domain"), "id"),
        Json.string(project, "id"),
        Json.string(project, "name"),
        Json.string(project.path("domain"), "id"),
        Json.string(token.path("domain"), "id"),
        token.path("system").path("all").asBoolean(false),
        java.util.List.copyOf(roles),
        text,
        Instant.parse(token.get("expires_at").stringValue()),
        rules(token.path("application_credential").path("access_rules")));
  }

  private static java.util.List<AccessRule> rules(JsonNode given) {
    var out = new ArrayList<AccessRule>();
    given.forEach(
        r ->
            out.add(
                new AccessRule(
                    Json.string(r, "service"), Json.string(r, "method"), Json.string(r, "path"))));
    return java.util.List.copyOf(out);
  }
}
