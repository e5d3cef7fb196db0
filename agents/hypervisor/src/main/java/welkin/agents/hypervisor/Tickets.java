package welkin.agents.hypervisor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import welkin.agents.contracts.MoveTicket;
import welkin.agents.contracts.MoveTicket.Disk;
import welkin.agents.hypervisor.GuestRecord.Model;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.core.Secret;

/** What a guest's hosts tell each other of it, when it moves. */
final class Tickets {
  private final Guest guest;
  private final HostKit kit;
  private final GuestDirectory dir;

  Tickets(Guest guest, HostKit kit, GuestDirectory dir) {
    this.guest = guest;
    this.kit = kit;
    this.dir = dir;
  }

  /** To who may fetch its disks. */
  MoveTicket toFetch(int port, Secret key) {
    return new MoveTicket(
        guest.id(),
        kit.settings().host(),
        kit.settings().hostIp(),
        0,
        port,
        key,
        kit.facts().storageId(),
        Json.text(guest.record().model()),
        disks());
  }

  private List<Disk> disks() {
    var all = new ArrayList<Disk>();
    all.add(new Disk("root", "qcow2", guest.disks().virtualSize(), image(guest.record().base())));
    size(GuestDirectory.EPHEMERAL).ifPresent(n -> all.add(new Disk("ephemeral", "raw", n, null)));
    size(GuestDirectory.SWAP).ifPresent(n -> all.add(new Disk("swap", "raw", n, null)));
    if (guest.record().spec().configDrive() != null) {
      size(GuestDirectory.CONFIG_DRIVE).ifPresent(n -> all.add(new Disk("config", "raw", n, null)));
    }
    return all;
  }

  private Optional<Long> size(String disk) {
    try {
      var file = dir.disks().resolve(disk).normalize();
      return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
          ? Optional.of(Files.size(file))
          : Optional.empty();
    } catch (IOException e) {
      throw HostFiles.fault("looking at " + disk, e);
    }
  }

  /** The image a base file was made from, null for none. */
  private static String image(String base) {
    return base == null ? null : base.replaceFirst("\\.raw$", "");
  }

  /** As it may be written down. */
  static MoveTicket withoutKey(MoveTicket t) {
    return new MoveTicket(
        t.serverId(),
        t.host(),
        t.address(),
        t.memoryPort(),
        t.diskPort(),
        null,
        t.storageId(),
        t.model(),
        t.disks());
  }

  /** Whether the root disk is an overlay of a base that is here, too. */
  static boolean overlays(MoveTicket from, String base) {
    var image = disk(from, "root").image();
    return base != null && base.equals(image + ".raw");
  }

  private static Disk disk(MoveTicket ticket, String name) {
    return ticket.disks().stream()
        .filter(d -> d.name().equals(name))
        .findFirst()
        .orElseThrow(() -> Fault.badRequest("The ticket has no " + name + " disk."));
  }

  /** What the guest's computer is like. */
  static Model model(MoveTicket from) {
    var model = Json.read(from.model(), Model.class);
    if (model == null || model.hardware() == null) {
      throw Fault.badRequest("The ticket comes from another kind of hypervisor.");
    }
    return model;
  }

  /** To who sends the guest's memory and disks. */
  MoveTicket toSend() {
    var a = guest.record().move().arrival();
    return new MoveTicket(
        guest.id(),
        kit.settings().host(),
        kit.settings().hostIp(),
        a.memoryPort(),
        a.diskPort(),
        new MoveKey(dir, "key-in", kit.confinement()).read(),
        kit.facts().storageId(),
        Json.text(guest.record().model()),
        disks());
  }
}
