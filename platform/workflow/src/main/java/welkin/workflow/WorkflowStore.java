package welkin.workflow;

import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import welkin.store.ByIds;
import welkin.store.Row;
import welkin.store.Sql;

/** SQL of workflows, steps and signals. */
final class WorkflowStore {
  /** So many that are not the caller's may stand before the first one that is. */
  private static final int NOT_OURS = 50;

  /** So many ended ones are tidied up after by one statement. */
  private static final int TIDIED = 50;

  private static final String FINISH =
      "UPDATE workflow SET state = ?, result = ?, owner = NULL, lease_until = NULL, updated_at = ?"
          + " WHERE id = ? AND owner = ? AND state = ?";

  private WorkflowStore() {}

  /**
   * Stores a workflow of a subject that has no other live one.
   *
   * @param owner who begins it once this is committed, or null
   * @return false when there is another, and nothing was stored
   */
  static boolean insertAlone(Sql sql, WorkflowRow row, String owner, Instant lease) {
    return sql.update(
            "INSERT INTO workflow (id, kind, version, subject, input, context, state, owner,"
                + " lease_until, deadline, created_at, updated_at) SELECT ?, ?, ?, ?, ?, ?, ?, ?,"
                + " ?, ?, ?, ? FROM (SELECT 1 AS one) here WHERE NOT EXISTS (SELECT 1 FROM"
                + " workflow o WHERE o.subject = ? AND o.state IN ('RUNNING', 'UNWINDING'))",
            row.id(),
            row.kind(),
            row.version(),
            row.subject(),
            row.input(),
            row.context(),
            row.state(),
            owner,
            lease,
            row.deadline(),
            row.createdAt(),
            row.createdAt(),
            row.subject())
        == 1;
  }

  /** Stores a workflow that comes after others of its subject. */
  static void insert(Sql sql, WorkflowRow row) {
    sql.sendInsert(
        "workflow",
        "id",
        row.id(),
        "kind",
        row.kind(),
        "version",
        row.version(),
        "subject",
        row.subject(),
        "input",
        row.input(),
        "context",
        row.context(),
        "state",
        row.state(),
        "deadline",
        row.deadline(),
        "created_at",
        row.createdAt(),
        "updated_at",
        row.createdAt());
  }

  private static WorkflowRow map(Row r) throws java.sql.SQLException {
    return new WorkflowRow(
        r.text("id"),
        r.text("kind"),
        r.integer("version"),
        r.text("subject"),
        r.text("input"),
        r.json("context"),
        WorkflowRow.State.valueOf(r.text("state")),
        r.time("deadline"),
        r.json("reason"),
        r.text("result"),
        r.time("created_at"));
  }

  static Optional<WorkflowRow> find(Sql sql, String id) {
    return sql.one("SELECT * FROM workflow WHERE id = ?", WorkflowStore::map, id);
  }

  /**
   * Workflows whose turn it is and that nobody holds (any more), oldest first: the oldest live one
   * of its subject, never held, given up, or with a lease that has run out.
   *
   * @param ours which of them the caller would take
   */
  static List<WorkflowRow> free(Sql sql, Instant now, Predicate<WorkflowRow> ours, int limit) {
    return sql
        .list(
            "SELECT * FROM workflow w WHERE state IN ('RUNNING', 'UNWINDING') AND (owner IS NULL OR"
                + " lease_until < ?) AND NOT EXISTS (SELECT 1 FROM workflow o WHERE o.subject ="
                + " w.subject AND o.state IN ('RUNNING', 'UNWINDING') AND o.created_at <"
                + " w.created_at) ORDER BY created_at, id LIMIT ?",
            WorkflowStore::map,
            now,
            limit + NOT_OURS)
        .stream()
        .filter(ours)
        .limit(limit)
        .toList();
  }

  /** Takes a free workflow; only in the transaction that saw it free. */
  static void take(Sql sql, String id, String owner, Instant lease) {
    sql.send("UPDATE workflow SET owner = ?, lease_until = ? WHERE id = ?", owner, lease, id);
  }

  /** When the newest live workflow of a subject was made. */
  static Optional<Instant> newest(Sql sql, String subject) {
    return sql.one(
        "SELECT created_at FROM workflow WHERE subject = ? AND state IN ('RUNNING', 'UNWINDING')"
            + " ORDER BY created_at DESC LIMIT 1",
        r -> r.time("created_at"),
        subject);
  }

