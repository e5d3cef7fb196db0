package welkin.agents.hypervisor;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.agents.contracts.LiveOptions;
import welkin.agents.contracts.MigrationProgress;
import welkin.agents.contracts.MoveTicket;
import welkin.agents.contracts.NicSpec;
import welkin.core.Fault;

/**
 * What a host remembers of a guest, in {@code guest.json}. No secret is in it.
 *
 * @param spec the specification for the next start
 * @param live the specification the present process (or saved memory) was made from, its network
 *     devices kept up to date; null before the first start
 * @param hardware what must stay the same for the guest's saved memory to fit
 * @param base file name of the base image in the image cache
 * @param slots PCI slot by port id
 * @param ready whether the guest was made completely
 * @param expected the power state it was put into; what it really is, its process tells
 * @param reason why it is in this state, when nobody asked for it
 * @param bootId of the host's kernel, when its process was started last
 * @param moving on its way from or to another host; null when it is not
 */
record GuestRecord(
    InstanceSpec spec,
    InstanceSpec live,
    Hardware hardware,
    String base,
    Map<String, Integer> slots,
    boolean ready,
    PowerState expected,
    String reason,
    String bootId,
    Moving moving) {

  /** First and last PCI slot of network devices; those below are the fixed devices'. */
  private static final int NIC_SLOT_FIRST = 0x10;

  private static final int NIC_SLOT_LAST = 0x1e;

  /**
   * The parts of a virtual computer a guest must not see change under its feet.
   *
   * @param machine a versioned machine type, never an alias
   * @param cpu a CPU model
   * @param accel kvm or tcg
   * @param memoryTrimKib how much less memory it has than was asked for, see {@link
   *     HostFacts#hardware()}
   */
  record Hardware(String machine, String cpu, String accel, int memoryTrimKib) {}

  /**
   * What its other host must know of a guest, for it to find the same computer.
   *
   * @param postCopy whether it can arrive by post-copy
   * @param live the specification its process was made from, without the config drive's content
   */
  record Model(
      Hardware hardware,
      Map<String, Integer> slots,
      String base,
      InstanceSpec live,
      boolean postCopy) {}

  /**
   * A guest's move.
   *
   * @param opened whether its disks are open for another host
   * @param away the host it belongs to now, null when it is this one: it must not run here
   * @param arrival how it comes from another host, else null
   * @param departure its live migration to another host, the last one, else null
   */
  record Moving(boolean opened, String away, Arrival arrival, Departure departure) {
    static final Moving NOT = new Moving(false, null, null, null);

    Moving opened(boolean is) {
      return new Moving(is, away, arrival, departure);
    }

    Moving away(String host) {
      return new Moving(opened, host, arrival, departure);
    }

    Moving arriving(Arrival a) {
      return new Moving(opened, away, a, departure);
    }

    Moving departing(Departure d) {
      return new Moving(opened, away, arrival, d);
    }
  }

  /**
   * A guest that waits for its memory, or has just got it.
   *
   * @param from where it comes from, without the key
   * @param postCopy whether this host can take memory after the guest runs
   * @param arrived whether it has its memory and is this host's
   */
  record Arrival(
      MoveTicket from,
      boolean block,
      int memoryPort,
      int diskPort,
      boolean postCopy,
      boolean arrived) {
    Arrival done() {
      return new Arrival(from, block, memoryPort, diskPort, postCopy, true);
    }
  }

  /**
   * A live migration to another host.
   *
   * @param to where it goes, without the key
   * @param memory whether memory is being sent, so that QEMU knows how it fares
   * @param leaving whether it was said that the guest is about to go
   * @param progress how it ended; null while it goes on
   */
  record Departure(
      MoveTicket to,
      LiveOptions options,
      Instant began,
      boolean memory,
      boolean forced,
      boolean leaving,
      MigrationProgress progress) {
    Departure sendsMemory() {
      return new Departure(to, options, began, true, forced, leaving, progress);
    }

    Departure inForce() {
      return new Departure(to, options, began, memory, true, leaving, progress);
    }

    Departure aboutToGo() {
      return new Departure(to, options, began, memory, forced, true, progress);
    }

    Departure stays() {
      return new Departure(to, options, began, memory, forced, false, progress);
    }

    Departure over(MigrationProgress end) {
      return new Departure(to, options, began, memory, forced, leaving, end);
    }
  }

  static GuestRecord building(InstanceSpec spec, Hardware hardware, String base) {
    var record =
        new GuestRecord(
            withoutToken(spec),
            null,
            hardware,
            base,
            Map.of(),
            false,
            PowerState.NOSTATE,
            null,
            null,
            null);
    return record.withSlots(spec.nics());
  }

  /** A guest that another host had: stopped, with the computer it knows. */
  static GuestRecord from(InstanceSpec spec, Model model, String base) {
    var fresh = building(spec, model.hardware(), base);
    return new GuestRecord(
            fresh.spec,
            model.live() == null ? null : withoutToken(model.live()),
            fresh.hardware,
            base,
            model.slots() == null ? Map.of() : model.slots(),
            false,
            PowerState.NOSTATE,
            null,
            null,
            null)
        .withSlots(spec.nics() == null ? List.of() : spec.nics());
  }

  Model model() {
    var l = live == null ? spec : live;
    return new Model(
        hardware,
        slots,
        base,
        with(l, l.nics(), l.image(), l.configDrive() == null ? null : Map.of()),
        move().arrival() != null && move().arrival().postCopy());
  }

  /** How it moves; never null. */
  Moving move() {
    return moving == null ? Moving.NOT : moving;
  }

  GuestRecord moving(Moving how) {
    return new GuestRecord(
        spec,
        live,
        hardware,
        base,
        slots,
        ready,
        expected,
        reason,
        bootId,
        Moving.NOT.equals(how) ? null : how);
  }

  /** With a process made from a specification of its own. */
  GuestRecord living(InstanceSpec as) {
    return new GuestRecord(
        spec, as, hardware, base, slots, ready, expected, reason, bootId, moving);
  }

  GuestRecord madeReady() {
    return new GuestRecord(
        spec, live, hardware, base, slots, true, expected, reason, bootId, moving);
  }

  GuestRecord expecting(PowerState power, String why) {
    return new GuestRecord(spec, live, hardware, base, slots, ready, power, why, bootId, moving);
  }

  /** With a new process made from the specification. */
  GuestRecord started(PowerState power, String boot) {
    return new GuestRecord(spec, spec, hardware, base, slots, true, power, null, boot, moving);
  }

  /** With a new process made from saved memory. */
  GuestRecord restored(PowerState power, String boot) {
    return new GuestRecord(spec, live, hardware, base, slots, true, power, null, boot, moving);
  }

  GuestRecord withSpec(InstanceSpec next) {
    return new GuestRecord(
            withoutToken(next),
            live,
            hardware,
            base,
            slots,
            ready,
            expected,
            reason,
            bootId,
            moving)
        .withSlots(next.nics());
  }

  GuestRecord withHardware(Hardware other) {
    return new GuestRecord(spec, live, other, base, slots, ready, expected, reason, bootId, moving);
  }

  /** With one network device more, for the next start and, if it runs, for now. */
  GuestRecord plus(NicSpec nic, boolean running) {
    return new GuestRecord(
            plus(spec, nic),
            running ? plus(live, nic) : live,
            hardware,
            base,
            slots,
            ready,
            expected,
            reason,
            bootId,
            moving)
        .withSlots(List.of(nic));
  }

  GuestRecord minus(String portId) {
    var left = new TreeMap<>(slots);
    left.remove(portId);
    return new GuestRecord(
        minus(spec, portId),
        live == null ? null : minus(live, portId),
        hardware,
        base,
        left,
        ready,
        expected,
        reason,
        bootId,
        moving);
  }

  private GuestRecord withSlots(List<NicSpec> nics) {
    var more = new TreeMap<>(slots);
    for (var nic : nics) {
      if (!more.containsKey(nic.portId())) {
        int slot = NIC_SLOT_FIRST;
        while (more.containsValue(slot)) {
          slot++;
        }
        if (slot > NIC_SLOT_LAST) {
          throw Fault.of(
              400,
              "TooManyDevices",
              "A guest can have at most "
                  + (NIC_SLOT_LAST - NIC_SLOT_FIRST + 1)
                  + " network devices.");
        }
        more.put(nic.portId(), slot);
      }
    }
    return new GuestRecord(
        spec, live, hardware, base, more, ready, expected, reason, bootId, moving);
  }

  private static InstanceSpec plus(InstanceSpec spec, NicSpec nic) {
    if (spec.nics().stream().anyMatch(n -> n.portId().equals(nic.portId()))) {
      return spec;
    }
    var nics = new ArrayList<>(spec.nics());
    nics.add(nic);
    return with(spec, nics, spec.image());
  }

  private static InstanceSpec minus(InstanceSpec spec, String portId) {
    return with(
        spec, spec.nics().stream().filter(n -> !n.portId().equals(portId)).toList(), spec.image());
  }

  private static InstanceSpec withoutToken(InstanceSpec s) {
    var i = s.image();
    return with(
        s,
        s.nics() == null ? List.of() : s.nics(),
        i == null
            ? null
            : new InstanceSpec.ImageSource(
                i.id(), i.url(), null, i.diskFormat(), i.sizeBytes(), i.osHashValue()));
  }

  private static InstanceSpec with(
      InstanceSpec s, List<NicSpec> nics, InstanceSpec.ImageSource image) {
    return with(s, nics, image, s.configDrive());
  }

  private static InstanceSpec with(
      InstanceSpec s,
      List<NicSpec> nics,
      InstanceSpec.ImageSource image,
      Map<String, String> configDrive) {
    return new InstanceSpec(
        s.serverId(),
        s.name(),
        s.hostname(),
        s.projectId(),
        s.vcpus(),
        s.memoryMb(),
        s.rootGb(),
        s.ephemeralGb(),
        s.swapMb(),
        image,
        nics,
        configDrive,
        s.extraSpecs() == null ? Map.of() : s.extraSpecs(),
        s.imageProperties() == null ? Map.of() : s.imageProperties());
  }
}
