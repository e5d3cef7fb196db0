package welkin.compute.server;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.core.Fault;
import welkin.store.Sql;
import welkin.workflow.Run;
import welkin.workflow.Workflow;

/**
 * Takes away what a server left on a host it has moved from. It comes after the move, which stands
 * whatever becomes of this: what stays is found by {@link ServerReconciler}.
 */
public final class SweepHost extends Workflow<SweepHost.Input> {
  private static final Logger log = LoggerFactory.getLogger(SweepHost.class);
  private final Means means;

  /** Which server, and the host where it is no more. */
  public record Input(String serverId, String host) {}

  public SweepHost(Means means) {
    super("SweepHost", 1, Input.class, Duration.ofMinutes(10));
    this.means = means;
  }

  @Override
  public void run(Run run, Input input) {
    run.step(
        "sweep",
        () -> {
          if (!input.host().equals(means.server(input.serverId()).host())) {
            means.onHostIfThere(
                input.host(), () -> means.agent(input.host()).destroy(input.serverId()));
          }
        });
  }

  @Override
  public void failed(Sql sql, Input input, Fault reason) {
    log.warn(
        "what {} left on {} is still there: {}",
        input.serverId(),
        input.host(),
        reason.getMessage());
  }
}