  /** The last workflows of a subject, ended or not, newest first. */
  static List<WorkflowRow> latest(Sql sql, String subject, int most) {
    return sql.list(
        "SELECT * FROM workflow WHERE subject = ? ORDER BY created_at DESC, id LIMIT ?",
        WorkflowStore::map,
        subject,
        most);
  }

  /** The oldest live workflow of a subject, if nobody holds it. */
  static Optional<WorkflowRow> next(Sql sql, String subject) {
    return sql.one(
        "SELECT * FROM workflow WHERE subject = ? AND state IN ('RUNNING', 'UNWINDING') AND owner"
            + " IS NULL ORDER BY created_at LIMIT 1",
        WorkflowStore::map,
        subject);
  }

  /**
   * The state of a workflow while {@code owner} holds it; empty when another does, or it ended. In
   * a write transaction this is the fence: nothing can change before the commit.
   */
  static Optional<WorkflowRow.State> held(Sql sql, String id, String owner) {
    return sql.one(
        "SELECT state FROM workflow WHERE id = ? AND owner = ? AND state IN ('RUNNING',"
            + " 'UNWINDING')",
        r -> WorkflowRow.State.valueOf(r.text("state")),
        id,
        owner);
  }

  /** The live workflows of an owner: all, or only those in one state. */
  static Set<String> of(Sql sql, String owner, WorkflowRow.State... states) {
    var out = new HashSet<String>();
    for (var state : states) {
      out.addAll(
          sql.list(
              "SELECT id FROM workflow WHERE owner = ? AND state = ?",
              r -> r.text("id"),
              owner,
              state));
    }
    return out;
  }

  /** The live workflows of an owner that have a signal. */
  static List<String> signalled(Sql sql, String owner) {
    return sql.list(
        "SELECT DISTINCT s.workflow_id FROM workflow w JOIN workflow_signal s ON s.workflow_id ="
            + " w.id WHERE w.owner = ? AND w.state IN ('RUNNING', 'UNWINDING')",
        r -> r.text("workflow_id"),
        owner);
  }

  static void renew(Sql sql, String owner, Instant lease) {
    sql.update(
        "UPDATE workflow SET lease_until = ? WHERE owner = ? AND state IN ('RUNNING', 'UNWINDING')",
        lease,
        owner);
  }

  /** Gives up every lease: others go on at once. */
  static int release(Sql sql, String owner) {
    return sql.update(
        "UPDATE workflow SET owner = NULL, lease_until = NULL WHERE owner = ? AND state IN"
            + " ('RUNNING', 'UNWINDING')",
        owner);
  }

  /** Gives up one lease. */
  static void release(Sql sql, String id, String owner) {
    sql.update(
        "UPDATE workflow SET owner = NULL, lease_until = NULL WHERE id = ? AND owner = ?",
        id,
        owner);
  }

  /** Gives up the leases of everyone else. */
  static void releaseOthers(Sql sql, String owner) {
    sql.update(
        "UPDATE workflow SET owner = NULL, lease_until = NULL WHERE state IN ('RUNNING',"
            + " 'UNWINDING') AND owner <> ?",
        owner);
  }

  static void unwind(Sql sql, String id, JsonNode reason, Instant now) {
    sql.send(
        "UPDATE workflow SET state = 'UNWINDING', reason = COALESCE(reason, ?), updated_at = ?"
            + " WHERE id = ? AND state IN ('RUNNING', 'UNWINDING')",
        reason,
        now,
        id);
  }

  static List<String> live(Sql sql, String subject) {
    return sql.list(
        "SELECT id FROM workflow WHERE subject = ? AND state IN ('RUNNING', 'UNWINDING') ORDER BY"
            + " created_at, id",
        r -> r.text("id"),
        subject);
  }

  static List<String> liveSubjects(Sql sql) {
    return sql.list(
        "SELECT DISTINCT subject FROM workflow WHERE state IN ('RUNNING', 'UNWINDING')",
        r -> r.text("subject"));
  }

  /**
   * Ends a workflow that {@code owner} holds and that no other live one of its subject follows.
   *
   * @param from what it must be
   * @return false when it is not so, and nothing was changed
   */
  static boolean finishAlone(
      Sql sql,
      WorkflowRow row,
      String owner,
      WorkflowRow.State from,
      WorkflowRow.State state,
      String result,
      Instant now) {
    return sql.update(
            FINISH
                + " AND NOT EXISTS (SELECT 1 FROM workflow o WHERE o.subject = ? AND o.state IN"
                + " ('RUNNING', 'UNWINDING') AND o.id <> ?)",
            state,
            result,
            now,
            row.id(),
            owner,
            from,
            row.subject(),
            row.id())
        == 1;
  }

