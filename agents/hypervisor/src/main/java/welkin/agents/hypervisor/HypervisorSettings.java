package welkin.agents.hypervisor;

import java.nio.file.Path;
import java.time.Duration;

/**
 * What the operator decides about a compute host.
 *
 * @param host its name, under which it answers on the bus
 * @param state the directory of everything it keeps; the directories above it may be closed to the
 *     user QEMU runs as
 * @param storage the directory guests' disks and base images lie in: {@code state}, or one that
 *     several hosts mount. Every directory above such a shared one must let the user below pass
 *     through.
 * @param hostIp an address other hosts reach it by; guests that move are given and taken there
 * @param uid numeric user QEMU and qemu-img run as; no account of that number is needed
 * @param gid numeric group of the same
 * @param qemu the emulator, a name on the path or an absolute path
 * @param qemuImg its image tool
 * @param storageDaemon its server of disks, {@code qemu-storage-daemon}
 * @param tapNamespace the network namespace the host's network agent moves guests' tap devices to;
 *     read for counters only
 * @param reportInterval between two signs of life
 * @param unplugLimit how long a guest may take to let go of a device
 * @param unusedBaseAge how long a base image stays in the cache after its last use
 */
public record HypervisorSettings(
    String host,
    Path state,
    Path storage,
    String hostIp,
    int uid,
    int gid,
    String qemu,
    String qemuImg,
    String storageDaemon,
    String tapNamespace,
    Duration reportInterval,
    Duration unplugLimit,
    Duration unusedBaseAge) {

  /** The usual settings. The user is the number Debian gives {@code libvirt-qemu}. */
  public static HypervisorSettings of(String host, Path state) {
    var home = state.toAbsolutePath().normalize();
    return new HypervisorSettings(
        host,
        home,
        home,
        "127.0.0.1",
        64055,
        64055,
        "qemu-system-x86_64",
        "qemu-img",
        "qemu-storage-daemon",
        "fabric",
        Duration.ofSeconds(10),
        Duration.ofSeconds(60),
        Duration.ofDays(1));
  }

  /** Whether other hosts may have guests' disks on the same storage. */
  boolean sharesStorage() {
    return !storage.equals(state);
  }

  /** With an address other hosts reach it by. */
  public HypervisorSettings withHostIp(String ip) {
    return new HypervisorSettings(
        host,
        state,
        storage,
        ip,
        uid,
        gid,
        qemu,
        qemuImg,
        storageDaemon,
        tapNamespace,
        reportInterval,
        unplugLimit,
        unusedBaseAge);
  }

  /** With guests' disks in a directory that other hosts mount, too. */
  public HypervisorSettings withStorage(Path directory) {
    return new HypervisorSettings(
        host,
        state,
        directory.toAbsolutePath().normalize(),
        hostIp,
        uid,
        gid,
        qemu,
        qemuImg,
        storageDaemon,
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
        storage,
        hostIp,
        uid,
        gid,
        qemu,
        qemuImg,
        storageDaemon,
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
        storage,
        hostIp,
        uid,
        gid,
        qemu,
        qemuImg,
        storageDaemon,
        tapNamespace,
        reportInterval,
        limit,
        unusedBaseAge);
  }
}
