package welkin.identity.token;

import java.util.List;

/**
 * Who was recognised, and how.
 *
 * @param parent the token that was shown, or null
 * @param delegation what was shown that gives less than all the user may, or null
 * @param scope what a delegation is for; null without one
 */
record Recognised(
    String userId, List<String> methods, Token parent, Delegation delegation, Scope scope) {
  Recognised(String userId, List<String> methods, Token parent) {
    this(userId, methods, parent, null, null);
  }
}
