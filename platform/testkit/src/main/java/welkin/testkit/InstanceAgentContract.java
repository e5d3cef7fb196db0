package welkin.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import welkin.agents.contracts.ImageTarget;
import welkin.agents.contracts.InstanceAgent;
import welkin.agents.contracts.InstanceAgent.PowerAction;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceState;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.core.Fault;
import welkin.core.Secret;

/**
 * What every {@link InstanceAgent} does, real or simulated. The guests are {@link TinyGuest}s, so
 * nothing waits for an operating system; the network need not be wired.
 *
 * <p>An agent under test is made in a {@code @BeforeEach} of the subclass (it runs after the one
 * here, so {@link #images} is there) and is to leave nothing behind when the test ends.
 */
public abstract class InstanceAgentContract extends GuestTrials {
  /**
   * Ends the agent as {@code kill -9} would, leaving its guests as they are, and starts it anew.
   */
  protected abstract void restartAgent() throws Exception;

  /** Every state reported by {@code ComputeReports.changed} so far, oldest first. */
  protected abstract List<InstanceState> reported();

  /** Makes a running guest power itself off. */
  protected abstract void powerOffFromInside(String serverId) throws Exception;

  /** Makes a running guest reset itself. */
  protected abstract void rebootFromInside(String serverId) throws Exception;

  /** Ends a running guest's process from outside, as a crash would. */
  protected abstract void crash(String serverId) throws Exception;

  @Test
  void spawnMakesAPausedGuestWhichResumeLetsRun() {
    var spec = spec();
    agent().spawn(spec);
    assertThat(power(spec)).isEqualTo(PowerState.PAUSED);
    assertThat(agent().consoleLog(spec.serverId(), null)).doesNotContain(banner());
    assertThat(agent().instances())
        .anySatisfy(
            i -> {
              assertThat(i.serverId()).isEqualTo(spec.serverId());
              assertThat(i.power()).isEqualTo(PowerState.PAUSED);
            });

    agent().power(spec.serverId(), PowerAction.RESUME, 0);
    assertThat(power(spec)).isEqualTo(PowerState.RUNNING);
    awaitBoots(spec, 1);
  }

  @Test
  void spawnAgainChangesNothing() {
    var spec = spec();
    agent().spawn(spec);
    agent().spawn(spec);
    assertThat(power(spec)).isEqualTo(PowerState.PAUSED);
    agent().power(spec.serverId(), PowerAction.RESUME, 0);
    awaitBoots(spec, 1);
    agent().spawn(spec);
    assertThat(power(spec)).isEqualTo(PowerState.RUNNING);
    assertThat(boots(spec)).isEqualTo(1);
    assertThat(agent().instances().stream().filter(i -> i.serverId().equals(spec.serverId())))
        .hasSize(1);
  }

  @Test
  void destroyRemovesEverythingAndMayBeRepeated() {
    var spec = running(spec());
    agent().destroy(spec.serverId());
    agent().destroy(spec.serverId());
    assertThat(agent().instances()).noneMatch(i -> i.serverId().equals(spec.serverId()));
    assertThat(fault(() -> agent().instance(spec.serverId())).status()).isEqualTo(404);
    assertThat(reported()).noneMatch(i -> i.serverId().equals(spec.serverId()));
  }

  @Test
  void aGuestCanBeMadeAgainUnderTheSameId() {
    var spec = running(spec());
    agent().destroy(spec.serverId());
    agent().spawn(spec);
    assertThat(power(spec)).isEqualTo(PowerState.PAUSED);
    assertThat(agent().consoleLog(spec.serverId(), null)).isEmpty();
  }

  @Test
  void unknownServersAreNotFound() {
    var id = UUID.randomUUID().toString();
    var stranger = spec();
    assertThat(fault(() -> agent().instance(id)).code()).isEqualTo("InstanceNotFound");
    for (var action : PowerAction.values()) {
      assertThat(fault(() -> agent().power(id, action, 0)).status()).isEqualTo(404);
    }
    assertThat(fault(() -> agent().consoleLog(id, null)).status()).isEqualTo(404);
    assertThat(fault(() -> agent().attachNic(id, nic())).status()).isEqualTo(404);
    assertThat(fault(() -> agent().detachNic(id, nic().portId())).status()).isEqualTo(404);
    assertThat(fault(() -> agent().snapshot(id, target())).status()).isEqualTo(404);
    assertThat(fault(() -> agent().diagnostics(id)).status()).isEqualTo(404);
    assertThat(fault(() -> agent().update(stranger)).status()).isEqualTo(404);
    agent().destroy(id);
  }

