package welkin.identity.token;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import welkin.core.Periodic;
import welkin.identity.shared.Backend;

/**
 * When tokens, credentials and application credentials were used last, to the minute. A use costs a
 * look at the clock; what is new is written down together every half minute, so a killed process
 * loses that much.
 */
public final class LastUsed implements AutoCloseable {
  /** What may be used. */
  public enum Kind {
    TOKEN,
    CREDENTIAL,
    APPLICATION_CREDENTIAL
  }

  /** A use is noted at most this often. */
  static final Duration COARSE = Duration.ofMinutes(1);

  private static final Duration WRITE = Duration.ofSeconds(30);
  private static final Duration FORGET = Duration.ofHours(1);

  /** Tokens beyond this many wait for nobody; credentials are never left out. */
  private static final int WAITING_MAX = 50_000;

  record Used(Kind kind, String id) {}

  private final Backend backend;
  private final Duration tokensKept;
  private final Map<Used, Instant> waiting = new ConcurrentHashMap<>();
  private final AtomicReference<Instant> forgotten = new AtomicReference<>(Instant.EPOCH);
  private Periodic writer;

  /**
   * @param tokensKept how long the last use of a token is of interest
   */
  public LastUsed(Backend backend, Duration tokensKept) {
    this.backend = backend;
    this.tokensKept = tokensKept;
  }

  /** Begins to write. */
  public void start() {
    writer = Periodic.every(WRITE, "writing down when tokens were used last", this::write);
  }

  void token(Token token, Instant now) {
    if (!token.worthNoting(now.getEpochSecond(), COARSE.toSeconds())) {
      return;
    }
    if (waiting.size() < WAITING_MAX) {
      waiting.put(new Used(Kind.TOKEN, token.payload().auditIds().getFirst()), now);
    }
    made(token.payload().delegation());
  }

  /** A login with a delegation is a use of it. */
  void made(Delegation delegation) {
    if (delegation != null && delegation.kind() == Delegation.Kind.APPLICATION_CREDENTIAL) {
      note(Kind.APPLICATION_CREDENTIAL, delegation.id());
    }
  }

  /** Something was used just now. */
  public void note(Kind kind, String id) {
    waiting.put(new Used(kind, id), backend.clock().instant());
  }

  /** When these were used last; those never used are not in it. */
  public Map<String, Instant> of(Kind kind, Collection<String> ids) {
    var out =
        new HashMap<>(
            backend.database().read(sql -> LastUsedStore.find(sql, kind, List.copyOf(ids))));
    for (var id : ids) {
      var at = waiting.get(new Used(kind, id));
      if (at != null) {
        out.put(id, at);
      }
    }
    return out;
  }

  private void write() {
    var now = backend.clock().instant();
    var batch = Map.copyOf(waiting);
    boolean forget = forgotten.get().plus(FORGET).isBefore(now);
    if (batch.isEmpty() && !forget) {
      return;
    }
    backend
        .database()
        .change(
            sql -> {
              batch.forEach((used, at) -> LastUsedStore.put(sql, used, at));
              if (forget) {
                LastUsedStore.forget(sql, now.minus(tokensKept));
              }
            });
    batch.forEach(waiting::remove); // unless used again meanwhile
    if (forget) {
      forgotten.set(now);
    }
  }

  /** Writes what waits. */
  @Override
  public void close() {
    if (writer != null) {
      writer.close();
    }
    write();
  }
}
