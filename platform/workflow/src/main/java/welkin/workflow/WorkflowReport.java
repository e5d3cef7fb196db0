package welkin.workflow;

import java.time.Instant;
import java.util.List;
import tools.jackson.databind.JsonNode;
import welkin.store.Sql;

/**
 * What was and is done for a subject, for people who ask why.
 *
 * @param state {@code RUNNING}, {@code UNWINDING}, {@code DONE} or {@code FAILED}
 * @param reason the fault that made it unwind, or null
 * @param steps the steps recorded so far; none of a workflow that has ended
 */
public record WorkflowReport(
    String id,
    String kind,
    String state,
    Instant createdAt,
    Instant deadline,
    JsonNode reason,
    List<Step> steps) {
  private static final int MOST = 10;

  /** A step and whether it is {@code DONE}, {@code FAILED} or {@code UNDONE}. */
  public record Step(String name, String state) {}

  /** The last ten workflows of a subject, newest first. */
  public static List<WorkflowReport> of(Sql sql, String subject) {
    var latest = WorkflowStore.latest(sql, subject, MOST);
    var live = latest.stream().filter(w -> !w.hasEnded()).map(WorkflowRow::id).toList();
    var steps = WorkflowStore.steps(sql, live);
    return latest.stream()
        .map(
            w ->
                new WorkflowReport(
                    w.id(),
                    w.kind(),
                    w.state().name(),
                    w.createdAt(),
                    w.deadline(),
                    w.reason(),
                    steps.getOrDefault(w.id(), List.of()).stream()
                        .map(s -> new Step(s.name(), s.state().name()))
                        .toList()))
        .toList();
  }
}
