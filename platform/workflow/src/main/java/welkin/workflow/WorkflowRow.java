package welkin.workflow;

import java.time.Instant;
import tools.jackson.databind.JsonNode;
import welkin.core.Fault;
import welkin.core.Json;

/**
 * A stored workflow.
 *
 * @param subject the id of what it works on; workflows of one subject run one after the other
 * @param context the request it serves: request id, global request id and caller
 * @param reason why it unwinds, or null
 * @param result what it answered whoever waits for it, as JSON text, or null
 */
record WorkflowRow(
    String id,
    String kind,
    int version,
    String subject,
    String input,
    JsonNode context,
    State state,
    Instant deadline,
    JsonNode reason,
    String result,
    Instant createdAt) {

  enum State {
    /** Steps are being done. */
    RUNNING,
    /** Steps are being undone. */
    UNWINDING,
    /** All done. */
    DONE,
    /** All undone. */
    FAILED;
  }

  WorkflowRow created(Instant at) {
    return new WorkflowRow(
        id, kind, version, subject, input, context, state, deadline, reason, result, at);
  }

  boolean hasEnded() {
    return state == State.DONE || state == State.FAILED;
  }

  enum StepState {
    DONE,
    FAILED,
    UNDONE
  }

  /** One recorded step; the result holds {@code {"value": ...}} or {@code {"fault": ...}}. */
  record Step(int position, String name, StepState state, String result) {
    Step done(String value) {
      return new Step(position, name, StepState.DONE, "{\"value\":" + value + "}");
    }

    Step failed(Fault f) {
      return new Step(
          position, name, StepState.FAILED, Json.text(Json.object().set("fault", fault(f))));
    }

    String value() {
      return Json.text(Json.parse(result).get("value"));
    }

    Fault failure() {
      var f = result == null ? null : Json.parse(result).get("fault");
      return f == null ? null : fault(f);
    }
  }

  static JsonNode fault(Fault f) {
    return Json.object()
        .put("status", f.status())
        .put("code", f.code())
        .put("message", f.getMessage())
        .set("details", Json.tree(f.details()));
  }

  static Fault fault(JsonNode n) {
    var f =
        Fault.of(
            n.get("status").intValue(), n.get("code").stringValue(), n.get("message").asString());
    if (n.get("details") != null) {
      for (var e : n.get("details").properties()) {
        f = f.with(e.getKey(), Json.convert(e.getValue(), Object.class));
      }
    }
    return f;
  }
}
