package welkin.image.member;

import java.time.Instant;

/**
 * A project an image is shared with.
 *
 * @param status pending, accepted or rejected
 */
record Member(String imageId, String member, String status, Instant createdAt, Instant updatedAt) {}
