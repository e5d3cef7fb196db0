package welkin.agents.hypervisor;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceState.PowerState;
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
    String bootId) {

  /** First and last PCI slot of network devices; those below are the fixed devices'. */
  private static final int NIC_SLOT_FIRST = 0x10;

  private static final int NIC_SLOT_LAST = 0x1e;

  /**
   * The parts of a virtual computer a guest must not see change under its feet.
   *
   * @param machine a versioned machine type, never an alias
   * @param cpu a CPU model
   * @param accel kvm or tcg
   */
  record Hardware(String machine, String cpu, String accel) {}

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
            null);
    return record.withSlots(spec.nics());
  }

  GuestRecord expecting(PowerState power, String why) {
    return new GuestRecord(spec, live, hardware, base, slots, ready, power, why, bootId);
  }

  /** With a new process made from the specification. */
  GuestRecord started(PowerState power, String boot) {
    return new GuestRecord(spec, spec, hardware, base, slots, true, power, null, boot);
  }

  /** With a new process made from saved memory. */
  GuestRecord restored(PowerState power, String boot) {
    return new GuestRecord(spec, live, hardware, base, slots, true, power, null, boot);
  }

  GuestRecord withSpec(InstanceSpec next) {
    return new GuestRecord(
            withoutToken(next), live, hardware, base, slots, ready, expected, reason, bootId)
        .withSlots(next.nics());
  }

  GuestRecord withHardware(Hardware other) {
    return new GuestRecord(spec, live, other, base, slots, ready, expected, reason, bootId);
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
            bootId)
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
        bootId);
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
    return new GuestRecord(spec, live, hardware, base, more, ready, expected, reason, bootId);
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
        s.configDrive(),
        s.extraSpecs() == null ? Map.of() : s.extraSpecs(),
        s.imageProperties() == null ? Map.of() : s.imageProperties());
  }
}
