package welkin.store;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import welkin.core.RequestContext.IdempotencyClaim;
import welkin.core.RequestContext.KeptAnswer;

/**
 * Idempotency keys: the claim is stored in the transaction of the row it stands for, the answer
 * when it was given. A claim without an answer means the row exists and the answer is on its way,
 * or was lost with its process; then it is made again from the row.
 *
 * <p>Of two requests with one key, in whichever processes, the one that stores its claim first
 * makes the thing; the transaction of the other fails with {@link KeyTaken}.
 */
public final class Idempotency {
  private static final Duration UNDER_WAY = Duration.ofSeconds(10);

  /**
   * @param holder the request that made it
   * @param resourceId what it made
   * @param status the answer's status, or null when it was not kept (yet)
   * @param underWay it was claimed so lately that its answer may still come
   */
  public record Kept(
      String fingerprint,
      String holder,
      String resourceId,
      Integer status,
      String answer,
      boolean underWay) {
    private Kept whileUnderWay() {
      return new Kept(fingerprint, holder, resourceId, status, answer, true);
    }
  }

  public Optional<Kept> find(Sql sql, String key) {
    record Found(Kept kept, Instant claimed) {}
    var found =
        sql.one(
            "SELECT fingerprint, holder, resource_id, status, answer, claimed_at FROM idempotency"
                + " WHERE claim_key = ?",
            r -> {
              Instant claimed = r.time("claimed_at");
              return new Found(
                  new Kept(
                      r.text("fingerprint"),
                      r.text("holder"),
                      r.text("resource_id"),
                      r.integerOrNull("status"),
                      r.text("answer"),
                      false),
                  claimed);
            },
            key);
    return found.map(
        f ->
            f.claimed != null && sql.now().isBefore(f.claimed.plus(UNDER_WAY))
                ? f.kept.whileUnderWay()
                : f.kept);
  }

  /**
   * Stores the answer; the claim too, when the request made nothing that carried it (an action on
   * what exists).
   *
   * @throws KeyTaken when another request did both before
   */
  public void answered(Sql sql, IdempotencyClaim claim, KeptAnswer answer) {
    insert(sql, claim, null);
    sql.send(
        "UPDATE idempotency SET status = ?, answer = ?, at = ? WHERE claim_key = ?",
        answer.status(),
        answer.text(),
        sql.now(),
        claim.key());
  }

  /** Forgets answers given before a time. */
  public int forgetBefore(Sql sql, Instant time) {
    return sql.update("DELETE FROM idempotency WHERE at < ?", time);
  }

  /**
   * Called by the database in every write transaction: the first one that made something carries
   * the claim, and the answer when it is known there.
   */
  static void claim(Sql sql, IdempotencyClaim claim) {
    if (claim != null && claim.resource().get() != null) {
      var answer = claim.answer().get();
      if (insert(sql, claim, answer) && answer != null) {
        sql.afterCommit(() -> claim.kept().set(true));
      }
    }
  }

  /** Whether it was not there before. */
  private static boolean insert(Sql sql, IdempotencyClaim claim, KeptAnswer answer) {
    int inserted =
        sql.insertIfAbsent(
            "idempotency",
            "claim_key",
            claim.key(),
            "fingerprint",
            claim.fingerprint(),
            "resource_id",
            claim.resource().get(),
            "status",
            answer == null ? null : answer.status(),
            "answer",
            answer == null ? null : answer.text(),
            "at",
            answer == null ? Long.MAX_VALUE : sql.now(), // kept until answered
            "holder",
            claim.holder(),
            "claimed_at",
            sql.now());
    if (inserted == 0
        && !sql.exists(
            "SELECT 1 FROM idempotency WHERE claim_key = ? AND holder = ?",
            claim.key(),
            claim.holder())) {
      throw new KeyTaken();
    }
    return inserted == 1;
  }
}
