package welkin.identity.token;

/**
 * What a token was made with that gives less than all its user may. A token of a delegation makes
 * no other token.
 *
 * @param id of the application credential, trust or OAuth access token
 */
public record Delegation(Kind kind, String id) {
  /** Kinds of delegation. */
  public enum Kind {
    APPLICATION_CREDENTIAL,
    TRUST,
    OAUTH1
  }

  static Delegation applicationCredential(String id) {
    return new Delegation(Kind.APPLICATION_CREDENTIAL, id);
  }

  static Delegation trust(String id) {
    return new Delegation(Kind.TRUST, id);
  }

  static Delegation oauth1(String id) {
    return new Delegation(Kind.OAUTH1, id);
  }

  public boolean isTrust() {
    return kind == Kind.TRUST;
  }
}
