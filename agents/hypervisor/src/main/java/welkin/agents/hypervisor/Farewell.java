package welkin.agents.hypervisor;

import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import welkin.agents.contracts.LiveOptions;
import welkin.agents.hypervisor.GuestRecord.Departure;

/**
 * What is done before a guest goes: it is held back when it is about to, those who asked for it
 * hear so, and when its network has moved it is let go. Until then it runs here.
 */
final class Farewell {
  private static final Logger log = LoggerFactory.getLogger(Farewell.class);

  /** QEMU counts to 2000 s: whatever is left may be sent while the guest stands still. */
  static final long DOWNTIME_MAX_MS = 2_000_000;

  /** So far away that a guest is not kept from its network meanwhile. */
  private static final int FAR_SECONDS = 6;

  /** How long a guest that may go has for it, until it is allowed to stand still for longer. */
  private static final Duration GO = Duration.ofSeconds(1);

  private final String id;
  private final QmpClient qmp;
  private final LiveOptions options;
  private final Consumer<UnaryOperator<Departure>> change;
  private final boolean wanted;
  private Approach approach;
  private long pace = -1; // not known, where an earlier agent was at work
  private boolean held;
  private boolean released;
  private long since = System.nanoTime();
  private long downtimeMs;
  private volatile boolean networkMoved;

  /**
   * @param change writes down what becomes of the departure
   */
  Farewell(
      String id, QmpClient qmp, Departure departure, Consumer<UnaryOperator<Departure>> change) {
    this.id = id;
    this.qmp = qmp;
    this.options = departure.options();
    this.change = change;
    this.wanted = options.networkWaitMs() > 0;
    this.approach = new Approach(limit(), options.downtimeMs());
    this.held = departure.leaving();
    this.downtimeMs = allowed();
  }

  /** With what the migration begins: QEMU itself is never content where somebody must be told. */
  Map<String, Object> begin() {
    return wanted
        ? Map.of("downtime-limit", 1, "max-bandwidth", approach.pace())
        : Map.of("downtime-limit", allowed(), "max-bandwidth", bandwidth());
  }

  private long allowed() {
    return Math.clamp(options.downtimeMs(), 1, DOWNTIME_MAX_MS);
  }

  private long limit() {
    return (long) options.bandwidthMibps() << 20;
  }

  private long bandwidth() {
    return limit() > 0 ? limit() : Approach.UNLIMITED;
  }

  /** What is sent to the guest goes to the other host now. */
  void networkMoved() {
    networkMoved = true;
  }

  /** Whether nobody has to be waited for. */
  boolean said() {
    return !wanted || released;
  }

  boolean far() {
    return !wanted || released || !held && approach.far();
  }

  /**
   * Looks how far it has come.
   *
   * @param force whether it is to go soon, whatever is left
   */
  void say(JsonNode ram, boolean force) {
    if (!wanted) {
      return;
    }
    if (!held) {
      approach.saw(
          LiveMigration.number(ram, "total"),
          LiveMigration.number(ram, "remaining"),
          LiveMigration.number(ram, "dirty-sync-count"),
          rate(ram));
      hold(force || approach.about());
    } else if (!released) {
      if (networkMoved || passed(Duration.ofMillis(options.networkWaitMs()))) {
        released = true;
        letGo();
      }
    } else if (passed(GO)
        && !force
        && rate(ram) < LiveMigration.number(ram, "remaining") / FAR_SECONDS) {
      stay(rate(ram));
    } else if (passed(GO) && downtimeMs < DOWNTIME_MAX_MS) {
      // it changed more than was thought, and what is sent to it waits elsewhere
      downtimeMs = Math.min(2 * downtimeMs, DOWNTIME_MAX_MS);
      letGo();
    }
  }

  /** The way is slower than was thought: it will be here for long, and its network with it. */
  private void stay(long rate) {
    log.info("guest {} does not go yet: {} bytes a second get through", id, rate);
    held = false;
    released = false;
    networkMoved = false;
    downtimeMs = allowed();
    approach = approach.at(rate);
    qmp.execute("migrate-set-parameters", Map.of("downtime-limit", 1));
    change.accept(Departure::stays);
  }

  private static long rate(JsonNode ram) {
    return (long) (ram.path("mbps").asDouble(0) * 125_000);
  }

  private boolean passed(Duration time) {
    return System.nanoTime() - since > time.toNanos();
  }

  private void hold(boolean now) {
    long next = now ? Approach.HOLD : approach.pace();
    if (next != pace) {
      pace = next;
      qmp.execute("migrate-set-parameters", Map.of("max-bandwidth", next));
    }
    if (now) {
      held = true;
      since = System.nanoTime();
      change.accept(Departure::aboutToGo);
    }
  }

  private void letGo() {
    since = System.nanoTime();
    qmp.execute(
        "migrate-set-parameters",
        Map.of("downtime-limit", downtimeMs, "max-bandwidth", bandwidth()));
  }
}
