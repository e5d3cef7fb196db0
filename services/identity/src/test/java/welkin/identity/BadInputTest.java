package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What nobody should send is refused with a message, never a failure of the server. */
class BadInputTest {
  @TempDir Path dir;
  TestIdentity cloud;
  String admin;

  @BeforeEach
  void open() {
    cloud = new TestIdentity(dir);
    admin = cloud.admin();
  }

  @AfterEach
  void close() {
    cloud.close();
  }

  @Test
  void aNumberBeyondWhatIsKeptIsRefused() {
    for (var n : new String[] {"7347183502184283540", "2147483648", "1" + "0".repeat(900)}) {
      var said =
          cloud.call(
              "PUT",
              "/v3/OS-FEDERATION/identity_providers/0.0.0.0%2F0?end=4",
              admin,
              "{\"identity_provider\":{\"authorization_ttl\":" + n + ",\"remote_ids\":null}}");
      assertThat(said.status()).as(n).isEqualTo(400);
      assertThat(said.body().at("/error/message").asString())
          .contains("authorization_ttl", "2147483647");
    }
  }
}
