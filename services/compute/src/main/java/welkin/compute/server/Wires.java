package welkin.compute.server;

import java.util.List;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.core.Fault;
import welkin.workflow.Run;

/** Waits until the network leads to a guest, which stands still at its host until then. */
final class Wires {
  private final Means means;
  private final String serverId;
  private final String host;

  Wires(Means means, String serverId, String host) {
    this.means = means;
    this.serverId = serverId;
    this.host = host;
  }

  /**
   * @param nics of which the ones in {@code wired} are not waited for
   * @throws Fault 504 when the network does not come in time, 500 when the guest does not last
   */
  void await(Run run, List<Nic> nics, List<String> wired) {
    int index = 0;
    for (var nic : nics) {
      if (!wired.contains(nic.portId())) {
        run.await(
            "port " + ++index + " wired",
            "network-vif-plugged:" + nic.portId(),
            means.vifTimeout(),
            () -> isWired(nic));
      }
    }
  }

  private boolean isWired(Nic nic) {
    if (means.networking().isWired(nic.portId())) {
      return true;
    }
    var power = power();
    if (power != PowerState.PAUSED && power != PowerState.RUNNING) {
      // its device went with it: nobody would wire the port
      throw Fault.of(
          500,
          "GuestEnded",
          "The guest ended on host '" + host + "' before its network was there: it is " + power);
    }
    return false;
  }

  private PowerState power() {
    try {
      return means.hosts().agentHeard(host).instance(serverId).power();
    } catch (Fault f) {
      if (f.code().equals("InstanceNotFound")) {
        return PowerState.NOSTATE;
      }
      return PowerState.PAUSED; // a host that does not answer says nothing about its guests
    }
  }
}
