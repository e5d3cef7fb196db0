/**
 * The Image service (v2): images, their content in files, tags, members. An image's content is
 * inspected while it streams in; what is not what it claims is refused.
 */
package welkin.image;
