package welkin.agents.hypervisor;

import java.nio.file.Path;
import java.time.Duration;

/**
 * What the operator decides about a compute host.
 *
 * @param host its name, under which it answers on the bus
 * @param state the directory of everything it keeps; the directories above it may be closed to the
 *     user QEMU runs as
 * @param hostIp an address other hosts reach it by
 * @param uid numeric user QEMU and qemu-img run as; no account of that number is needed
 * @param gid numeric group of the same
 * @param qemu the emulator, a name on the path or an absolute path
 * @param qemuImg its image tool
 * @param tapNamespace the network namespace the host's network agent moves guests' tap devices to;
 *     read for counters only
 * @param reportInterval between two signs of life
 * @param unplugLimit how long a guest may take to let go of a device
 * @param unusedBaseAge how long a base image stays in the cache after its last use
 */
public record HypervisorSettings(
    String host,
    Path state,
    String hostIp,
    int uid,
    int gid,
    String qemu,
    String qemuImg,
    String tapNamespace,
    Duration reportInterval,
    Duration unplugLimit,
    Duration unusedBaseAge) {

  /** The usual settings. The user is the number Debian gives {@code libvirt-qemu}. */
  public static HypervisorSettings of(String host, Path state) {
    return new HypervisorSettings(
        host,
        state.toAbsolutePath().normalize(),
        "127.0.0.1",
        64055,
        64055,
        "qemu-system-x86_64",
        "qemu-img",
        "fabric",
        Duration.ofSeconds(10),
        Duration.ofSeconds(60),
        Duration.ofDays(1));
  }

  public HypervisorSettings withHostIp(String ip) {
    return new HypervisorSettings(
        host,
        state,
        ip,
        uid,
        gid,
        qemu,
        qemuImg,
        tapNamespace,
        reportInterval,
        unplugLimit,
        unusedBaseAge);
  }

  /** With another name of the network agent's namespace. */
  public HypervisorSettings withTapNamespace(String namespace) {
    return new HypervisorSettings(
        host,
        state,
        hostIp,
        uid,
        gid,
        qemu,
        qemuImg,
        namespace,
        reportInterval,
        unplugLimit,
        unusedBaseAge);
  }

  /** With another limit for a guest to let go of a device. */
  public HypervisorSettings withUnplugLimit(Duration limit) {
    return new HypervisorSettings(
        host,
        state,
        hostIp,
        uid,
        gid,
        qemu,
        qemuImg,
        tapNamespace,
        reportInterval,
        limit,
        unusedBaseAge);
  }
}
