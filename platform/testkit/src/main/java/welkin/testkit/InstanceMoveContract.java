package welkin.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import welkin.agents.contracts.InstanceAgent;
import welkin.agents.contracts.InstanceAgent.PowerAction;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceState;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.agents.contracts.LiveOptions;
import welkin.agents.contracts.LiveOptions.TimeoutAction;
import welkin.agents.contracts.MigrationProgress.Status;
import welkin.agents.contracts.MoveTicket;
import welkin.core.Fault;

/**
 * How guests move between two hosts, real or simulated: whatever happens, a guest runs on one of
 * them at most.
 */
public abstract class InstanceMoveContract extends GuestTrials {
  /** Makes two hosts anew, {@link #agent} and {@link #other}. */
  protected abstract void hosts(boolean sharedStorage) throws Exception;

  /** The agent guests are moved to. */
  protected abstract InstanceAgent other();

  /** Ends the agents as {@code kill -9} would, leaving guests as they are, and starts them anew. */
  protected abstract void restartAgents() throws Exception;

  /** The first host loses power and is gone: its guests' processes and its agent. */
  protected abstract void loseHost() throws Exception;

  /** The lost host comes back, as it remembers itself. */
  protected abstract void returnHost() throws Exception;

  /** Every state reported by either host so far. */
  protected abstract List<InstanceState> reported();

  /** A guest that changes its memory faster than {@link #slow} can send it. */
  protected InstanceSpec busySpec() {
    return spec(busyImage());
  }

  /** Options under which a busy guest's migration does not end by itself. */
  protected LiveOptions slow(int timeoutSeconds, TimeoutAction action, boolean postCopy) {
    return new LiveOptions(timeoutSeconds, action, 20, 1, false, postCopy);
  }

  private static LiveOptions usual() {
    return new LiveOptions(60, TimeoutAction.ABORT, 500, 0, true, false);
  }

  private static PowerState power(InstanceAgent agent, InstanceSpec spec) {
    return agent.instance(spec.serverId()).power();
  }

  private int boots(InstanceAgent agent, InstanceSpec spec) {
    return agent.consoleLog(spec.serverId(), null).split(banner(), -1).length - 1;
  }

  private void refused(String code, Runnable call) {
    assertThat(fault(call::run).code()).isEqualTo(code);
  }

  /** Runs here once, shut down, disks open. */
  private MoveTicket stoppedAndOpen(InstanceSpec spec) {
    running(spec);
    agent().power(spec.serverId(), PowerAction.STOP, (int) patience().toSeconds());
    return agent().openDisks(spec.serverId());
  }

  private MoveTicket prepared(InstanceSpec spec, boolean shared) {
    return other().prepareIncoming(spec, agent().openDisks(spec.serverId()), !shared);
  }

  private Status over(InstanceSpec spec) {
    await("the end of the migration", () -> agent().migration(spec.serverId()).status().over());
    return agent().migration(spec.serverId()).status();
  }

