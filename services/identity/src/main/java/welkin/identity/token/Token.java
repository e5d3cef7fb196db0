package welkin.identity.token;

import java.util.List;
import welkin.core.Caller;
import welkin.core.Secret;

/** A token that was found good: what is sealed in it, and what it stands for at present. */
public final class Token {
  private final Secret text;
  private final Payload payload;
  private final Authorization authorization;
  private final Caller caller;

  /** In seconds; a race at most notes a use twice. */
  private volatile long notedAt;

  Token(Secret text, Payload payload, Authorization authorization) {
    this.text = text;
    this.payload = payload;
    this.authorization = authorization;
    caller =
        new Caller(
            authorization.userId(),
            authorization.userName(),
            authorization.userDomainId(),
            authorization.scope().projectId(),
            authorization.projectName(),
            authorization.projectDomainId(),
            authorization.scope().domainId(),
            authorization.scope().system(),
            authorization.roleNames(),
            text,
            payload.expiresAt(),
            authorization.accessRules());
  }

  /** Whether its last noted use is that many seconds ago; then this one counts as noted. */
  boolean worthNoting(long now, long seconds) {
    if (now - notedAt < seconds) {
      return false;
    }
    notedAt = now;
    return true;
  }

  public Secret text() {
    return text;
  }

  public Payload payload() {
    return payload;
  }

  public Caller caller() {
    return caller;
  }

  public Scope scope() {
    return authorization.scope();
  }

  /** The groups that the provider of a federated user named; others are looked up. */
  List<String> groupIds() {
    return payload.federation() == null ? List.of() : payload.federation().groupIds();
  }

  public List<String> roleIds() {
    return authorization.roles().stream().map(r -> r.id()).toList();
  }

  /**
   * Whether it came from something that may not make others: a trust, an application credential
   * that is not unrestricted, a signature.
   */
  public boolean isRestricted() {
    return isSigned() || payload.delegation() != null && !authorization.unrestricted();
  }

  /** Whether it is of a delegation or a signed request, and so makes no other of any kind. */
  public boolean makesNoOther() {
    return isSigned() || payload.delegation() != null;
  }

  /** Whether it was made for a signed request ({@code /v3/ec2tokens}). */
  boolean isSigned() {
    return payload.methods().contains("ec2credential");
  }

  Authorization authorization() {
    return authorization;
  }

  public byte[] body(boolean withCatalog) {
    return TokenWire.body(payload, authorization, withCatalog);
  }
}
