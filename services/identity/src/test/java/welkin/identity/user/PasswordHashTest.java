package welkin.identity.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Hashes made by passlib are understood, and what is made is understood again. */
class PasswordHashTest {
  private static final byte[] PASSWORD = "correct horse".getBytes();

  @Test
  void passlibsHashesAreUnderstood() {
    for (var hash :
        List.of(
            "$scrypt$ln=8,r=8,p=1$ECJEaK11jnFOKWWM8R7DeA$asYT+yJt+Pnpa4R4RhO8gC9ExUo0KE6Ywh/kSYqpppQ",
            "$pbkdf2-sha512$1000$ynlPiZFyrrXWWss5J.Sc0w$Gq9vq8fwAMX2Nb6NW89j34PjsY0w2GhF96z5ZVWIZGmw"
                + "4KV7Ch2Yo8Bzk1E.3v.SQErzfFOpeJs9pJhJ9bffGA",
            "$bcrypt-sha256$v=2,t=2b,r=4$McF07QiLBX9Fx175Aj/sB.$7VfICEhmu.xls1ZPOz253ZzCHMxWA.y",
            "$2y$04$Ab0ZT9WPt2hWTZt74HcZAeDyX3bifRC9vsEwc355Eyz6bfKs6gSee")) {
      var algorithm = PasswordHash.of(hash);
      assertThat(algorithm.check(PASSWORD, hash)).as(hash).isTrue();
      assertThat(algorithm.check("wrong horse".getBytes(), hash)).as(hash).isFalse();
    }
    assertThatThrownBy(() -> PasswordHash.of("plain")).hasMessageContaining("no known kind");
  }

  @ParameterizedTest
  @EnumSource
  void whatIsMadeIsUnderstood(PasswordHash algorithm) {
    int rounds = algorithm == PasswordHash.PBKDF2_SHA512 ? 1000 : 4;
    var hash = algorithm.make(PASSWORD, rounds);
    assertThat(PasswordHash.of(hash)).isEqualTo(algorithm);
    assertThat(algorithm.check(PASSWORD, hash)).isTrue();
    assertThat(algorithm.check("other".getBytes(), hash)).isFalse();
    assertThat(algorithm.isCurrent(hash, rounds)).isTrue();
    assertThat(algorithm.isCurrent(hash, rounds + 1)).isFalse();
    assertThat(algorithm.make(PASSWORD, rounds)).isNotEqualTo(hash);
  }

  @Test
  void longPasswords() {
    var a = "x".repeat(72).concat("a").getBytes();
    var b = "x".repeat(72).concat("b").getBytes();
    assertThat(PasswordHash.BCRYPT.check(b, PasswordHash.BCRYPT.make(a, 4)))
        .as("bcrypt reads 72 bytes")
        .isTrue();
    assertThat(PasswordHash.BCRYPT_SHA256.check(b, PasswordHash.BCRYPT_SHA256.make(a, 4)))
        .isFalse();
  }

  @Test
  void aCostThatMakesNoSenseIsRefused() {
    assertThatThrownBy(() -> PasswordHash.BCRYPT.rounds(99))
        .hasMessageContaining("between 4 and 31");
    assertThat(PasswordHash.BCRYPT.rounds(0)).isEqualTo(12);
  }
}
