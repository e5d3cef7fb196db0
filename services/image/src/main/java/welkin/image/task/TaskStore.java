package welkin.image.task;

import java.time.Instant;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Ids;
import welkin.core.Json;
import welkin.core.RequestContext;
import welkin.image.image.Image;
import welkin.image.image.ImageWire;
import welkin.store.Sql;

/**
 * What became of imports, one row each. An import has ended when its request is answered, so a task
 * is a record and nothing that runs.
 */
public final class TaskStore {
  private final Ids ids;

  public TaskStore(Ids ids) {
    this.ids = ids;
  }

  /**
   * Records an import that has ended.
   *
   * @param failure why it failed, null when it did not
   */
  public void record(Sql sql, Image image, String method, String failure, Instant now) {
    var context = RequestContext.current();
    var input = Json.object().put("image_id", image.id());
    input.putObject("import_req").putObject("method").put("name", method);
    sql.insert(
        "image_task",
        "id",
        ids.uuid(),
        "image_id",
        image.id(),
        "owner",
        image.owner(),
        "user_id",
        context.caller().userId(),
        "request_id",
        context.requestId(),
        "status",
        failure == null ? "success" : "failure",
        "message",
        failure == null ? "" : failure,
        "input",
        input,
        "created_at",
        now);
  }

  /** An image's tasks as JSON, newest first. */
  public List<ObjectNode> of(Sql sql, String image) {
    return sql.list(
        "SELECT * FROM image_task WHERE image_id = ? ORDER BY created_at DESC, id",
        r -> {
          var at = ImageWire.time(r.time("created_at"));
          var out = Json.object();
          out.put("id", r.text("id"));
          out.put("image_id", r.text("image_id"));
          out.put("type", "api_image_import");
          out.put("status", r.text("status"));
          out.put("owner", r.text("owner"));
          out.put("user_id", r.text("user_id"));
          out.put("request_id", r.text("request_id"));
          out.put("message", r.text("message"));
          out.set("input", r.json("input"));
          out.putNull("result");
          out.putNull("expires_at");
          out.put("created_at", at);
          out.put("updated_at", at);
          return out;
        },
        image);
  }

  public void delete(Sql sql, String image) {
    sql.update("DELETE FROM image_task WHERE image_id = ?", image);
  }
}
