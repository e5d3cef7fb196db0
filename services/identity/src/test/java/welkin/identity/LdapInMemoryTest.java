package welkin.identity;

/** With UnboundID's server in memory. */
final class LdapInMemoryTest extends LdapContract {
  @Override
  LdapFixture server() {
    return LdapFixture.inMemory();
  }
}
