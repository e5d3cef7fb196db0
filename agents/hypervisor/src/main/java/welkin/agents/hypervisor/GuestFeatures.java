package welkin.agents.hypervisor;

import java.util.List;
import java.util.Map;
import java.util.Set;
import welkin.agents.contracts.InstanceSpec;
import welkin.core.Fault;

/** Reads what a flavor and an image ask of the virtual hardware, and refuses what is not here. */
final class GuestFeatures {
  private static final Set<String> DISK_BUSES = Set.of("virtio", "scsi", "ide");
  private static final Map<String, String> NIC_MODELS =
      Map.of(
          "virtio", "virtio-net-pci",
          "e1000", "e1000",
          "e1000e", "e1000e",
          "rtl8139", "rtl8139",
          "pcnet", "pcnet",
          "ne2k_pci", "ne2k_pci");
  // asking for these changes what the guest is: starting it without would be a lie
  private static final List<String> UNSUPPORTED =
      List.of(
          "hw:numa_nodes",
          "hw:pci_numa_affinity_policy",
          "hw:pmem",
          "hw:tpm_version",
          "hw:mem_encryption",
          "hw:locked_memory",
          "pci_passthrough:alias",
          "hw_tpm_version",
          "hw_mem_encryption",
          "kernel_id",
          "ramdisk_id");

  private GuestFeatures() {}

  static void check(InstanceSpec spec) {
    if (spec.vcpus() < 1 || spec.vcpus() > 255 || spec.memoryMb() < 1) {
      throw Fault.badRequest("A guest needs 1 to 255 processors and at least 1 MiB of memory.");
    }
    diskBus(spec);
    cdromBus(spec);
    nicModel(spec);
    topology(spec);
    for (var name : UNSUPPORTED) {
      var value = asked(spec, name);
      if (value != null && !value.isEmpty()) {
        throw unsupported(name, value);
      }
    }
    mustBe(spec, "hw_firmware_type", "bios");
    mustBe(spec, "hw_machine_type", "pc", "pc-i440fx.*");
    mustBe(spec, "hw:cpu_policy", "shared");
    mustBe(spec, "hw_cpu_policy", "shared");
    mustBe(spec, "hw:mem_page_size", "small", "any");
    mustBe(spec, "hw_mem_page_size", "small", "any");
    mustBe(spec, "os_secure_boot", "disabled", "optional");
    mustBe(spec, "os:secure_boot", "disabled", "optional");
    mustBe(spec, "hw_architecture", "x86_64");
    mustBe(spec, "architecture", "x86_64", "amd64", "i686", "i386");
  }

  static String diskBus(InstanceSpec spec) {
    return bus(spec, "hw_disk_bus");
  }

  /** How the config drive is attached; as a disk unless the image wants a CD-ROM drive. */
  static String cdromBus(InstanceSpec spec) {
    return asked(spec, "hw_cdrom_bus") == null ? "virtio" : bus(spec, "hw_cdrom_bus");
  }

  private static String bus(InstanceSpec spec, String name) {
    var bus = asked(spec, name);
    if (bus != null && !DISK_BUSES.contains(bus)) {
      throw unsupported(name, bus);
    }
    return bus == null ? "virtio" : bus;
  }

  /** The QEMU device of network interfaces. */
  static String nicModel(InstanceSpec spec) {
    var model = asked(spec, "hw_vif_model");
    if (model == null) {
      return "virtio-net-pci";
    }
    if (!NIC_MODELS.containsKey(model)) {
      throw unsupported("hw_vif_model", model);
    }
    return NIC_MODELS.get(model);
  }

  /**
   * The processor topology as QEMU's {@code -smp} wants it; a socket for every processor unless
   * flavor or image say otherwise.
   */
  static String topology(InstanceSpec spec) {
    int n = spec.vcpus();
    int threads = number(spec, "threads", 1);
    int cores = number(spec, "cores", 0);
    int sockets = number(spec, "sockets", 0);
    if (cores == 0 && sockets == 0) {
      cores = 1;
      sockets = n / threads;
    } else if (cores == 0) {
      cores = n / (threads * sockets);
    } else if (sockets == 0) {
      sockets = n / (threads * cores);
    }
    if (sockets * cores * threads != n) {
      throw Fault.of(
          400,
          "ImageVCPUTopologyRangeExceeded",
          "The processor topology asked for does not give " + n + " processors.");
    }
    return n + ",sockets=" + sockets + ",cores=" + cores + ",threads=" + threads;
  }

  private static int number(InstanceSpec spec, String what, int fallback) {
    var v = asked(spec, "hw:cpu_" + what);
    v = v == null ? asked(spec, "hw_cpu_" + what) : v;
    if (v == null) {
      return fallback;
    }
    if (!v.matches("[1-9][0-9]{0,2}")) {
      throw unsupported("hw_cpu_" + what, v);
    }
    return Integer.parseInt(v);
  }

  private static String asked(InstanceSpec spec, String name) {
    var flavor = spec.extraSpecs() == null ? null : spec.extraSpecs().get(name);
    if (flavor != null) {
      return flavor;
    }
    return spec.imageProperties() == null ? null : spec.imageProperties().get(name);
  }

  private static void mustBe(InstanceSpec spec, String name, String... patterns) {
    var v = asked(spec, name);
    if (v != null && !v.isEmpty() && List.of(patterns).stream().noneMatch(v::matches)) {
      throw unsupported(name, v);
    }
  }

  private static Fault unsupported(String name, String value) {
    return Fault.of(
        400,
        "UnsupportedGuestFeature",
        "This host cannot give a guest " + name + "=" + value + ".");
  }
}
