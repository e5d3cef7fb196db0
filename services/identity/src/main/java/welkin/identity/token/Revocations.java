package welkin.identity.token;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import welkin.identity.shared.Backend;
import welkin.store.Sql;

/**
 * Which tokens were called back before they expired: by their own id, or all of a user, project or
 * domain issued up to a moment. Kept in a table and looked up in memory.
 */
public final class Revocations {
  /**
   * One row; of the first four one is set.
   *
   * @param issuedBefore tokens issued up to this moment are revoked
   */
  public record Event(
      String auditId,
      String userId,
      String projectId,
      String domainId,
      Instant issuedBefore,
      Instant revokedAt) {}

  private final Backend backend;
  private final Duration kept;

  /** How far of the table is remembered. */
  private long known;

  private final AtomicReference<Instant> newest = new AtomicReference<>(Instant.EPOCH);
  private final Map<String, Instant> tokens = new ConcurrentHashMap<>();
  private final Map<String, Instant> users = new ConcurrentHashMap<>();
  private final Map<String, Instant> projects = new ConcurrentHashMap<>();
  private final Map<String, Instant> domains = new ConcurrentHashMap<>();

  /**
   * @param kept how long an event matters: the life of a token and the time it may be asked for
   *     after it
   */
  public Revocations(Backend backend, Duration kept) {
    this.backend = backend;
    this.kept = kept;
    backend.epoch().onEnd(this::learn);
    backend
        .database()
        .read(
            sql -> {
              learn(sql);
              return null;
            });
  }

  public void token(Sql sql, String auditId) {
    add(sql, new Event(auditId, null, null, null, upTo(), now()));
  }

  public void user(Sql sql, String userId) {
    add(sql, new Event(null, userId, null, null, upTo(), now()));
  }

  public void project(Sql sql, String projectId) {
    add(sql, new Event(null, null, projectId, null, upTo(), now()));
  }

  public void domain(Sql sql, String domainId) {
    add(sql, new Event(null, null, null, domainId, upTo(), now()));
  }

  /** Now, or the date of a token that was dated ahead. */
  private Instant upTo() {
    return later(now(), newest.get());
  }

  private Instant now() {
    return backend.clock().instant().truncatedTo(ChronoUnit.MICROS);
  }

  private void add(Sql sql, Event e) {
    RevocationStore.forget(sql, e.revokedAt.minus(kept));
    RevocationStore.insert(sql, e);
    backend.epoch().end(sql);
  }

  /** Remembers what any process added since. */
  private synchronized void learn(Sql sql) {
    known = RevocationStore.after(sql, known, this::remember);
  }

  private void remember(Event e) {
    if (tokens.size() > 10_000) {
      tokens.values().removeIf(at -> at.isBefore(e.revokedAt.minus(kept)));
    }
    if (e.auditId != null) {
      tokens.put(e.auditId, e.issuedBefore);
    } else if (e.userId != null) {
      users.merge(e.userId, e.issuedBefore, Revocations::later);
    } else if (e.projectId != null) {
      projects.merge(e.projectId, e.issuedBefore, Revocations::later);
    } else {
      domains.merge(e.domainId, e.issuedBefore, Revocations::later);
    }
  }

  private static Instant later(Instant a, Instant b) {
    return a.isAfter(b) ? a : b;
  }

  /**
   * Whether a token was called back.
   *
   * @param domainIds the domains of its user and its scope
   */
  boolean covers(Payload token, List<String> domainIds) {
    if (tokens.containsKey(token.auditIds().getFirst()) || covers(users, token.userId(), token)) {
      return true;
    }
    if (token.scope().projectId() != null && covers(projects, token.scope().projectId(), token)) {
      return true;
    }
    for (var d : domainIds) {
      if (covers(domains, d, token)) {
        return true;
      }
    }
    return false;
  }

  private static boolean covers(Map<String, Instant> events, String id, Payload token) {
    var before = events.get(id);
    return before != null && !token.issuedAt().isAfter(before);
  }

  /**
   * When a token made now must say it was issued. A token knows whole seconds only: one made in the
   * second in which its user's tokens were called back would be taken for one of those, so it is
   * dated to the next second.
   */
  Instant issueTime(Instant now, String userId, Scope scope, List<String> domainIds) {
    var at = now.truncatedTo(ChronoUnit.SECONDS);
    at = after(at, users.get(userId));
    if (scope.projectId() != null) {
      at = after(at, projects.get(scope.projectId()));
    }
    for (var d : domainIds) {
      at = after(at, domains.get(d));
    }
    newest.accumulateAndGet(at, Revocations::later);
    return at;
  }

  private static Instant after(Instant at, Instant revoked) {
    return revoked == null || at.isAfter(revoked)
        ? at
        : revoked.truncatedTo(ChronoUnit.SECONDS).plusSeconds(1);
  }
}
