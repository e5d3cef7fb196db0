package welkin.agents.contracts;

import java.util.List;

/**
 * What a compute host is and has.
 *
 * @param hypervisorType {@code QEMU}, {@code fake}, ...
 * @param hypervisorVersion e.g. 7002022 for 7.2.22
 * @param cpuInfo JSON text with arch, model, vendor, topology and features (a list): what a guest
 *     was started with must be had by the host it is to go on at
 * @param vcpus physical processors, before any overcommit
 * @param memoryMb memory of the host in MiB
 * @param diskGb space for guests in GiB
 * @param hostIp an address other hosts reach it by
 * @param traits Placement traits, {@code HW_CPU_X86_...}, {@code COMPUTE_...}
 * @param accel {@code kvm} or {@code tcg}, found by running a boot sector
 * @param storageId identifies the storage guests' disks lie on (a marker file on it): hosts with
 *     the same id share it
 * @param uptime the line the program {@code uptime} prints: time, how long the host is up, users,
 *     load
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
    String accel,
    String storageId,
    String uptime) {

  /** Whether another report differs by the line of {@code uptime} alone, if by anything. */
  public boolean saysTheSameAs(HostReport other) {
    return equals(other.withUptime(uptime));
  }

  private HostReport withUptime(String line) {
    return new HostReport(
        host,
        hypervisorType,
        hypervisorVersion,
        cpuInfo,
        vcpus,
        memoryMb,
        memoryUsedMb,
        diskGb,
        diskUsedGb,
        hostIp,
        traits,
        accel,
        storageId,
        line);
  }
}
