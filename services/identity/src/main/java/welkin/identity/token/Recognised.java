package welkin.identity.token;

import java.util.List;
import welkin.identity.applicationcredential.ApplicationCredential;

/**
 * Who was recognised, and how.
 *
 * @param parent the token that was shown, or null
 * @param credential the application credential that was shown, or null
 */
record Recognised(
    String userId, List<String> methods, Token parent, ApplicationCredential credential) {}
