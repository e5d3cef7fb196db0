package welkin.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import welkin.store.DatabaseUnavailable;

class PostgresContractTest extends SharedDatabaseContract {
  @Override
  protected TestServer server() {
    return PostgresServer.get();
  }

  /** What an address shows that leads to the standby while its primary is replaced. */
  @Test
  void aServerThatOnlyReadsIsAskedForAnew() throws Exception {
    administrator("ALTER DATABASE " + url.base() + " SET default_transaction_read_only = on");
    server().killConnections(url.base());
    assertThatThrownBy(() -> put("no")).isInstanceOf(DatabaseUnavailable.class);
    administrator("ALTER DATABASE " + url.base() + " RESET default_transaction_read_only");
    put("yes");
    assertThat(names()).containsExactly("yes");
  }

  private void administrator(String sql) throws SQLException {
    try (var c = server().administrator();
        var s = c.createStatement()) {
      s.execute(sql);
    }
  }
}
