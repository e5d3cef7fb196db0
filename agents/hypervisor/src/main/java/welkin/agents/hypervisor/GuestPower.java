package welkin.agents.hypervisor;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.InstanceAgent.PowerAction;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.core.Fault;

/** A guest's being on and off: started, stopped, paused, its memory saved and brought back. */
final class GuestPower {
  private static final Logger log = LoggerFactory.getLogger(GuestPower.class);

  private final Guest guest;
  private final HostKit kit;
  private final GuestDirectory dir;

  GuestPower(Guest guest, HostKit kit, GuestDirectory dir) {
    this.guest = guest;
    this.kit = kit;
    this.dir = dir;
  }

  void apply(PowerAction action, Duration grace) {
    guest.locked(
        () -> {
          guest.present();
          guest
              .moves()
              .requireHere(
                  action != PowerAction.STOP && action != PowerAction.PAUSE,
                  action.name().toLowerCase(Locale.ROOT).replace('_', ' '));
          switch (action) {
            case START -> start();
            case STOP -> {
              guest.save(guest.record().expecting(PowerState.SHUTDOWN, null));
              shutDown(grace);
            }
            case REBOOT_SOFT -> {
              shutDown(grace);
              boot(PowerState.RUNNING);
            }
            case REBOOT_HARD -> {
              guest.off();
              boot(PowerState.RUNNING);
            }
            case PAUSE -> {
              var m = on(action);
              m.pause();
              guest.save(guest.record().expecting(PowerState.PAUSED, null));
            }
            case RESUME -> {
              var m = on(action);
              guest.save(guest.record().expecting(PowerState.RUNNING, null));
              m.cont();
            }
            case SUSPEND -> suspend();
            case RESTORE -> restore();
          }
        });
  }

  /** The machine, which must be on. */
  private Machine on(PowerAction action) {
    var m = guest.machine();
    var now = guest.state().power();
    if (m == null || !Guest.isOn(now)) {
      throw guest.invalid(action.name().toLowerCase(Locale.ROOT), now);
    }
    return m;
  }

  private void start() {
    switch (guest.state().power()) {
      case RUNNING -> {}
      case PAUSED -> {
        guest.save(guest.record().expecting(PowerState.RUNNING, null));
        guest.machine().cont();
      }
      case SUSPENDED -> restore();
      default -> {
        guest.off();
        boot(PowerState.RUNNING);
      }
    }
  }

  /** Makes a new process from the specification, paused or running. */
  void boot(PowerState power) {
    if (!dir.belongsTo(kit.settings().host())) {
      throw guest.moves().elsewhere("start");
    }
    var spec = guest.record().spec();
    if (spec.configDrive() != null) {
      dir.writeConfigDrive(spec.configDrive());
    }
    spec.nics().forEach(kit.taps()::ensure);
    try {
      Files.deleteIfExists(dir.memory());
    } catch (IOException e) {
      throw HostFiles.fault("removing saved memory", e);
    }
    var today = guest.record().withHardware(kit.facts().hardware(guest.record().hardware()));
    guest.open(
        QemuCommand.of(kit.settings().qemu(), today, spec, dir, QemuCommand.Start.PAUSED), today);
    guest.save(today.started(power, kit.facts().bootId()));
    if (power == PowerState.RUNNING) {
      guest.machine().cont();
    }
  }

  /** Lets the guest shut down by itself, or cuts it off. */
  private void shutDown(Duration grace) {
    var m = guest.machine();
    if (m != null && !grace.isZero() && Guest.powerOf(m) == PowerState.RUNNING) {
      try {
        if (!m.powerdown(grace)) {
          log.info(
              "guest {} did not shut down within {} s, cut off", guest.id(), grace.toSeconds());
        }
      } catch (Fault f) {
        log.info("guest {}: {}", guest.id(), f.getMessage());
      }
    }
    guest.off();
  }

  private void suspend() {
    if (guest.state().power() == PowerState.SUSPENDED) {
      return;
    }
    var m = on(PowerAction.SUSPEND);
    if (!(m.status().equals("postmigrate") && Files.exists(dir.memory()))) {
      var wasRunning = m.status().equals("running");
      var part = dir.root().resolve("memory.part");
      try {
        if (m.status().equals("postmigrate")) {
          m.cont();
        }
        m.pause();
        m.saveMemory(part, kit.confinement());
        HostFiles.rename(part, dir.memory());
      } catch (IOException | RuntimeException e) {
        try {
          Files.deleteIfExists(part);
          if (wasRunning && m.connected()) {
            m.cont();
          }
        } catch (IOException | RuntimeException more) {
          e.addSuppressed(more);
        }
        throw e instanceof IOException io
            ? HostFiles.fault("saving memory", io)
            : (RuntimeException) e;
      }
    }
    guest.save(guest.record().expecting(PowerState.SUSPENDED, null));
    guest.off();
  }

  private void restore() {
    var now = guest.state().power();
    if (now == PowerState.RUNNING) {
      return;
    }
    if (now == PowerState.SUSPENDED) {
      if (!Files.exists(dir.memory())) {
        throw Fault.of(
            500, "MemoryMissing", "The saved memory of server " + guest.id() + " is gone.");
      }
      var live = guest.record().live();
      live.nics().forEach(kit.taps()::ensure);
      guest.open(
          QemuCommand.of(kit.settings().qemu(), guest.record(), live, dir, QemuCommand.Start.FED),
          guest.record());
      try {
        guest.machine().loadMemory(dir.memory());
        guest.machine().cont();
      } catch (RuntimeException e) {
        guest.off();
        throw e;
      }
      guest.save(guest.record().restored(PowerState.RUNNING, kit.facts().bootId()));
      try {
        Files.deleteIfExists(dir.memory());
      } catch (IOException e) {
        log.warn("{}: {}", guest.id(), e.toString());
      }
    } else if (now == PowerState.PAUSED) {
      apply(PowerAction.RESUME, Duration.ZERO);
    } else {
      throw guest.invalid("restore", now);
    }
  }

  /** Shuts it down because the host goes down; nobody is told. */
  void hostDown(Duration grace, String reason) {
    guest.locked(
        () -> {
          if (guest.record() != null && guest.machine() != null) {
            guest.save(guest.record().expecting(PowerState.SHUTDOWN, reason));
            shutDown(grace);
          }
        });
  }
}
