package welkin.identity.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FernetTest {
  static final Instant NOW = Instant.parse("2026-11-21T04:00:00Z");
  @TempDir Path dir;

  /** The example of the Fernet specification's {@code verify.json}. */
  @Test
  void opensTheSpecificationsExample() {
    var key = new Fernet("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=");
    var token =
        "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";
    var opened = key.open(Fernet.bytes(token));
    assertThat(new String(opened.payload())).isEqualTo("hello");
    assertThat(opened.made()).isEqualTo(Instant.ofEpochSecond(499162800));
  }

  @Test
  void aChangedTokenIsNoToken() {
    var key = new Fernet(Fernet.generate());
    var bytes = Fernet.bytes(key.seal("payload".getBytes(), NOW));
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] ^= 1;
      assertThat(key.open(bytes)).as("byte " + i).isNull();
      bytes[i] ^= 1;
    }
    assertThat(key.open(bytes)).isNotNull();
    assertThat(new Fernet(Fernet.generate()).open(bytes)).isNull();
    assertThat(key.open(new byte[0])).isNull();
    assertThat(Fernet.bytes("ä not base64")).isNull();
  }

  @Test
  void rotationKeepsWhatIsStillActive() throws Exception {
    var keys = new FernetKeys(dir.resolve("k"), 3);
    assertThat(names()).containsExactlyInAnyOrder("0", "1");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dir.resolve("k/0"))))
        .isEqualTo("rw-------");
    var other = new FernetKeys(dir.resolve("k"), 3);
    var first = keys.seal("1".getBytes(), NOW);
    keys.rotate();
    assertThat(names()).containsExactlyInAnyOrder("0", "1", "2");
    var second = keys.seal("2".getBytes(), NOW);
    assertThat(other.open(second)).as("it was staged there").isNotNull();
    assertThat(keys.open(first)).isNotNull();
    keys.rotate();
    assertThat(names()).containsExactlyInAnyOrder("0", "2", "3");
    assertThat(keys.open(first)).isNull();
    assertThat(keys.open(second)).isNotNull();
  }

  private List<String> names() throws Exception {
    try (var l = Files.list(dir.resolve("k"))) {
      return l.map(f -> f.getFileName().toString()).toList();
    }
  }

  @Test
  void payloadsComeBackAsTheyWere() {
    var user = "0123456789abcdef0123456789abcdef";
    for (var scope :
        List.of(
            Scope.UNSCOPED,
            Scope.SYSTEM,
            Scope.domain("default"),
            Scope.domain("ffffffffffffffffffffffffffffffff"),
            Scope.project("fedcba9876543210fedcba9876543210"),
            Scope.project("named"))) {
      var p =
          new Payload(
              user,
              List.of("password", "token"),
              scope,
              NOW.plusSeconds(3600),
              List.of("AAAAAAAAAAAAAAAAAAAAAA", "__________________8w".substring(0, 20) + "-w"),
              null,
              NOW);
      assertThat(Payload.unpack(p.pack(), NOW).scope()).isEqualTo(scope);
      assertThat(Payload.unpack(p.pack(), NOW).userId()).isEqualTo(user);
      assertThat(Payload.unpack(p.pack(), NOW).expiresAt()).isEqualTo(p.expiresAt());
      assertThat(Payload.unpack(p.pack(), NOW).methods()).isEqualTo(p.methods());
    }
    for (var delegation :
        List.of(
            Delegation.applicationCredential("00000000000000000000000000000001"),
            Delegation.trust("00000000000000000000000000000001"))) {
      var delegated =
          new Payload(
              user,
              List.of("application_credential"),
              Scope.project("fedcba9876543210fedcba9876543210"),
              NOW,
              List.of("AAAAAAAAAAAAAAAAAAAAAA"),
              delegation,
              NOW);
      assertThat(Payload.unpack(delegated.pack(), NOW)).isEqualTo(delegated);
    }
  }

  /** What msgpack's reference implementation makes of the same list. */
  @Test
  void packsAsTheReferenceDoes() {
    var bytes =
        MessagePack.pack(List.of(2, List.of(true, new byte[] {1, 2}), 4, "x", 1.5, List.of()));
    assertThat(HexFormat.of().formatHex(bytes))
        .isEqualTo("960292c3c402010204a178cb3ff800000000000090");
  }

  @Test
  void rubbishIsRefused() {
    for (var hex : List.of("", "96", "93c403", "dc7fff", "c1", "919191919191", "0000", "9102")) {
      assertThatThrownBy(() -> Payload.unpack(HexFormat.of().parseHex(hex), NOW))
          .as(hex)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
