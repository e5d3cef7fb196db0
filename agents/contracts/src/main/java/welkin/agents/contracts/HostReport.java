package welkin.agents.contracts;

import java.util.List;

/**
 * What a compute host is and has.
 *
 * @param hypervisorType {@code QEMU}, {@code fake}, ...
 * @param hypervisorVersion e.g. 7002022 for 7.2.22
 * @param cpuInfo JSON text with arch, model, vendor, topology
 * @param vcpus physical processors, before any overcommit
 * @param memoryMb memory of the host in MiB
 * @param diskGb space for guests in GiB
 * @param hostIp an address other hosts reach it by
 * @param traits Placement traits, {@code HW_CPU_X86_...}, {@code COMPUTE_...}
 * @param accel {@code kvm} or {@code tcg}, found by running a boot sector
 */
public record HostReport(
    String host,
    String hypervisorType,
    long hypervisorVersion,
    String cpuInfo,
    int vcpus,
    long memoryMb,
    long memoryUsedMb,
    long diskGb,
    long diskUsedGb,
    String hostIp,
    List<String> traits,
    String accel) {}