  private void neverBoth(InstanceSpec spec) {
    var there =
        List.of(agent(), other()).stream()
            .filter(
                a ->
                    a.instances().stream()
                        .anyMatch(
                            i ->
                                i.serverId().equals(spec.serverId())
                                    && i.power() == PowerState.RUNNING))
            .count();
    assertThat(there).as("hosts it runs on").isLessThanOrEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aStoppedGuestMovesWithItsDisks(boolean shared) throws Exception {
    hosts(shared);
    var spec = spec();
    var ticket = stoppedAndOpen(spec);
    assertThat(agent().openDisks(spec.serverId())).isEqualTo(ticket);
    assertThat(ticket.storageId()).isEqualTo(agent().describe().storageId());
    restartAgents();
    assertThat(power(agent(), spec)).isEqualTo(PowerState.SHUTDOWN);
    assertThat(agent().openDisks(spec.serverId())).isEqualTo(ticket);

    other().adopt(spec, ticket);
    other().adopt(spec, ticket);
    assertThat(other().instance(spec.serverId()))
        .isEqualTo(new InstanceState(spec.serverId(), PowerState.SHUTDOWN, null));
    agent().closeDisks(spec.serverId());
    agent().closeDisks(spec.serverId());

    other().power(spec.serverId(), PowerAction.START, 0);
    await("the second boot", () -> boots(other(), spec) == 2);
    neverBoth(spec);
    restartAgents();
    assertThat(power(agent(), spec)).isEqualTo(PowerState.SHUTDOWN);
    assertThat(power(other(), spec)).isEqualTo(PowerState.RUNNING);

    // confirmed: what is left behind goes, and the guest still has its disks
    agent().destroy(spec.serverId());
    other().power(spec.serverId(), PowerAction.REBOOT_HARD, 0);
    await("the third boot", () -> boots(other(), spec) == 3);
    assertThat(reported()).noneMatch(i -> i.serverId().equals(spec.serverId()));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aMovedGuestCanBeGivenBack(boolean shared) throws Exception {
    hosts(shared);
    var spec = spec();
    var ticket = stoppedAndOpen(spec);
    other().adopt(larger(spec), ticket);
    agent().closeDisks(spec.serverId());
    other().power(spec.serverId(), PowerAction.START, 0);
    await("the boot there", () -> boots(other(), spec) == 2);
    other().power(spec.serverId(), PowerAction.STOP, 0);

    agent().adopt(spec, null);
    agent().adopt(spec, null);
    other().destroy(spec.serverId());
    agent().power(spec.serverId(), PowerAction.START, 0);
    assertThat(power(agent(), spec)).isEqualTo(PowerState.RUNNING);
    await("the boot here", () -> boots(agent(), spec) >= 2);
  }

  @Test
  void toStartAGuestIsToGiveItsMoveUp() throws Exception {
    hosts(false);
    var spec = spec();
    var ticket = stoppedAndOpen(spec);
    agent().power(spec.serverId(), PowerAction.START, 0);
    assertThat(power(agent(), spec)).isEqualTo(PowerState.RUNNING);
    assertThatThrownBy(() -> other().adopt(spec, ticket)).isInstanceOf(Fault.class);
    assertThat(other().instances()).isEmpty();
  }

  /** The same guest, with a larger flavor. */
  protected static InstanceSpec larger(InstanceSpec s) {
    return new InstanceSpec(
        s.serverId(),
        s.name(),
        s.hostname(),
        s.projectId(),
        2,
        64,
        s.rootGb() + 1,
        s.ephemeralGb(),
        s.swapMb(),
        s.image(),
        s.nics(),
        s.configDrive(),
        s.extraSpecs(),
        s.imageProperties());
  }

  @Test
  void aGuestOfADeadHostGoesOnElsewhereAndIsFencedAtHome() throws Exception {
    hosts(true);
    var spec = running(deafSpec());
    loseHost();
    other().adopt(spec, null);
    other().adopt(spec, null);
    other().power(spec.serverId(), PowerAction.START, 0);
    await("the boot there", () -> boots(other(), spec) == 2);

    returnHost();
    refused("InstanceInvalidState", () -> agent().power(spec.serverId(), PowerAction.START, 0));
    refused(
        "InstanceInvalidState", () -> agent().power(spec.serverId(), PowerAction.REBOOT_HARD, 0));
    neverBoth(spec);
    agent().destroy(spec.serverId());
    other().power(spec.serverId(), PowerAction.REBOOT_HARD, 0);
    await("the next boot there", () -> boots(other(), spec) == 3);
  }

  @Test
  void disksThatAreNotHereCannotBeTaken() throws Exception {
    hosts(false);
    var spec = running(spec());
    refused("DisksNotFound", () -> other().adopt(spec, null));
    assertThat(other().instances()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRunningGuestMovesWithoutNoticing(boolean shared) throws Exception {
    hosts(shared);
    var spec = running(spec());
    var from = agent().openDisks(spec.serverId());
    refused("BadRequest", () -> other().prepareIncoming(spec, from, shared));
    var to = other().prepareIncoming(spec, from, !shared);
    assertThat(other().prepareIncoming(spec, from, !shared)).isEqualTo(to);
    assertThat(power(other(), spec)).isEqualTo(PowerState.PAUSED);
    refused("InstanceInvalidState", () -> other().power(spec.serverId(), PowerAction.RESUME, 0));
    refused("InstanceInvalidState", () -> other().completeIncoming(spec.serverId()));
    refused("MigrationNotFound", () -> agent().migration(spec.serverId()));

    agent().migrateLive(spec.serverId(), to, usual());
    agent().migrateLive(spec.serverId(), to, usual());
    assertThat(over(spec)).isEqualTo(Status.COMPLETED);
    agent().migrateLive(spec.serverId(), to, usual());
    var progress = agent().migration(spec.serverId());
    assertThat(progress.error()).isNull();
    assertThat(progress.memoryTotalBytes()).isPositive();
    assertThat(progress.memoryRemainingBytes()).isZero();
    other().completeIncoming(spec.serverId());
    other().completeIncoming(spec.serverId());
    assertThat(power(other(), spec)).isEqualTo(PowerState.RUNNING);
    assertThat(power(agent(), spec)).isEqualTo(PowerState.SHUTDOWN);
    refused("InstanceInvalidState", () -> agent().power(spec.serverId(), PowerAction.START, 0));

    restartAgents();
    assertThat(power(agent(), spec)).isEqualTo(PowerState.SHUTDOWN);
    assertThat(agent().migration(spec.serverId()).status()).isEqualTo(Status.COMPLETED);
    assertThat(power(other(), spec)).isEqualTo(PowerState.RUNNING);
    refused("InstanceInvalidState", () -> agent().power(spec.serverId(), PowerAction.START, 0));
    agent().destroy(spec.serverId());

    // the same boot, and still obedient
    assertThat(boots(other(), spec)).isEqualTo(1);
    other().power(spec.serverId(), PowerAction.STOP, (int) patience().toSeconds());
    assertThat(power(other(), spec)).isEqualTo(PowerState.SHUTDOWN);
    other().power(spec.serverId(), PowerAction.START, 0);
    await("a boot there", () -> boots(other(), spec) == 2);
    assertThat(reported()).noneMatch(i -> i.serverId().equals(spec.serverId()));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aGuestThatIsAboutToGoWaitsForItsNetwork(boolean shared) throws Exception {
    hosts(shared);
    var spec = running(spec());
    var options = usual().waiting(120_000);
    agent().migrateLive(spec.serverId(), prepared(spec, shared), options);
    await("it is about to go", () -> agent().migration(spec.serverId()).leaving());
    assertThat(power(agent(), spec)).isEqualTo(PowerState.RUNNING);
    assertThat(power(other(), spec)).isEqualTo(PowerState.PAUSED);
    agent().abortMigration(spec.serverId());
    var end = agent().migration(spec.serverId());
    assertThat(end.status()).isEqualTo(Status.CANCELLED);
    assertThat(end.leaving()).isFalse();
    assertThat(power(agent(), spec)).isEqualTo(PowerState.RUNNING);
    other().destroy(spec.serverId());

    agent().migrateLive(spec.serverId(), prepared(spec, shared), options);
    await("it is about to go again", () -> agent().migration(spec.serverId()).leaving());
    restartAgents();
    assertThat(agent().migration(spec.serverId()).leaving()).isTrue();
    assertThat(power(agent(), spec)).isEqualTo(PowerState.RUNNING);
    agent().networkMoved(spec.serverId());
    agent().networkMoved(spec.serverId());
    assertThat(over(spec)).isEqualTo(Status.COMPLETED);
    other().completeIncoming(spec.serverId());
    assertThat(power(other(), spec)).isEqualTo(PowerState.RUNNING);
    agent().networkMoved(spec.serverId());
  }

  @Test
  void aPausedGuestArrivesPaused() throws Exception {
    hosts(false);
    var spec = running(spec());
    agent().power(spec.serverId(), PowerAction.PAUSE, 0);
    agent().migrateLive(spec.serverId(), prepared(spec, false), usual());
    assertThat(over(spec)).isEqualTo(Status.COMPLETED);
    other().completeIncoming(spec.serverId());
    assertThat(power(other(), spec)).isEqualTo(PowerState.PAUSED);
    other().power(spec.serverId(), PowerAction.RESUME, 0);
    assertThat(power(other(), spec)).isEqualTo(PowerState.RUNNING);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aMigrationCanBeGivenUpAndTriedAgain(boolean shared) throws Exception {
    hosts(shared);
    var spec = running(busySpec());
    for (int round = 0; round < 2; round++) {
      agent()
          .migrateLive(
              spec.serverId(), prepared(spec, shared), slow(0, TimeoutAction.ABORT, false));
      await(
          "the migration to run",
          () -> agent().migration(spec.serverId()).status() == Status.RUNNING);
      agent().abortMigration(spec.serverId());
      assertThat(agent().migration(spec.serverId()).status()).isEqualTo(Status.CANCELLED);
      agent().abortMigration(spec.serverId());
      other().destroy(spec.serverId());
      agent().closeDisks(spec.serverId());
      assertThat(power(agent(), spec)).isEqualTo(PowerState.RUNNING);
      assertThat(other().instances()).isEmpty();
    }
    agent().power(spec.serverId(), PowerAction.REBOOT_HARD, 0);
    await("a boot here", () -> boots(agent(), spec) == 2);
  }

  @Test
  void aMigrationWhoseTimeIsOverIsGivenUp() throws Exception {
    hosts(true);
    var spec = running(busySpec());
    agent().migrateLive(spec.serverId(), prepared(spec, true), slow(1, TimeoutAction.ABORT, false));
    assertThat(over(spec)).isEqualTo(Status.CANCELLED);
    assertThat(agent().migration(spec.serverId()).error()).contains("1 s");
    assertThat(power(agent(), spec)).isEqualTo(PowerState.RUNNING);
    other().destroy(spec.serverId());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aMigrationCanBeForcedToItsEnd(boolean postCopy) throws Exception {
    hosts(true);
    var spec = running(busySpec());
    agent()
        .migrateLive(spec.serverId(), prepared(spec, true), slow(0, TimeoutAction.ABORT, postCopy));
    await(
        "the migration to run",
        () -> agent().migration(spec.serverId()).status() == Status.RUNNING);
    agent().forceComplete(spec.serverId());
    assertThat(over(spec)).isEqualTo(Status.COMPLETED);
    agent().forceComplete(spec.serverId());
    other().completeIncoming(spec.serverId());
    assertThat(power(other(), spec)).isEqualTo(PowerState.RUNNING);
    assertThat(power(agent(), spec)).isEqualTo(PowerState.SHUTDOWN);
    agent().destroy(spec.serverId());
  }

  @Test
  void aMigrationWhoseDestinationDiesFailsAndTheGuestGoesOn() throws Exception {
    hosts(false);
    var spec = running(busySpec());
    agent()
        .migrateLive(spec.serverId(), prepared(spec, false), slow(0, TimeoutAction.ABORT, false));
    await(
        "the migration to run",
        () -> agent().migration(spec.serverId()).status() == Status.RUNNING);
    other().destroy(spec.serverId());
    assertThat(over(spec)).isEqualTo(Status.FAILED);
    assertThat(agent().migration(spec.serverId()).error()).isNotBlank();
    assertThat(power(agent(), spec)).isEqualTo(PowerState.RUNNING);
    agent().closeDisks(spec.serverId());
    agent().power(spec.serverId(), PowerAction.REBOOT_HARD, 0);
    await("a boot here", () -> boots(agent(), spec) == 2);
  }

  @Test
  void agentsStartedAnewDuringAMigrationFindItGoingOn() throws Exception {
    hosts(true);
    var spec = running(busySpec());
    agent().migrateLive(spec.serverId(), prepared(spec, true), slow(0, TimeoutAction.ABORT, false));
    await(
        "the migration to run",
        () -> agent().migration(spec.serverId()).status() == Status.RUNNING);
    restartAgents();
    assertThat(agent().migration(spec.serverId()).status()).isEqualTo(Status.RUNNING);
    assertThat(power(agent(), spec)).isEqualTo(PowerState.RUNNING);
    assertThat(power(other(), spec)).isEqualTo(PowerState.PAUSED);
    agent().forceComplete(spec.serverId());
    assertThat(over(spec)).isEqualTo(Status.COMPLETED);
    other().completeIncoming(spec.serverId());
    neverBoth(spec);
    assertThat(power(other(), spec)).isEqualTo(PowerState.RUNNING);
  }

  @Test
  void unknownServersCannotBeMoved() throws Exception {
    hosts(false);
    var id = spec().serverId();
    var spec = running(spec());
    var ticket = prepared(spec, false);
    for (var call :
        List.<Runnable>of(
            () -> agent().openDisks(id),
            () -> agent().migrateLive(id, ticket, usual()),
            () -> agent().migration(id),
            () -> agent().abortMigration(id),
            () -> agent().forceComplete(id),
            () -> agent().completeIncoming(id))) {
      refused("InstanceNotFound", call);
    }
    agent().closeDisks(id);
    other().destroy(spec.serverId());
    agent().closeDisks(spec.serverId());
  }
}
