package welkin.testkit;

import java.util.HexFormat;

/**
 * A guest of one boot sector, up a tenth of a second after power on and alike under every
 * accelerator. It prints {@link #BANNER} on the first serial port and then waits: the byte {@code
 * s} received there makes it power off, {@code r} makes it reset.
 *
 * <p>The polite one also obeys the ACPI power button and lets go of PCI devices that are to be
 * unplugged; the deaf one does neither, as a guest that hangs. The busy one is polite and changes
 * 128 pages of memory 18 times a second, some 9 MiB.
 */
public final class TinyGuest {
  /** What it prints at every boot. */
  public static final String BANNER = "welkin test guest up";

  /** Size of the raw disk image: below a cylinder a PC BIOS does not boot from it. */
  public static final int IMAGE_BYTES = 1 << 20;

  private static final int FLAG_OFFSET = 509;

  // 16-bit code, loaded at 0x7c00. Ports: 3f8/3fd serial data and line status, 600/602/604 the
  // PIIX4's power management status, enable and control, ae04/ae08 PCI slots to be unplugged and
  // their ejection, 64 keyboard controller (fe = reset). Between looks it halts until the timer;
  // the busy one adds one to a word of each page from 64 to 576 KiB before.
  private static final String CODE =
      ""
          + "31c08ed88ed0bc007cbe777cac84c0741288c3bafd03eca82074f8baf80388d8eeebe980"
          + "3efd7d007407ba0206b80001efeb5bbafd03eca801740cbaf803ec3c7374253c72742a80"
          + "3efd7d0074e3ba0006edf6c4017511ba04ae66ed6685c074d0ba08ae66efebc9ba0406b8"
          + "0020efebc0b0fee664ebba77656c6b696e20746573742067756573742075700d0a00f606"
          + "fd7d027414bb00108ec326ff06000081c3000181fb009072effbf4eb86";

  private TinyGuest() {}

  /** A raw disk image whose guest obeys the power button. */
  public static byte[] polite() {
    return image(1);
  }

  /** A raw disk image whose guest ignores everything but the two serial commands. */
  public static byte[] deaf() {
    return image(0);
  }

  /** A raw disk image whose guest changes its memory faster than 1 MiB/s can carry away. */
  public static byte[] busy() {
    return image(2);
  }

  private static byte[] image(int flags) {
    var disk = new byte[IMAGE_BYTES];
    var code = HexFormat.of().parseHex(CODE);
    System.arraycopy(code, 0, disk, 0, code.length);
    disk[FLAG_OFFSET] = (byte) flags;
    disk[510] = 0x55;
    disk[511] = (byte) 0xaa;
    return disk;
  }
}