  /**
   * Ends a workflow that {@code owner} holds.
   *
   * @param from what it must be
   * @return false when another holds it, or it is something else by now
   */
  static boolean finish(
      Sql sql,
      String id,
      String owner,
      WorkflowRow.State from,
      WorkflowRow.State state,
      String result,
      Instant now) {
    return sql.update(FINISH, state, result, now, id, owner, from) == 1;
  }

  /** Removes what was kept of workflows while they lived; their rows stay. */
  static void tidy(Sql sql, List<String> ended) {
    for (int from = 0; from < ended.size(); from += TIDIED) {
      var some = new ArrayList<>(ended.subList(from, Math.min(ended.size(), from + TIDIED)));
      while (some.size() < TIDIED) { // one text, prepared once
        some.add(some.getLast());
      }
      var ids = some.toArray();
      var which = " WHERE workflow_id IN (" + "?, ".repeat(TIDIED - 1) + "?)";
      sql.send("DELETE FROM workflow_step" + which, ids);
      sql.send("DELETE FROM workflow_signal" + which, ids);
    }
  }

  /** Removes ended workflows, and with them what nobody tidied up after them. */
  static int forget(Sql sql, Instant before) {
    for (var table : List.of("workflow_step", "workflow_signal")) {
      sql.send(
          "DELETE FROM "
              + table
              + " WHERE workflow_id IN (SELECT id FROM workflow WHERE state IN ('DONE', 'FAILED')"
              + " AND created_at < ? AND updated_at < ?)",
          before,
          before);
    }
    return sql.update(
        "DELETE FROM workflow WHERE state IN ('DONE', 'FAILED') AND created_at < ? AND updated_at"
            + " < ?",
        before,
        before);
  }

  static List<WorkflowRow.Step> steps(Sql sql, String id) {
    return sql.list(
        "SELECT position, name, state, result FROM workflow_step WHERE workflow_id = ? ORDER BY"
            + " position",
        WorkflowStore::step,
        id);
  }

  /** The steps of workflows, by workflow; those of one without any are not named. */
  static Map<String, List<WorkflowRow.Step>> steps(Sql sql, Collection<String> ids) {
    return ByIds.byOwner(
        sql,
        "SELECT workflow_id, position, name, state, result FROM workflow_step WHERE workflow_id IN"
            + " ",
        ids,
        "workflow_id",
        "position",
        WorkflowStore::step);
  }

  private static WorkflowRow.Step step(Row r) throws SQLException {
    return new WorkflowRow.Step(
        r.integer("position"),
        r.text("name"),
        WorkflowRow.StepState.valueOf(r.text("state")),
        r.text("result"));
  }

  /**
   * Records a step of a workflow that goes its way: held by {@code owner}, not cancelled, the step
   * new. Fence and record are one statement.
   *
   * @return false when it is not so
   */
  static boolean recordHeld(Sql sql, String id, String owner, WorkflowRow.Step step) {
    return sql.update(
            "INSERT INTO workflow_step (workflow_id, position, name, state, result) SELECT id, ?,"
                + " ?, ?, ? FROM workflow w WHERE id = ? AND owner = ? AND state = 'RUNNING' AND"
                + " NOT EXISTS (SELECT 1 FROM workflow_step s WHERE s.workflow_id = w.id AND"
                + " s.position = ?)",
            step.position(),
            step.name(),
            step.state(),
            step.result(),
            id,
            owner,
            step.position())
        == 1;
  }

  static void record(Sql sql, String id, WorkflowRow.Step step) {
    sql.insertIfAbsent(
        "workflow_step",
        "workflow_id",
        id,
        "position",
        step.position(),
        "name",
        step.name(),
        "state",
        step.state(),
        "result",
        step.result());
  }

  static void undone(Sql sql, String id, int position, String name) {
    record(sql, id, new WorkflowRow.Step(position, name, WorkflowRow.StepState.UNDONE, null));
    sql.update(
        "UPDATE workflow_step SET state = 'UNDONE' WHERE workflow_id = ? AND position = ?",
        id,
        position);
  }

  static void signal(Sql sql, String id, String name, Object payload) {
    sql.sendIfAbsent("workflow_signal", "workflow_id", id, "name", name, "payload", payload);
  }

  static Optional<JsonNode> signal(Sql sql, String id, String name) {
    return sql.one(
        "SELECT payload FROM workflow_signal WHERE workflow_id = ? AND name = ?",
        r -> r.json("payload"),
        id,
        name);
  }
}
