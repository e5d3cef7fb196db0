package welkin.identity.token;

import java.util.List;

/**
 * Who was recognised, and how.
 *
 * @param parent the token that was shown, or null
 * @param delegation what was shown that gives less than all the user may, or null
 * @param scope what a delegation is for; null without one
 * @param federation how a federated user came in, or null
 */
record Recognised(
    String userId,
    List<String> methods,
    Token parent,
    Delegation delegation,
    Scope scope,
    Federation federation) {
  Recognised(String userId, List<String> methods, Token parent) {
    this(userId, methods, parent, null, null, null);
  }

  Recognised(
      String userId, List<String> methods, Token parent, Delegation delegation, Scope scope) {
    this(userId, methods, parent, delegation, scope, null);
  }
}
