package welkin.compute.server;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.core.Fault;
import welkin.store.Sql;
import welkin.workflow.Run;
import welkin.workflow.Workflow;

/**
 * What is left to do when a guest has arrived at another host: its ports are there, what the source
 * kept is gone. Each step is done whatever became of the others; what failed is done again by
 * {@link ServerReconciler}.
 */
public final class FinishLive extends Workflow<OnMove> {
  private static final Logger log = LoggerFactory.getLogger(FinishLive.class);
  private final Means means;

  public FinishLive(Means means) {
    super("FinishLive", 1, OnMove.class, Duration.ofMinutes(10));
    this.means = means;
  }

  @Override
  public void run(Run run, OnMove input) {
    var id = input.serverId();
    var server = means.server(id);
    var m = means.migration(input.migrationId());
    var source = m.sourceHost();
    var dest = m.destHost();
    run.step("move ports", () -> means.networking().activate(server, dest));
    run.step("complete", () -> complete(id, dest));
    run.step(
        "clear source",
        () -> {
          if (!source.equals(means.server(id).host())) { // it may have come back since
            means.onHostIfThere(source, () -> means.agent(source).destroy(id));
          }
        });
    run.step(
        "forget source",
        () -> {
          means.networking().leave(server, source);
          means.claims().release(m);
        });
    run.change("tidy", sql -> means.setMigration(sql, m.id(), "tidy", true));
  }

  private void complete(String id, String dest) {
    try {
      means.agent(dest).completeIncoming(id);
    } catch (Fault f) {
      if (f.status() != 404) { // 404: it was destroyed meanwhile
        throw f;
      }
    }
  }

  @Override
  public void failed(Sql sql, OnMove input, Fault reason) {
    log.warn(
        "{} has moved, but something is left to do: {}", input.serverId(), reason.getMessage());
  }
}
