package welkin.core.image;

import java.util.List;
import welkin.core.Fault;

/**
 * What an image is.
 *
 * @param format raw, qcow2, vmdk, vhd, vhdx, vdi, iso, qed, luks, parallels, or one that is never
 *     usable (bochs, cloop)
 * @param virtualSizeBytes the size of the disk a guest would see, -1 when that cannot be told
 * @param fileBytes the size of the file
 * @param safe whether it may be used as its format: nothing outside the file is named, the file is
 *     whole, and no other format reads the same bytes
 * @param reason why not, in words for whoever uploaded it; null when safe
 * @param diskLabel gpt or mbr when the bytes are a partitioned disk, otherwise null
 * @param matches every format whose marks were found; more than one is a polyglot
 */
public record Inspection(
    String format,
    long virtualSizeBytes,
    long fileBytes,
    boolean safe,
    String reason,
    String diskLabel,
    List<String> matches) {

  /**
   * Insists that the image is what it was declared to be and safe.
   *
   * @param declared a {@code disk_format} of the Image service; ami, ari and aki are raw bytes,
   *     ploop is parallels, vpc is vhd
   * @throws Fault 415 {@code ImageFormatMismatch} when it is another format, 400 {@code
   *     ImageUnsafe} when it is not safe
   */
  public void require(String declared) {
    var wanted =
        switch (declared) {
          case "ami", "ari", "aki", "gpt", "mbr" -> "raw";
          case "ploop" -> "parallels";
          case "vpc" -> "vhd";
          default -> declared;
        };
    if (!wanted.equals(format)) {
      throw Fault.of(
              415,
              "ImageFormatMismatch",
              "The image was declared as disk_format '"
                  + declared
                  + "' but its content is "
                  + format
                  + ".")
          .with("detected_format", format);
    }
    if (!safe) {
      throw Fault.of(
          400, "ImageUnsafe", "The " + format + " image cannot be accepted: " + reason + ".");
    }
  }
}
