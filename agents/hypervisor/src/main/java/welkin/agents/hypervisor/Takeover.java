package welkin.agents.hypervisor;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.agents.contracts.MoveTicket;
import welkin.core.Fault;

/** Takes over a stopped guest that another host had: its disks are fetched, or just taken. */
final class Takeover {
  private final Guest guest;
  private final HostKit kit;
  private final GuestDirectory dir;
  private final GuestMoves moves;

  Takeover(Guest guest, HostKit kit, GuestDirectory dir, GuestMoves moves) {
    this.guest = guest;
    this.kit = kit;
    this.dir = dir;
    this.moves = moves;
  }

  private GuestRecord record() {
    return guest.record();
  }

  private GuestRecord.Moving move() {
    return record().move();
  }

  private String host() {
    return kit.settings().host();
  }

  /**
   * Takes over a guest this host has already; false when it must be fetched or taken.
   *
   * @param here whether it is to be what is here, whatever else there is
   */
  boolean keep(InstanceSpec spec, boolean here) {
    var kept = new boolean[1];
    guest.locked(
        () -> {
          if (record() == null || !record().ready()) {
            return;
          }
          if (move().arrival() != null) {
            throw moves.refused("is arriving", "take over the disks of");
          }
          var away = move().away() != null || !dir.belongsTo(host());
          if (away && !here) {
            return;
          }
          if (guest.machine() == null) {
            if (here) {
              moves.server().close();
            }
            dir.own(host());
            fit(spec);
            var move = move().away(null).departing(null).opened(!here && move().opened());
            guest.save(record().withSpec(spec).expecting(PowerState.SHUTDOWN, null).moving(move));
          }
          kept[0] = true;
        });
    return kept[0];
  }

  private void fit(InstanceSpec spec) {
    try {
      guest.disks().fit(spec);
    } catch (IOException e) {
      throw HostFiles.fault("fitting disks", e);
    }
  }

  /**
   * Makes a stopped guest of another host's disks.
   *
   * @param from null takes them from shared storage
   * @param base the image cache's file for the guest's image, or null when that is not to be had
   */
  void adopt(InstanceSpec spec, MoveTicket from, String base) {
    try {
      var shared = from == null || from.storageId().equals(kit.facts().storageId());
      var model = shared ? dir.model() : Tickets.model(from);
      if (shared && (model == null || !Files.exists(dir.disks().resolve(GuestDirectory.DISK)))) {
        throw Fault.of(
            409,
            "DisksNotFound",
            "Host '" + host() + "' has no disks of server " + guest.id() + " within its reach.");
      }
      var file = shared ? model.base() : Tickets.overlays(from, base) ? base : null;
      var next = GuestRecord.from(spec, model, file);
      guest.locked(
          () -> {
            moves.prepareDirectory(next, shared);
          });
      if (!shared) {
        copy(from, file != null);
      }
      guest.locked(
          () -> {
            dir.own(host());
            fit(spec);
            guest.save(next.madeReady().expecting(PowerState.SHUTDOWN, null));
          });
    } catch (IOException e) {
      throw HostFiles.fault("taking over guest " + guest.id(), e);
    }
  }

  private void copy(MoveTicket from, boolean overlay) throws IOException {
    var fetching = moves.fetching(from);
    for (var d : from.disks()) {
      switch (d.name()) {
        case "root" -> {
          if (overlay) {
            fetching.fetch(
                "root-file", dir.disks(), GuestDirectory.DISK, "raw", d.sizeBytes() + (1L << 30));
            requirePlain();
          } else {
            fetching.fetch("root", dir.disks(), GuestDirectory.DISK, "qcow2", d.sizeBytes());
          }
        }
        case "ephemeral" ->
            fetching.fetch(
                "ephemeral", dir.disks(), GuestDirectory.EPHEMERAL, "raw", d.sizeBytes());
        case "swap" ->
            fetching.fetch("swap", dir.disks(), GuestDirectory.SWAP, "raw", d.sizeBytes());
        default -> {
          // the config drive is made anew at the next start
        }
      }
    }
    dir.continueConsole(fetching.console());
    fetching.done();
  }

  /** A disk must not name files of this host (external data file, qcow2 incompatible bit 2). */
  private void requirePlain() throws IOException {
    try (var disk =
        FileChannel.open(
            dir.disks().resolve(GuestDirectory.DISK),
            Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
      var header = ByteBuffer.allocate(104);
      while (header.hasRemaining() && disk.read(header) > 0) {
        // until full
      }
      boolean plain = header.getInt(0) == 0x514649fb;
      if (!plain || header.getInt(4) >= 3 && (header.getLong(72) & 4) != 0) {
        throw Fault.of(400, "ImageUnacceptable", "The disk that came is no plain qcow2 overlay.");
      }
    }
  }
}
