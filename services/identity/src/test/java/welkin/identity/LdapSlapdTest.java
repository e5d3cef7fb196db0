package welkin.identity;

/** With OpenLDAP's slapd. */
final class LdapSlapdTest extends LdapContract {
  @Override
  LdapFixture server() {
    return LdapFixture.slapd();
  }
}
