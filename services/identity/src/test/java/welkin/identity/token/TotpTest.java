package welkin.identity.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import welkin.core.Secret;

/** The test vectors of RFC 6238 (appendix B), last six digits. */
class TotpTest {
  private static final String SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

  @Test
  void vectors() {
    assertThat(TotpCodes.at(SEED, Instant.ofEpochSecond(59))).isEqualTo("287082");
    assertThat(TotpCodes.at(SEED, Instant.ofEpochSecond(1111111109))).isEqualTo("081804");
    assertThat(TotpCodes.at(SEED, Instant.ofEpochSecond(20000000000L))).isEqualTo("353130");
  }

  @Test
  void seedsThatAreNoneAcceptNothing() {
    var now = Instant.ofEpochSecond(59);
    assertThat(Totp.accepts(Secret.of(SEED.toLowerCase(java.util.Locale.ROOT)), "287082", now))
        .isTrue();
    assertThat(Totp.accepts(Secret.of("0189"), "287082", now)).isFalse();
    assertThat(Totp.accepts(Secret.of(""), "287082", now)).isFalse();
    assertThatThrownBy(() -> Totp.base32("1")).isInstanceOf(IllegalArgumentException.class);
  }
}
