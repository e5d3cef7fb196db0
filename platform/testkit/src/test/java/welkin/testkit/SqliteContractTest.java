package welkin.testkit;

import welkin.store.DatabaseUrl;

class SqliteContractTest extends DatabaseContract {
  @Override
  protected DatabaseUrl url() {
    return DatabaseUrl.SQLITE;
  }
}
