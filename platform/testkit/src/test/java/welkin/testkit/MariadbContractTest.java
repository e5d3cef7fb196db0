package welkin.testkit;

class MariadbContractTest extends SharedDatabaseContract {
  @Override
  protected TestServer server() {
    return MariadbServer.get();
  }
}
