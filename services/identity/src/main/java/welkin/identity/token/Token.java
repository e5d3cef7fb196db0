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
            payload.expiresAt());
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

  public List<String> roleIds() {
    return authorization.roles().stream().map(r -> r.id()).toList();
  }

  /**
   * Whether it came from a delegation that may not make others: a trust, or an application
   * credential that is not unrestricted.
   */
  public boolean isRestricted() {
    return payload.delegation() != null && !authorization.unrestricted();
  }

  Authorization authorization() {
    return authorization;
  }

  byte[] body(boolean withCatalog) {
    return TokenWire.body(payload, authorization, withCatalog);
  }
}
