package welkin.testkit;

class PostgresContractTest extends SharedDatabaseContract {
  @Override
  protected TestServer server() {
    return PostgresServer.get();
  }
}