  @Test
  void anObedientGuestShutsItselfDown() {
    var spec = running(spec());
    var begin = System.nanoTime();
    agent().power(spec.serverId(), PowerAction.STOP, (int) patience().toSeconds());
    assertThat(power(spec)).isEqualTo(PowerState.SHUTDOWN);
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(patience());
    // it was asked to, so nobody is told
    assertThat(reported()).noneMatch(i -> i.serverId().equals(spec.serverId()));
  }

  @Test
  void aDeafGuestIsCutOffAndStartsAgain() {
    var spec = running(deafSpec());
    var begin = System.nanoTime();
    agent().power(spec.serverId(), PowerAction.STOP, 2);
    assertThat(power(spec)).isEqualTo(PowerState.SHUTDOWN);
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(patience());
    // it was asked to, so nobody is told
    assertThat(reported()).noneMatch(i -> i.serverId().equals(spec.serverId()));
    agent().power(spec.serverId(), PowerAction.STOP, 1);
    assertThat(power(spec)).isEqualTo(PowerState.SHUTDOWN);

    agent().power(spec.serverId(), PowerAction.START, 0);
    assertThat(power(spec)).isEqualTo(PowerState.RUNNING);
    awaitBoots(spec, 2);
    agent().power(spec.serverId(), PowerAction.START, 0);
    assertThat(power(spec)).isEqualTo(PowerState.RUNNING);
    assertThat(boots(spec)).isEqualTo(2);
  }

  @Test
  void pauseAndResumeMayBeRepeated() {
    var spec = running(spec());
    for (int i = 0; i < 2; i++) {
      agent().power(spec.serverId(), PowerAction.PAUSE, 0);
      assertThat(power(spec)).isEqualTo(PowerState.PAUSED);
    }
    for (int i = 0; i < 2; i++) {
      agent().power(spec.serverId(), PowerAction.RESUME, 0);
      assertThat(power(spec)).isEqualTo(PowerState.RUNNING);
    }
    assertThat(boots(spec)).isEqualTo(1);
  }

  @Test
  void aSuspendedGuestGoesOnWhereItWas() {
    var spec = running(spec());
    for (int i = 0; i < 2; i++) {
      agent().power(spec.serverId(), PowerAction.SUSPEND, 0);
      assertThat(power(spec)).isEqualTo(PowerState.SUSPENDED);
    }
    for (int i = 0; i < 2; i++) {
      agent().power(spec.serverId(), PowerAction.RESTORE, 0);
      assertThat(power(spec)).isEqualTo(PowerState.RUNNING);
    }
    // still obedient, hence really running, and without a second boot
    agent().power(spec.serverId(), PowerAction.STOP, (int) patience().toSeconds());
    assertThat(power(spec)).isEqualTo(PowerState.SHUTDOWN);
    assertThat(boots(spec)).isEqualTo(1);
  }

  @Test
  void rebootsBootAgain() {
    var spec = running(deafSpec());
    agent().power(spec.serverId(), PowerAction.REBOOT_HARD, 0);
    assertThat(power(spec)).isEqualTo(PowerState.RUNNING);
    awaitBoots(spec, 2);
    agent().power(spec.serverId(), PowerAction.REBOOT_SOFT, 1);
    assertThat(power(spec)).isEqualTo(PowerState.RUNNING);
    awaitBoots(spec, 3);
    assertThat(reported()).noneMatch(i -> i.serverId().equals(spec.serverId()));
  }

  @Test
  void aHardRebootStartsAStoppedGuest() {
    var spec = running(deafSpec());
    agent().power(spec.serverId(), PowerAction.STOP, 0);
    agent().power(spec.serverId(), PowerAction.REBOOT_HARD, 0);
    assertThat(power(spec)).isEqualTo(PowerState.RUNNING);
  }

