package welkin.core.image;

import welkin.core.image.ImageBytes.Unsafe;

/** One image format: its marks, and what must hold before such an image may be used. */
interface ImageFormat {
  String name();

  /** Whether a program that probes would take the bytes for this format. */
  boolean matches(ImageBytes b);

  /**
   * Checks everything that makes the format dangerous.
   *
   * @return the virtual size in bytes
   */
  long examine(ImageBytes b) throws Unsafe;
}
