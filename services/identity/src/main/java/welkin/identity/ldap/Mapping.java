package welkin.identity.ldap;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Which entry of which domain's directory an id stands for.
 *
 * @param localId the value of the entry's id attribute
 * @param gone whether it was not there any more when last looked for
 */
record Mapping(String publicId, String domainId, Kind kind, String localId, boolean gone) {

  /** keystone's own: the same entry has the same id in both, and for ever. */
  static String publicId(String domainId, Kind kind, String localId) {
    try {
      var sha = MessageDigest.getInstance("SHA-256");
      sha.update(domainId.getBytes(StandardCharsets.UTF_8));
      sha.update(kind.type.getBytes(StandardCharsets.UTF_8));
      sha.update(localId.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(sha.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
