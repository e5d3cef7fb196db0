package welkin.store;

import java.time.InstantSource;
import java.util.Optional;
import welkin.core.RequestContext.IdempotencyClaim;

/**
 * Idempotency keys: the claim is stored in the transaction of the row it stands for, the answer
 * when it was given. A claim without an answer means the row exists and the answer was lost with
 * the process; it is made again from the row.
 */
public final class Idempotency {
  /**
   * @param resourceId what the request made
   * @param status the answer's status, or null when the answer was lost
   */
  public record Kept(String fingerprint, String resourceId, Integer status, String answer) {}

  private final InstantSource clock;

  public Idempotency(InstantSource clock) {
    this.clock = clock;
  }

  public Optional<Kept> find(Sql sql, String key) {
    return sql.one(
        "SELECT fingerprint, resource_id, status, answer FROM idempotency WHERE claim_key = ?",
        r ->
            new Kept(
                r.text("fingerprint"),
                r.text("resource_id"),
                r.integerOrNull("status"),
                r.text("answer")),
        key);
  }

  /**
   * Stores the answer; the claim too, when the request made nothing that carried it (an action on
   * what exists).
   */
  public void answered(Sql sql, IdempotencyClaim claim, int status, String answer) {
    insert(sql, claim);
    sql.update(
        "UPDATE idempotency SET status = ?, answer = ?, at = ? WHERE claim_key = ?",
        status,
        answer,
        clock.instant(),
        claim.key());
  }

  /** Forgets claims older than {@code micros} since the epoch. */
  public int forgetBefore(Sql sql, long micros) {
    return sql.update("DELETE FROM idempotency WHERE at < ?", micros);
  }

  /**
   * Called by the database in every write transaction: the first one that made something carries
   * the claim.
   */
  static void claim(Sql sql, IdempotencyClaim claim) {
    if (claim != null && claim.resource().get() != null) {
      insert(sql, claim);
    }
  }

  private static void insert(Sql sql, IdempotencyClaim claim) {
    sql.insertIfAbsent(
        "idempotency",
        "claim_key",
        claim.key(),
        "fingerprint",
        claim.fingerprint(),
        "resource_id",
        claim.resource().get(),
        "at",
        Long.MAX_VALUE); // kept until answered
  }
}