  @Test
  void whatNeedsARunningGuestIsRefusedForAStoppedOne() {
    var spec = running(deafSpec());
    agent().power(spec.serverId(), PowerAction.STOP, 0);
    for (var action :
        List.of(PowerAction.PAUSE, PowerAction.RESUME, PowerAction.SUSPEND, PowerAction.RESTORE)) {
      var f = fault(() -> agent().power(spec.serverId(), action, 0));
      assertThat(f.status()).as(action.name()).isEqualTo(409);
      assertThat(f.code()).isEqualTo("InstanceInvalidState");
    }
    assertThat(fault(() -> agent().diagnostics(spec.serverId())).status()).isEqualTo(409);
    assertThat(power(spec)).isEqualTo(PowerState.SHUTDOWN);
  }

  @Test
  void theConsoleLogIsTheLastLines() {
    var spec = running(spec());
    var all = agent().consoleLog(spec.serverId(), null);
    assertThat(all).contains(banner());
    assertThat(agent().consoleLog(spec.serverId(), 1000)).contains(banner());
    assertThat(agent().consoleLog(spec.serverId(), 1).lines().count()).isLessThanOrEqualTo(1);
    assertThat(agent().consoleLog(spec.serverId(), 0)).isEmpty();
    agent().power(spec.serverId(), PowerAction.STOP, (int) patience().toSeconds());
    assertThat(agent().consoleLog(spec.serverId(), null)).contains(banner());
  }

  @Test
  void nicsComeAndGoWhileTheGuestRunsAndWhileItIsStopped() {
    var spec = running(spec());
    for (int round = 0; round < 2; round++) {
      var nic = nic();
      agent().attachNic(spec.serverId(), nic);
      agent().attachNic(spec.serverId(), nic);
      agent().detachNic(spec.serverId(), nic.portId());
      agent().detachNic(spec.serverId(), nic.portId());
      agent().power(spec.serverId(), PowerAction.STOP, (int) patience().toSeconds());
      assertThat(power(spec)).isEqualTo(PowerState.SHUTDOWN);
    }
    var kept = nic();
    agent().attachNic(spec.serverId(), kept);
    agent().power(spec.serverId(), PowerAction.START, 0);
    assertThat(power(spec)).isEqualTo(PowerState.RUNNING);
    assertThat(agent().diagnostics(spec.serverId())).containsKey(kept.deviceName() + "_rx");
  }

  @Test
  void updateChangesWhatIsKnownAndNotWhatRuns() {
    var spec = running(spec());
    agent()
        .update(
            new InstanceSpec(
                spec.serverId(),
                "another name",
                spec.hostname(),
                spec.projectId(),
                spec.vcpus(),
                spec.memoryMb(),
                spec.rootGb(),
                spec.ephemeralGb(),
                spec.swapMb(),
                spec.image(),
                spec.nics(),
                Map.of("openstack/latest/user_data", "aGk="),
                spec.extraSpecs(),
                spec.imageProperties()));
    assertThat(power(spec)).isEqualTo(PowerState.RUNNING);
    agent().power(spec.serverId(), PowerAction.REBOOT_HARD, 0);
    awaitBoots(spec, 2);
  }

  @Test
  void snapshotsAreUploadedAsQcow2WhateverTheGuestDoes() {
    var spec = running(spec());
    for (var state : List.of(PowerState.RUNNING, PowerState.PAUSED, PowerState.SHUTDOWN)) {
      if (state == PowerState.PAUSED) {
        agent().power(spec.serverId(), PowerAction.PAUSE, 0);
      } else if (state == PowerState.SHUTDOWN) {
        agent().power(spec.serverId(), PowerAction.STOP, 0);
      }
      var target = target();
      agent().snapshot(spec.serverId(), target);
      assertThat(images.bytes(target.imageId()))
          .as("snapshot while " + state)
          .startsWith('Q', 'F', 'I', 0xfb);
      assertThat(images.uploadType(target.imageId())).isEqualTo("application/octet-stream");
      assertThat(power(spec)).isEqualTo(state);
    }
  }

  @Test
  void aSnapshotThatCannotBeDeliveredIsAFaultAndLeavesTheGuestAlone() {
    var spec = running(spec());
    var id = UUID.randomUUID().toString();
    assertThatThrownBy(
            () ->
                agent()
                    .snapshot(
                        spec.serverId(),
                        new ImageTarget(id, images.url(id), Secret.of("stale"), "qcow2")))
        .isInstanceOf(Fault.class);
    assertThat(power(spec)).isEqualTo(PowerState.RUNNING);
  }

