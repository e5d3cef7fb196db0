package welkin.core;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where requests may go. */
class EgressTest {
  private static final List<String> PRIVATE =
      List.of(
          "https://127.0.0.1/",
          "https://10.1.2.3/",
          "https://172.16.0.1/",
          "https://192.168.0.1/",
          "https://100.64.0.1/",
          "https://[::1]/",
          "https://[fd00::1]/",
          "https://0.1.2.3/");
  private static final List<String> NOBODYS =
      List.of(
          "https://169.254.169.254/",
          "https://[fe80::1]/",
          "https://224.0.0.1/",
          "https://0.0.0.0/",
          "https://[::ffff:169.254.169.254]/");

  private static void refused(Egress by, String address) {
    assertThatThrownBy(() -> by.mustBeAllowed(URI.create(address)))
        .as(address)
        .isInstanceOf(IOException.class);
  }

  @Test
  void thePublicNetworkOnly() {
    var by = new Egress(false);
    PRIVATE.forEach(a -> refused(by, a));
    NOBODYS.forEach(a -> refused(by, a));
    List.of("http://192.0.2.1/", "ftp://192.0.2.1/", "file:///etc/passwd", "https:x")
        .forEach(a -> refused(by, a));
    assertThatCode(() -> by.mustBeAllowed(URI.create("https://192.0.2.1/")))
        .doesNotThrowAnyException();
  }

  @Test
  void privateNetworksWhereAllowed() {
    var by = new Egress(true);
    PRIVATE.forEach(
        a ->
            assertThatCode(() -> by.mustBeAllowed(URI.create(a))).as(a).doesNotThrowAnyException());
    NOBODYS.forEach(a -> refused(by, a));
    assertThatCode(() -> by.mustBeAllowed(URI.create("http://127.0.0.1:80/")))
        .doesNotThrowAnyException();
  }
}
