package welkin.testkit;

import java.util.HexFormat;

/**
 * A guest of one boot sector, up a tenth of a second after power on and alike under every
 * accelerator. It prints {@link #BANNER} on the first serial port and then waits: the byte {@code
 * s} received there makes it power off, {@code r} makes it reset.
 *
 * <p>The polite one also obeys the ACPI power button and lets go of PCI devices that are to be
 * unplugged; the deaf one does neither, as a guest that hangs.
 */
public final class TinyGuest {
  /** What it prints at every boot. */
  public static final String BANNER = "welkin test guest up";

  /** Size of the raw disk image: below a cylinder a PC BIOS does not boot from it. */
  public static final int IMAGE_BYTES = 1 << 20;

  private static final int FLAG_OFFSET = 509;

  // 16-bit code, loaded at 0x7c00. Ports: 3f8/3fd serial data and line status, 600/602/604 the
  // PIIX4's power management status, enable and control, ae04/ae08 PCI slots to be unplugged and
  // their ejection, 64 keyboard controller (fe = reset). Between looks it halts until the timer.
  private static final String CODE =
      ""
          + "31c08ed88ed0bc007cbe777cac84c0741288c3bafd03eca82074f8baf80388d8eeebe980"
          + "3efd7d007407ba0206b80001effbf4bafd03eca801740cbaf803ec3c7374253c72742a80"
          + "3efd7d0074e3ba0006edf6c4017511ba04ae66ed6685c074d0ba08ae66efebc9ba0406b8"
          + "0020efebc0b0fee664ebba77656c6b696e20746573742067756573742075700d0a00";

  private TinyGuest() {}

  /** A raw disk image whose guest obeys the power button. */
  public static byte[] polite() {
    return image(true);
  }

  /** A raw disk image whose guest ignores everything but the two serial commands. */
  public static byte[] deaf() {
    return image(false);
  }

  private static byte[] image(boolean polite) {
    var disk = new byte[IMAGE_BYTES];
    var code = HexFormat.of().parseHex(CODE);
    System.arraycopy(code, 0, disk, 0, code.length);
    disk[FLAG_OFFSET] = (byte) (polite ? 1 : 0);
    disk[510] = 0x55;
    disk[511] = (byte) 0xaa;
    return disk;
  }
}
