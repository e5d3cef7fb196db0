package welkin.agents.hypervisor;

import java.util.HashMap;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.agents.contracts.NicSpec;

/** A guest's network interfaces, and the taps they are plugged into. */
final class GuestNics {
  private final Guest guest;
  private final HostKit kit;

  GuestNics(Guest guest, HostKit kit) {
    this.guest = guest;
    this.kit = kit;
  }

  void attach(NicSpec nic) {
    guest.locked(
        () -> {
          guest.present();
          var now = guest.state().power();
          if (now == PowerState.SUSPENDED) {
            throw guest.invalid("attach an interface to", now);
          }
          var running = guest.machine() != null && Guest.isOn(now);
          var next = guest.record().plus(nic, running);
          if (running) {
            kit.taps().ensure(nic);
            try {
              guest.machine().plug(next, nic);
            } catch (RuntimeException e) {
              kit.taps().remove(nic);
              throw e;
            }
          }
          guest.save(next);
        });
  }

  void detach(String portId) {
    guest.locked(
        () -> {
          guest.present();
          var now = guest.state().power();
          if (now == PowerState.SUSPENDED) {
            throw guest.invalid("detach an interface from", now);
          }
          var nics = new HashMap<String, NicSpec>();
          guest.record().spec().nics().forEach(n -> nics.put(n.portId(), n));
          if (guest.record().live() != null) {
            guest.record().live().nics().forEach(n -> nics.put(n.portId(), n));
          }
          if (guest.machine() != null && Guest.isOn(now)) {
            guest.machine().unplug(portId, kit.settings().unplugLimit());
          }
          guest.save(guest.record().minus(portId));
          if (nics.get(portId) != null) {
            kit.taps().remove(nics.get(portId));
          }
        });
  }

  void removeTaps() {
    guest.record().spec().nics().forEach(kit.taps()::remove);
    if (guest.record().live() != null) {
      guest.record().live().nics().forEach(kit.taps()::remove);
    }
  }
}
