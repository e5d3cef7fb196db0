package welkin.agents.hypervisor;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.InstanceState;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.core.Fault;
import welkin.core.Json;

/** What happens to a guest that nobody asked for: it ends, reboots, its disk fails. */
final class GuestWatch {
  private static final Logger log = LoggerFactory.getLogger(GuestWatch.class);

  private final Guest guest;
  private final HostKit kit;
  private final GuestDirectory dir;
  private volatile String lastShutdown;

  GuestWatch(Guest guest, HostKit kit, GuestDirectory dir) {
    this.guest = guest;
    this.kit = kit;
    this.dir = dir;
  }

  /** It is started anew: what was heard before counts no more. */
  void forget() {
    lastShutdown = null;
  }

  /** Reads what was told while no agent listened. */
  void catchUp() {
    lastShutdown = shutdownInLog();
  }

  void heard(QmpEvent e) {
    if (e.is("RESUME") && guest.moves().arrivals().arriving()) {
      look();
    } else if (e.is("SHUTDOWN")) {
      lastShutdown = e.text("reason");
      look();
    } else if (e.is("BLOCK_IO_ERROR") && "stop".equals(e.text("action"))) {
      var state =
          new InstanceState(
              guest.id(), PowerState.PAUSED, "A disk request failed: " + e.text("reason"));
      Thread.startVirtualThread(() -> kit.changed().accept(state));
    }
  }

  /** Looks, on a thread of its own, whether the guest is still what it was put into. */
  void look() {
    if (!guest.left()) {
      Thread.ofVirtual().name("guest " + guest.id()).start(() -> guest.locked(this::settle));
    }
  }

  /** Looks whether the guest is still what it was put into, and tells when it is not. */
  void settle() {
    if (guest.left() || !guest.ready()) {
      return;
    }
    try {
      var m = guest.machine();
      if (m == null) {
        if (Guest.isOn(guest.record().expected()) && QemuProcess.find(dir, guest.id()).isEmpty()) {
          died();
        }
      } else if (!m.connected()) {
        // a process that dies closes its monitor a moment before it is gone
        if (m.awaitEnd(Duration.ofSeconds(5))) {
          guest.lost();
          died();
        } else {
          reconnect();
        }
      } else {
        agree(m);
      }
    } catch (RuntimeException e) {
      log.warn("guest {}: {}", guest.id(), e.toString());
      if (guest.machine() == null && Guest.isOn(guest.record().expected())) {
        // it rebooted by itself and could not be started again
        become(PowerState.CRASHED, e.getMessage());
      }
    }
  }

  private void agree(Machine m) {
    if (guest.record().move().away() != null) {
      return;
    }
    switch (Machine.power(m.status())) {
      case SHUTDOWN -> {
        if ("guest-reset".equals(lastShutdown)) {
          guest.off();
          guest.power().boot(PowerState.RUNNING);
          kit.changed()
              .accept(new InstanceState(guest.id(), PowerState.RUNNING, "The guest rebooted."));
        } else {
          become(PowerState.SHUTDOWN, "The guest shut itself down.");
          guest.off();
        }
      }
      case RUNNING -> {
        guest.moves().arrivals().arrived();
        if (guest.record().expected() != PowerState.RUNNING) {
          guest.save(guest.record().expecting(PowerState.RUNNING, null));
        }
      }
      default -> {
        // paused, as asked or by a failing disk: Guest.state() tells
      }
    }
  }

  private void reconnect() {
    var process = QemuProcess.find(dir, guest.id());
    if (process.isPresent()) {
      agree(guest.connect(process.get()));
    }
  }

  private void died() {
    if (guest.moves().arrivals().arriving()) {
      // whoever sends it knows; nobody else is told
      var said = dir.lastMessages();
      guest.save(
          guest
              .record()
              .expecting(
                  PowerState.CRASHED, "It has not arrived" + (said.isEmpty() ? "." : ": " + said)));
    } else if (!kit.facts().bootId().equals(guest.record().bootId())) {
      become(PowerState.SHUTDOWN, "The host was restarted.");
    } else {
      var said = dir.lastMessages();
      become(PowerState.CRASHED, "QEMU ended unexpectedly" + (said.isEmpty() ? "." : ": " + said));
    }
    guest.nics().removeTaps();
  }

  private void become(PowerState power, String why) {
    log.info("guest {}: {}", guest.id(), why);
    guest.save(guest.record().expecting(power, why));
    kit.changed().accept(new InstanceState(guest.id(), power, why));
  }

  /** The reason of the last shutdown that was told while no agent listened, or null. */
  private String shutdownInLog() {
    String reason = null;
    for (var line : dir.monitorLog().split("\n")) {
      if (line.contains("\"SHUTDOWN\"") && line.strip().startsWith("{")) {
        try {
          reason = Json.parse(line).path("data").path("reason").asString("");
        } catch (Fault f) {
          // the first line of the part that is read may be half a line
        }
      } else if (line.contains("\"RESUME\"")) {
        reason = null;
      }
    }
    return reason;
  }
}
