package welkin.agents.contracts;

import java.util.List;
import welkin.core.Secret;

/**
 * What one host must know to take a guest over from another, or to send it one: where to connect,
 * the key that opens the connection, and what is there. Who knows a ticket can read the guest's
 * disks; it is made for one move and worth nothing afterwards.
 *
 * <p>It need not be remembered: the call that made it answers the same ticket again.
 *
 * @param host name of the host that made it
 * @param address where that host listens; only there
 * @param memoryPort TCP port that takes the guest's memory, 0 when none does
 * @param diskPort TCP port that gives or takes disks (NBD), 0 when none does
 * @param key pre-shared key of both connections (TLS-PSK), in hexadecimal digits; null when nothing
 *     listens
 * @param storageId the storage the guest's disks lie on, {@link HostReport#storageId}: a host that
 *     has the same takes them over without copying
 * @param model what must stay the same for the guest to go on (machine type, slots), for the other
 *     agent only
 * @param disks what the guest has
 */
public record MoveTicket(
    String serverId,
    String host,
    String address,
    int memoryPort,
    int diskPort,
    Secret key,
    String storageId,
    String model,
    List<Disk> disks) {

  /**
   * A disk, or another file that moves with the guest.
   *
   * @param name root, ephemeral, swap, config or console
   * @param format qcow2 or raw
   * @param sizeBytes what the guest sees of it
   * @param image the image it is an overlay of, null when it stands alone
   */
  public record Disk(String name, String format, long sizeBytes, String image) {}
}
