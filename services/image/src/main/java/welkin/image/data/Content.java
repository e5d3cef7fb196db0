package welkin.image.data;

import welkin.core.image.Inspection;

/**
 * Bytes that were taken in.
 *
 * @param checksum MD5, hexadecimal
 * @param sha512 hexadecimal
 * @param inspection what they are
 */
record Content(long size, String checksum, String sha512, Inspection inspection) {}
