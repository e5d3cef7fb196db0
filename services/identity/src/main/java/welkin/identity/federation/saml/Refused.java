package welkin.identity.federation.saml;

import welkin.core.Fault;

/** 401 for an assertion that proves nothing, saying why: whoever mends it must know. */
final class Refused {
  private Refused() {}

  static Fault because(String why) {
    return Fault.unauthorized("The SAML assertion is not accepted: " + why + ".");
  }
}
