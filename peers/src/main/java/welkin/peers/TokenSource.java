package welkin.peers;

import welkin.core.Secret;

/** Where a service's own token comes from. */
@FunctionalInterface
public interface TokenSource {
  /** A token that is good for a while; made anew when needed. */
  Secret token();

  /** A peer did not take this one (revoked, or its keys are gone): do not give it out again. */
  default void refused(Secret token) {}
}
