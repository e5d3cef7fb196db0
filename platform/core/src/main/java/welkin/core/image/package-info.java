/**
 * What a disk image is and whether it may be touched: decided by reading its bytes ourselves,
 * before any other program opens it.
 */
package welkin.core.image;
