package welkin.image;

import java.nio.file.Path;
import java.util.List;
import welkin.core.Config;
import welkin.core.Config.Key;

/**
 * The service's options.
 *
 * @param sizeCap bytes one image may have
 * @param sizeTotal MiB a project may have, -1 for no limit
 * @param countTotal images a project may have, -1 for no limit
 * @param memberQuota members an image may have
 * @param propertyQuota properties an image may have
 * @param tagQuota tags an image may have
 */
public record ImageOptions(
    long sizeCap,
    long sizeTotal,
    long countTotal,
    int memberQuota,
    int propertyQuota,
    int tagQuota) {
  static final Key<String> FOLDER =
      Key.text(
          "glance_store.filesystem_store_datadir",
          "",
          "Folder of the images' contents, the same for all processes with image:api (a file"
              + " server); empty for images in the state folder.");
  private static final Key<Long> SIZE_CAP =
      whole("image.image_size_cap", 1L << 40, "Bytes one image may have.");
  private static final Key<Long> SIZE_TOTAL =
      whole("image.image_size_total", -1, "MiB of images a project may have; -1 for no limit.");
  private static final Key<Long> COUNT_TOTAL =
      whole("image.image_count_total", -1, "Images a project may have; -1 for no limit.");
  static final Key<Boolean> UNIFIED =
      Key.flag(
          "image.use_keystone_limits",
          false,
          "Whether images are limited by Identity (image_size_total, image_stage_total,"
              + " image_count_total, image_count_uploading), where all four must be registered.");
  private static final Key<Integer> MEMBERS =
      Key.number("image.image_member_quota", 128, "Members an image may have.");
  private static final Key<Integer> PROPERTIES =
      Key.number("image.image_property_quota", 128, "Properties an image may have.");
  private static final Key<Integer> TAGS =
      Key.number("image.image_tag_quota", 128, "Tags an image may have.");

  static final List<Key<?>> KEYS =
      List.of(FOLDER, SIZE_CAP, SIZE_TOTAL, COUNT_TOTAL, UNIFIED, MEMBERS, PROPERTIES, TAGS);

  /** Where the images' contents lie. */
  public static Path folder(Config config, Path home) {
    var told = config.get(FOLDER);
    return told.isEmpty() ? home.resolve("images") : Path.of(told);
  }

  static ImageOptions of(Config config) {
    return new ImageOptions(
        config.get(SIZE_CAP),
        config.get(SIZE_TOTAL),
        config.get(COUNT_TOTAL),
        config.get(MEMBERS),
        config.get(PROPERTIES),
        config.get(TAGS));
  }

  private static Key<Long> whole(String name, long fallback, String help) {
    return new Key<>(name, fallback, help, v -> Long.valueOf(String.valueOf(v)));
  }
}
