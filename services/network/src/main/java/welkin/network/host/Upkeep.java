package welkin.network.host;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import welkin.network.agent.Agents;
import welkin.store.Database;
import welkin.workflow.Turns;

/** What a worker looks after by itself: what another left undone, and what waits for a host. */
public final class Upkeep {
  /** How often a worker looks for what another left undone. */
  private static final long LOOK_SECONDS = 3;

  private static final Duration REPAIR = Duration.ofSeconds(10);
  private static final Duration FORGET = Duration.ofMinutes(10);
  private static final long CHANGES_KEPT = 50_000;
  private static final long FORGOTTEN_AT_ONCE = 2_000;

  private final Database database;
  private final HostPokes pokes;
  private final ComputeNotifier compute;
  private final Agents agents;
  private final Turns turns;
  private final Runnable repair;
  private final AtomicBoolean repairing = new AtomicBoolean();

  /**
   * @param repair places what waits for a host; called when an agent appears or dies, and every ten
   *     seconds by one of all workers
   */
  public Upkeep(
      Database database,
      HostPokes pokes,
      ComputeNotifier compute,
      Agents agents,
      Turns turns,
      Runnable repair) {
    this.database = database;
    this.pokes = pokes;
    this.compute = compute;
    this.agents = agents;
    this.turns = turns;
    this.repair = repair;
  }

  /** Begins to look; {@link HostPokes} run. */
  public void start() {
    pokes.every(LOOK_SECONDS, this::look);
  }

  private void look() {
    pokes.spread();
    compute.takeOver();
    boolean died = agents.died();
    if (turns.take("network-repair", REPAIR) || died) {
      repair.run();
    }
    if (turns.take("network-forget", FORGET)) {
      while (database.tx(sql -> HostStore.forget(sql, CHANGES_KEPT, FORGOTTEN_AT_ONCE))) {
        // batch by batch, so that nobody waits long
      }
    }
  }

  /** Many hosts that appear at once are looked at together. */
  void repairSoon() {
    if (repairing.compareAndSet(false, true)) {
      pokes.later(
          0,
          () -> {
            repairing.set(false);
            repair.run();
          });
    }
  }
}