  @Test
  void diagnosticsHaveUpstreamsNames() {
    var nic = nic();
    var spec = spec();
    spec = with(spec, List.of(nic));
    running(spec);
    var d = agent().diagnostics(spec.serverId());
    assertThat(d)
        .containsKeys("cpu0_time", "memory", "vda_read", "vda_read_req", "vda_write", "vda_errors")
        .containsKeys(nic.deviceName() + "_rx", nic.deviceName() + "_tx_packets");
    assertThat(((Number) d.get("memory")).longValue()).isEqualTo(32 * 1024);
  }

  @Test
  void describeSaysWhatTheHostIsAndHas() {
    var d = agent().describe();
    assertThat(d.host()).isNotBlank();
    assertThat(d.hypervisorType()).isNotBlank();
    assertThat(d.vcpus()).isPositive();
    assertThat(d.memoryMb()).isPositive();
    assertThat(d.diskGb()).isPositive();
    assertThat(d.traits()).isNotEmpty();
    assertThat(d.hostIp()).isNotBlank();
  }

  @Test
  void whatAGuestDoesByItselfIsReported() throws Exception {
    var spec = running(spec());
    rebootFromInside(spec.serverId());
    awaitBoots(spec, 2);
    awaitReport(spec, PowerState.RUNNING);
    assertThat(power(spec)).isEqualTo(PowerState.RUNNING);

    powerOffFromInside(spec.serverId());
    awaitReport(spec, PowerState.SHUTDOWN);
    assertThat(power(spec)).isEqualTo(PowerState.SHUTDOWN);
    agent().power(spec.serverId(), PowerAction.START, 0);
    awaitBoots(spec, 3);

    crash(spec.serverId());
    awaitReport(spec, PowerState.CRASHED);
    assertThat(power(spec)).isEqualTo(PowerState.CRASHED);
    assertThat(agent().instance(spec.serverId()).reason()).isNotBlank();
    agent().power(spec.serverId(), PowerAction.START, 0);
    awaitBoots(spec, 4);
    assertThat(power(spec)).isEqualTo(PowerState.RUNNING);
  }

  private void awaitReport(InstanceSpec spec, PowerState power) {
    await(
        "a report of " + power,
        () ->
            reported().stream()
                .anyMatch(r -> r.serverId().equals(spec.serverId()) && r.power() == power));
  }

  @Test
  void aNewAgentFindsTheGuestsOfTheOldOne() throws Exception {
    var runs = running(spec());
    var paused = running(spec());
    var stopped = running(deafSpec());
    var suspended = running(spec());
    agent().power(paused.serverId(), PowerAction.PAUSE, 0);
    agent().power(stopped.serverId(), PowerAction.STOP, 0);
    agent().power(suspended.serverId(), PowerAction.SUSPEND, 0);

    restartAgent();
    assertThat(power(runs)).isEqualTo(PowerState.RUNNING);
    assertThat(power(paused)).isEqualTo(PowerState.PAUSED);
    assertThat(power(stopped)).isEqualTo(PowerState.SHUTDOWN);
    assertThat(power(suspended)).isEqualTo(PowerState.SUSPENDED);
    assertThat(boots(runs)).isEqualTo(1);

    agent().spawn(runs);
    agent().power(paused.serverId(), PowerAction.RESUME, 0);
    agent().power(suspended.serverId(), PowerAction.RESTORE, 0);
    assertThat(List.of(power(runs), power(paused), power(suspended)))
        .containsOnly(PowerState.RUNNING);
    agent().power(runs.serverId(), PowerAction.STOP, (int) patience().toSeconds());
    assertThat(power(runs)).isEqualTo(PowerState.SHUTDOWN);
    assertThat(boots(runs)).isEqualTo(1);
  }

  /** A place for a snapshot. */
  protected final ImageTarget target() {
    var id = UUID.randomUUID().toString();
    return new ImageTarget(id, images.url(id), Secret.of(ImageServer.TOKEN), "qcow2");
  }
}
