package welkin.image.image;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import welkin.core.Fault;
import welkin.image.ImageOptions;
import welkin.store.Quotas;
import welkin.store.Sql;
import welkin.store.UnifiedLimits;

/** How many images a project may have, how much of their content, and what an image may have. */
public final class ImageQuotas {
  private static final int OVER_QUOTA = 413;
  private static final String COUNT = "image_count_total";

  /** MiB of content that waits for its import. */
  private static final String STAGED = "image_stage_total";

  /** Images whose content is coming. */
  private static final String UPLOADING = "image_count_uploading";

  /** In MiB, each image rounded up. */
  private static final String SIZE = "image_size_total";

  private final ImageOptions options;
  private final Quotas quotas;
  private final ImageStore store;

  /**
   * @param unified Identity's limits by these resources' names, or null
   */
  public ImageQuotas(ImageOptions options, UnifiedLimits unified, ImageStore store) {
    this.options = options;
    this.quotas = quotas(options, unified);
    this.store = store;
  }

  private static Quotas quotas(ImageOptions options, UnifiedLimits unified) {
    var own = new LinkedHashMap<String, Long>();
    own.put(SIZE, options.sizeTotal());
    own.put(STAGED, -1L);
    own.put(COUNT, options.countTotal());
    own.put(UPLOADING, -1L);
    var quotas = new Quotas(own, OVER_QUOTA);
    if (unified == null) {
      return quotas;
    }
    var names = new LinkedHashMap<String, String>();
    own.keySet().forEach(k -> names.put(k, k));
    return quotas.unified(new Quotas.Unified(unified, names, List.of(), Map.of()));
  }

  /** What a project may have of each. */
  public Map<String, Long> limits(Sql sql, String projectId) {
    return quotas.limits(sql, projectId);
  }

  /** And what it has. */
  public Map<String, Long> usage(Sql sql, String projectId) {
    var used = new LinkedHashMap<>(quotas.usage(sql, projectId));
    used.put(STAGED, store.staged(sql, List.of(projectId)));
    used.put(UPLOADING, store.uploading(sql, List.of(projectId)));
    return used;
  }

  /** In bytes, the most one image may have. */
  public long sizeCap() {
    return options.sizeCap();
  }

  /** Counts an image and its content, or refuses. */
  void take(Sql sql, Image image) {
    if (image.owner() != null) {
      quotas.take(sql, image.owner(), COUNT, 1);
      if (image.size() != null) {
        quotas.take(sql, image.owner(), SIZE, mebibytes(image.size()));
      }
    }
  }

  void give(Sql sql, Image image) {
    if (image.owner() != null) {
      quotas.give(sql, image.owner(), COUNT, 1);
      quotas.give(sql, image.owner(), SIZE, mebibytes(image.size()));
    }
  }

  /** Counts the content an image has now, or refuses. */
  public void takeSize(Sql sql, Image image, long bytes) {
    if (image.owner() != null) {
      quotas.take(sql, image.owner(), SIZE, mebibytes(bytes));
    }
  }

  static long mebibytes(Long bytes) {
    return bytes == null ? 0 : (bytes + (1 << 20) - 1) >> 20;
  }

  /** Refuses more properties or tags than an image may have. */
  void check(Image i) {
    limit("properties", i.properties().size(), options.propertyQuota());
    limit("tags", i.tags().size(), options.tagQuota());
  }

  private static void limit(String what, int n, int most) {
    if (most >= 0 && n > most) {
      throw Fault.of(
          413,
          "LimitExceeded",
          "The limit has been exceeded on the number of allowed image "
              + what
              + ". Attempted: "
              + n
              + ", Maximum: "
              + most);
    }
  }

  /** Refuses before the first byte what cannot be taken in the end. */
  public void checkLength(Sql sql, Image image, long announced) {
    if (announced > options.sizeCap()) {
      throw Fault.of(
          413,
          "ImageSizeLimitExceeded",
          "The image is larger than " + options.sizeCap() + " bytes.");
    }
    if (image.owner() == null || announced < 0) {
      return;
    }
    long wanted = mebibytes(announced);
    quotas.fits(
        sql,
        image.owner(),
        SIZE,
        of -> quotas.used(sql, SIZE, of),
        wanted,
        "Quota exceeded for " + SIZE + ": " + wanted + " MiB more are too much");
  }

  /** Refuses when as much waits for its import already as may. */
  public void checkStaged(Sql sql, Image image, long bytes) {
    if (image.owner() != null) {
      quotas.fits(
          sql,
          image.owner(),
          STAGED,
          of -> store.staged(sql, of),
          mebibytes(bytes),
          "Quota exceeded for " + STAGED);
    }
  }

  /** Refuses when as many uploads are under way as may. */
  public void checkUploads(Sql sql, Image image) {
    if (image.owner() != null) {
      quotas.fits(
          sql,
          image.owner(),
          UPLOADING,
          of -> store.uploading(sql, of),
          1,
          "Quota exceeded for " + UPLOADING);
    }
  }
}
