package welkin.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class EndpointsTest {
  @Test
  void oneDoorForAll() {
    var e = new Endpoints("http://door:5000/", Map.of());
    assertThat(e.url("/image/v2/images")).isEqualTo("http://door:5000/image/v2/images");
    assertThat(e.url("/v3/auth/tokens")).isEqualTo("http://door:5000/v3/auth/tokens");
  }

  @Test
  void aServiceApartKeepsItsMountOrBringsAnother() {
    var e =
        new Endpoints(
            "http://door:5000",
            Map.of(
                "identity", "https://keys:5001",
                "image", "http://glance:9292/",
                "network", "http://other/net/"));
    assertThat(e.url("/v3/auth/tokens")).isEqualTo("https://keys:5001/v3/auth/tokens");
    assertThat(e.url("/identity/v3/users")).isEqualTo("https://keys:5001/identity/v3/users");
    assertThat(e.url("/image/v2/images")).isEqualTo("http://glance:9292/v2/images");
    assertThat(e.url("/network/v2.0/ports")).isEqualTo("http://other/net/v2.0/ports");
    assertThat(e.url("/placement")).isEqualTo("http://door:5000/placement");
  }

  @Test
  void whatIsNoAddressIsRefused() {
    assertThatThrownBy(() -> new Endpoints("door:5000", Map.of())).hasMessageContaining("http://");
    assertThatThrownBy(() -> new Endpoints("http://door:5000/x", Map.of()))
        .hasMessageContaining("has a path");
  }
}
