package welkin.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import welkin.core.Fault;

class ImageInspectorTest {
  private static final long GIB = 1L << 30;
  @TempDir Path dir;

  /** Every way of looking must agree: the file, one big chunk, and small odd ones. */
  private Inspection inspect(byte[] image) {
    try {
      var file = Files.write(dir.resolve("image"), image);
      var verdict = ImageInspector.inspect(file);
      for (int chunk : new int[] {Math.max(1, image.length), 4099, 65_536}) {
        var stream = new ImageInspector();
        for (int at = 0; at < image.length; at += chunk) {
          stream.feed(image, at, Math.min(chunk, image.length - at));
        }
        assertThat(stream.bytes()).isEqualTo(image.length);
        assertThat(stream.finish()).isEqualTo(verdict);
      }
      return verdict;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void refused(byte[] image, String format, String why) {
    var i = inspect(image);
    assertThat(i.format()).isEqualTo(format);
    assertThat(i.safe()).isFalse();
    assertThat(i.reason()).contains(why);
    assertThatThrownBy(() -> i.require(format))
        .isInstanceOfSatisfying(Fault.class, f -> assertThat(f.status()).isEqualTo(400))
        .hasMessageContaining(why);
  }

  private void accepted(byte[] image, String format, long virtual) {
    var i = inspect(image);
    assertThat(i.reason()).isNull();
    assertThat(i.safe()).isTrue();
    assertThat(i.format()).isEqualTo(format);
    assertThat(i.virtualSizeBytes()).isEqualTo(virtual);
    i.require(format);
  }

  private static byte[] image(int size, ByteOrder order, Consumer<ByteBuffer> fill) {
    var b = ByteBuffer.allocate(size).order(order);
    fill.accept(b);
    return b.array();
  }

  private static byte[] with(byte[] image, ByteOrder order, Consumer<ByteBuffer> change) {
    var copy = image.clone();
    change.accept(ByteBuffer.wrap(copy).order(order));
    return copy;
  }

  private static byte[] ascii(String s) {
    return s.getBytes(StandardCharsets.ISO_8859_1);
  }

  // ---- qcow2 ----

  private static byte[] qcow2() {
    return image(
        5 << 16,
        ByteOrder.BIG_ENDIAN,
        b -> {
          b.putInt(0, 0x514649fb).putInt(4, 3);
          b.putInt(20, 16).putLong(24, GIB);
          b.putInt(36, 2).putLong(40, 3 << 16); // L1
          b.putLong(48, 1 << 16).putInt(56, 1); // refcounts
          b.putInt(96, 4).putInt(100, 104);
        });
  }

  private static byte[] qcow2(Consumer<ByteBuffer> change) {
    return with(qcow2(), ByteOrder.BIG_ENDIAN, change);
  }

  @Test
  void qcow2IsUsableWhenItStandsAlone() {
    accepted(qcow2(), "qcow2", GIB);
    accepted(qcow2(b -> b.putInt(104, 0x6803f857).putInt(108, 48)), "qcow2", GIB);
    accepted(qcow2(b -> b.putInt(4, 2).putLong(72, 0).putInt(96, 0).putInt(100, 0)), "qcow2", GIB);
  }

  @Test
  void qcow2ThatNamesOtherFilesIsRefused() {
    refused(
        qcow2(b -> b.putLong(8, 512).putInt(16, 11).put(512, ascii("/etc/shadow"))),
        "qcow2",
        "backing file");
    refused(qcow2(b -> b.putInt(16, 11)), "qcow2", "backing file");
    refused(qcow2(b -> b.putLong(72, 4)), "qcow2", "another file");
    refused(qcow2(b -> b.putInt(104, 0x44415441).putInt(108, 11)), "qcow2", "external data file");
    refused(
        qcow2(
            b -> {
              b.putInt(104, 0x6803f857).putInt(108, 1000);
              b.putInt(112 + 1000, 0x44415441).putInt(116 + 1000, 11);
            }),
        "qcow2",
        "external data file");
    refused(qcow2(b -> b.putInt(104, 0xE2792ACA).putInt(108, 3)), "qcow2", "backing file");
  }

  @Test
  void brokenOrStrangeQcow2IsRefused() {
    refused(qcow2(b -> b.putInt(4, 1)), "qcow2", "version");
    refused(qcow2(b -> b.putInt(20, 30)), "qcow2", "cluster size");
    refused(qcow2(b -> b.putInt(32, 1)), "qcow2", "encrypted");
    refused(qcow2(b -> b.putLong(72, 1)), "qcow2", "closed properly");
    refused(qcow2(b -> b.putLong(72, 2)), "qcow2", "corrupt");
    refused(qcow2(b -> b.putLong(72, 1 << 20)), "qcow2", "features");
    refused(qcow2(b -> b.putInt(100, 90)), "qcow2", "header length");
    refused(qcow2(b -> b.putInt(60, 1)), "qcow2", "snapshots");
    refused(qcow2(b -> b.putLong(24, 1L << 61)), "qcow2", "virtual size");
    refused(qcow2(b -> b.putLong(24, 1L << 50)), "qcow2", "L1 table");
    refused(qcow2(b -> b.putLong(40, 1L << 40)), "qcow2", "L1 table");
    refused(qcow2(b -> b.putLong(48, 12345)), "qcow2", "refcount table");
    refused(qcow2(b -> b.putInt(104, 0x1234).putInt(108, 0x7fffffff)), "qcow2", "extensions");
    refused(ascii("QFI\u00fb"), "qcow2", "ends before");
  }

  // ---- vmdk ----

  private static final String DESCRIPTOR =
      """
      # Disk DescriptorFile
      version=1
      CID=12345678
      parentCID=ffffffff
      createType="monolithicSparse"

      # Extent description
      RW 2097152 SPARSE "disk.vmdk"

      ddb.adapterType = "ide"
      """;

  private static byte[] vmdk(String descriptor) {
    return image(
        1 << 17,
        ByteOrder.LITTLE_ENDIAN,
        b -> {
          b.put(0, ascii("KDMV")).putInt(4, 1).putInt(8, 3);
          b.putLong(12, GIB / 512).putLong(20, 128).putLong(28, 1).putLong(36, 20);
          b.putLong(56, 21);
          b.put(512, ascii(descriptor));
        });
  }

  @Test
  void vmdkIsUsableInOneFile() {
    accepted(vmdk(DESCRIPTOR), "vmdk", GIB);
    var stream =
        with(
            vmdk(DESCRIPTOR.replace("monolithicSparse", "streamOptimized")),
            ByteOrder.LITTLE_ENDIAN,
            b -> b.putLong(56, -1));
    refused(stream, "vmdk", "footer");
    int footer = stream.length - 1024;
    var whole =
        with(
            stream,
            ByteOrder.LITTLE_ENDIAN,
            b ->
                b.put(footer, ascii("KDMV"))
                    .putLong(footer + 12, GIB / 512)
                    .putLong(footer + 28, 1));
    accepted(whole, "vmdk", GIB);
    refused(
        with(whole, ByteOrder.LITTLE_ENDIAN, b -> b.putLong(footer + 28, 100)), "vmdk", "footer");
  }

  @Test
  void vmdkThatNamesOtherFilesIsRefused() {
    refused(
        vmdk(DESCRIPTOR.replace("SPARSE \"disk.vmdk\"", "FLAT \"/etc/passwd\" 0")),
        "vmdk",
        "extent");
    refused(vmdk(DESCRIPTOR.replace("disk.vmdk", "/etc/passwd")), "vmdk", "path");
    refused(vmdk(DESCRIPTOR.replace("disk.vmdk", "..")), "vmdk", "path");
    refused(vmdk(DESCRIPTOR.replace("disk.vmdk", "nbd:host")), "vmdk", "path");
    refused(vmdk(DESCRIPTOR.replace("ffffffff", "12345678")), "vmdk", "parent");
    refused(vmdk(DESCRIPTOR + "parentFileNameHint=\"x\"\n"), "vmdk", "parent");
    refused(vmdk(DESCRIPTOR.replace("monolithicSparse", "monolithicFlat")), "vmdk", "type");
    refused(vmdk(DESCRIPTOR + "RW 1 SPARSE \"b.vmdk\"\n"), "vmdk", "2 extents");
    refused(vmdk(DESCRIPTOR + "rw 1 FLAT \"b.vmdk\" 0\n"), "vmdk", "extent");
    refused(vmdk("nothing"), "vmdk", "description is missing");
    refused(
        with(vmdk(DESCRIPTOR), ByteOrder.LITTLE_ENDIAN, b -> b.putLong(28, 1L << 40)),
        "vmdk",
        "not at its start");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "# Disk DescriptorFile\nversion=1\nRW 1 FLAT \"/etc/passwd\" 0\n",
        "# harmless\n\n  \nversion=1\ncreateType=\"monolithicFlat\"\nRW 1 FLAT \"/etc/passwd\" 0\n",
        "version=3\r\nRW 1 FLAT \"/etc/passwd\" 0\n",
        "COWD...",
      })
  void bareDescriptorsAreRefused(String text) {
    refused(ascii(text), "vmdk", "names other files");
    assertThatThrownBy(() -> inspect(ascii(text)).require("raw"))
        .isInstanceOfSatisfying(Fault.class, f -> assertThat(f.status()).isEqualTo(415));
  }

  // ---- vhd, vhdx, vdi ----

  private static byte[] vhd(int type) {
    return image(
        1 << 20,
        ByteOrder.BIG_ENDIAN,
        b -> {
          for (int at : new int[] {0, (1 << 20) - 512}) {
            b.put(at, ascii("conectix")).putLong(at + 16, 512);
            b.putLong(at + 48, GIB).putInt(at + 60, type);
          }
          b.put(512, ascii("cxsparse"));
        });
  }

  private static byte[] fixedVhd() {
    return image(
        (1 << 20) + 512,
        ByteOrder.BIG_ENDIAN,
        b ->
            b.put(1 << 20, ascii("conectix"))
                .putLong((1 << 20) + 48, 1 << 20)
                .putInt((1 << 20) + 60, 2));
  }

  @Test
  void vhd() {
    accepted(vhd(3), "vhd", GIB);
    inspect(vhd(3)).require("vpc");
    accepted(fixedVhd(), "vhd", 1 << 20);
    refused(vhd(4), "vhd", "parent");
    refused(vhd(9), "vhd", "type");
    refused(vhd(2), "vhd", "shorter");
    refused(
        with(vhd(3), ByteOrder.BIG_ENDIAN, b -> b.putInt((1 << 20) - 512 + 60, 4)),
        "vhd",
        "differs");
    refused(with(vhd(3), ByteOrder.BIG_ENDIAN, b -> b.put(512 + 40, (byte) 1)), "vhd", "parent");
    assertThatThrownBy(() -> inspect(fixedVhd()).require("raw")).hasMessageContaining("vhd");
  }

  private static void guid(ByteBuffer b, int at, String text) {
    var u = UUID.fromString(text);
    long high = u.getMostSignificantBits();
    b.putInt(at, (int) (high >>> 32)).putShort(at + 4, (short) (high >>> 16));
    b.putShort(at + 6, (short) high);
    b.put(at + 8, ByteBuffer.allocate(8).putLong(u.getLeastSignificantBits()).array());
  }

  private static byte[] vhdx(int flags) {
    return image(
        3 << 20,
        ByteOrder.LITTLE_ENDIAN,
        b -> {
          b.put(0, ascii("vhdxfile"));
          for (int at : new int[] {192 << 10, 256 << 10}) {
            b.put(at, ascii("regi")).putInt(at + 8, 1);
            guid(b, at + 16, "8B7CA206-4790-4B9A-B8FE-575F050F886E");
            b.putLong(at + 32, 2 << 20).putInt(at + 40, 1 << 20);
          }
          int m = 2 << 20;
          b.put(m, ascii("metadata")).putShort(m + 10, (short) 2);
          guid(b, m + 32, "CAA16737-FA36-4D43-B3B6-33F0AA44E76B");
          b.putInt(m + 48, 65536).putInt(m + 65536 + 4, flags);
          guid(b, m + 64, "2FA54224-CD1B-4876-B211-5DBED83BF4B8");
          b.putInt(m + 80, 65544).putLong(m + 65544, GIB);
        });
  }

  @Test
  void vhdx() {
    accepted(vhdx(0), "vhdx", GIB);
    refused(vhdx(2), "vhdx", "parent");
    refused(
        with(
            vhdx(0),
            ByteOrder.LITTLE_ENDIAN,
            b -> guid(b, (2 << 20) + 64, "A8D35F2D-B30B-454D-ABF7-D3D84834AB0C")),
        "vhdx",
        "parent");
    refused(
        with(vhdx(0), ByteOrder.LITTLE_ENDIAN, b -> b.putLong((256 << 10) + 32, 1 << 20)),
        "vhdx",
        "differ");
    refused(
        with(vhdx(0), ByteOrder.LITTLE_ENDIAN, b -> b.putLong((192 << 10) + 32, 4096)),
        "vhdx",
        "metadata region");
    refused(ascii("vhdxfile"), "vhdx", "region table");
  }

  private static byte[] vdi(int type) {
    return image(
        1 << 20,
        ByteOrder.LITTLE_ENDIAN,
        b -> {
          b.putInt(64, 0xbeda107f).putInt(68, 0x00010001).putInt(76, type);
          b.putInt(340, 512).putInt(344, 65536).putLong(368, GIB);
          b.putInt(376, 1 << 20).putInt(384, 1024);
        });
  }

  @Test
  void vdi() {
    accepted(vdi(1), "vdi", GIB);
    refused(vdi(4), "vdi", "another disk");
    refused(with(vdi(1), ByteOrder.LITTLE_ENDIAN, b -> b.put(440, (byte) 1)), "vdi", "parent");
    refused(with(vdi(1), ByteOrder.LITTLE_ENDIAN, b -> b.putInt(384, 3)), "vdi", "block map");
  }

  // ---- the others ----

  @Test
  void qedLuksParallels() {
    var qed = image(4096, ByteOrder.LITTLE_ENDIAN, b -> b.put(0, ascii("QED\0")).putLong(48, GIB));
    accepted(qed, "qed", GIB);
    refused(with(qed, ByteOrder.LITTLE_ENDIAN, b -> b.putLong(16, 1)), "qed", "backing");
    var luks =
        image(
            1 << 20,
            ByteOrder.BIG_ENDIAN,
            b -> b.put(0, ascii("LUKS\u00ba\u00be")).putShort(6, (short) 1).putInt(104, 1024));
    accepted(luks, "luks", 1 << 19);
    refused(with(luks, ByteOrder.BIG_ENDIAN, b -> b.putShort(6, (short) 2)), "luks", "version");
    var parallels =
        image(
            1 << 16,
            ByteOrder.LITTLE_ENDIAN,
            b ->
                b.put(0, ascii("WithouFreSpacExt"))
                    .putInt(16, 2)
                    .putInt(28, 2048)
                    .putInt(32, 1024)
                    .putLong(36, GIB / 512));
    accepted(parallels, "parallels", GIB);
    inspect(parallels).require("ploop");
    refused(
        with(parallels, ByteOrder.LITTLE_ENDIAN, b -> b.putInt(32, 1)), "parallels", "block map");
    refused(ascii("Bochs Virtual HD Image"), "bochs", "not usable");
  }

  private static byte[] iso() {
    return image(
        64 << 10,
        ByteOrder.LITTLE_ENDIAN,
        b ->
            b.put(0x8000, (byte) 1)
                .put(0x8001, ascii("CD001"))
                .putInt(0x8050, 32)
                .putShort(0x8080, (short) 2048));
  }

  private static byte[] partitioned(byte[] image, int type) {
    return with(
        image,
        ByteOrder.LITTLE_ENDIAN,
        b -> {
          b.put(450, (byte) type).put(510, (byte) 0x55).put(511, (byte) 0xaa);
          if (type == 0xee) {
            b.put(512, ascii("EFI PART"));
          }
        });
  }

  @Test
  void isoAndPartitionedDisks() {
    accepted(iso(), "iso", 64 << 10);
    assertThat(inspect(partitioned(iso(), 0x17)))
        .matches(Inspection::safe)
        .matches(i -> i.format().equals("iso") && i.diskLabel().equals("mbr"));
    var disk = new byte[1 << 16];
    accepted(partitioned(disk, 0x83), "raw", 1 << 16);
    assertThat(inspect(partitioned(disk, 0x83)).diskLabel()).isEqualTo("mbr");
    assertThat(inspect(partitioned(disk, 0xee)).diskLabel()).isEqualTo("gpt");
    inspect(partitioned(disk, 0xee)).require("ami");
  }

  @Test
  void polyglotsAreRefused() {
    refused(partitioned(qcow2(), 0x83), "qcow2", "several formats");
    refused(
        with(qcow2(), ByteOrder.BIG_ENDIAN, b -> b.put(0x8001, ascii("CD001"))),
        "qcow2",
        "several formats at once (qcow2, iso)");
    refused(
        with(qcow2(), ByteOrder.BIG_ENDIAN, b -> b.put(b.capacity() - 512, ascii("conectix"))),
        "qcow2",
        "(qcow2, vhd)");
  }

  @Test
  void rawIsWhatNothingElseIs() {
    accepted(new byte[0], "raw", 0);
    accepted(new byte[] {1}, "raw", 1);
    var noise = new byte[1_500_000];
    new Random(7).nextBytes(noise);
    accepted(noise, "raw", noise.length);
    inspect(noise).require("aki");
    assertThatThrownBy(() -> inspect(noise).require("qcow2"))
        .isInstanceOfSatisfying(Fault.class, f -> assertThat(f.status()).isEqualTo(415))
        .hasMessageContaining("declared as disk_format 'qcow2' but its content is raw");
    assertThatThrownBy(() -> inspect(qcow2()).require("raw")).hasMessageContaining("qcow2");
  }

  @ParameterizedTest
  @CsvSource({"raw, false", "qcow2, true"})
  void refusesEarly(String declared, boolean fine) {
    var big = java.util.Arrays.copyOf(qcow2(), 1 << 20);
    var stream = new ImageInspector();
    stream.feed(big, 0, 1000);
    stream.requireSoFar("raw");
    stream.feed(big, 1000, 700_000);
    if (fine) {
      assertThatCode(() -> stream.requireSoFar(declared)).doesNotThrowAnyException();
    } else {
      assertThatThrownBy(() -> stream.requireSoFar(declared)).isInstanceOf(Fault.class);
    }
  }

  @Test
  void randomDamageNeverBreaksTheInspector() {
    var random = new Random(42);
    for (var seed : new byte[][] {qcow2(), vmdk(DESCRIPTOR), vhd(3), vhdx(0), vdi(1), iso()}) {
      for (int i = 0; i < 200; i++) {
        var damaged = seed.clone();
        for (int n = 0; n < 8; n++) {
          damaged[8 + random.nextInt(600)] = (byte) random.nextInt();
        }
        var stream = new ImageInspector();
        stream.feed(damaged, 0, random.nextInt(damaged.length));
        assertThat(stream.finish()).isNotNull();
      }
    }
  }
}
