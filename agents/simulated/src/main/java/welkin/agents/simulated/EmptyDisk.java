package welkin.agents.simulated;

import java.nio.ByteBuffer;

/** A qcow2 image without data: what a simulated guest's disk holds. */
final class EmptyDisk {
  private EmptyDisk() {}

  /**
   * @param virtualSize bytes
   * @return a version 3 image that {@code qemu-img check} finds sound
   */
  static byte[] qcow2(long virtualSize) {
    int bits = virtualSize <= 8L << 30 ? 12 : 16;
    int cluster = 1 << bits;
    long perL1 = (long) cluster * (cluster / 8);
    int l1 = (int) Math.max(1, (virtualSize + perL1 - 1) / perL1);
    int l1Clusters = (l1 * 8 + cluster - 1) / cluster;
    int clusters = 3 + l1Clusters; // header, refcount table, refcount block, L1 table
    var b = ByteBuffer.allocate(clusters * cluster);
    b.putInt(0, 0x514649fb).putInt(4, 3).putInt(20, bits).putLong(24, virtualSize);
    b.putInt(36, l1).putLong(40, 3L * cluster);
    b.putLong(48, cluster).putInt(56, 1);
    b.putInt(96, 4).putInt(100, 104);
    b.putLong(cluster, 2L * cluster);
    for (int i = 0; i < clusters; i++) {
      b.putShort(2 * cluster + 2 * i, (short) 1);
    }
    return b.array();
  }
}
