package welkin.identity.ldap;

import welkin.core.Fault;

/** A directory that does not answer, or not as it should: nobody said no. */
final class LdapAway extends RuntimeException {
  private static final long serialVersionUID = 1;
  private static final int RETRY = 5;

  LdapAway(String reason, Throwable cause) {
    super(reason, cause);
  }

  /** 503: what went wrong is in the log, the caller may be anybody. */
  Fault fault(String domainId) {
    return Fault.away(
        "The directory of domain " + domainId + " does not answer as it should; try again later.",
        RETRY);
  }
}
