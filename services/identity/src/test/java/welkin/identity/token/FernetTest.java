package welkin.identity.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.store.Database;

class FernetTest {
  static final Instant NOW = Instant.parse("2026-11-21T04:00:00Z");
  final AtomicReference<Instant> time = new AtomicReference<>(NOW);

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

  private Database database() {
    return Database.sqlite(
        dir.resolve("identity.db"),
        Database.Durability.OFF,
        time::get,
        List.of(
            "/welkin/identity/V001__identity.sql", "/welkin/identity/V006__several_processes.sql"));
  }

  private FernetKeys keys(Database db, Path home) {
    return new FernetKeys(db, new ClusterKey(home), "token", home.resolve("fernet-keys"), 3);
  }

  private void rotate(Database db, FernetKeys keys) {
    db.change(keys::rotate);
    reload(db, keys);
  }

  private static void reload(Database db, FernetKeys keys) {
    db.read(
        sql -> {
          keys.reload(sql);
          return null;
        });
  }

  @Test
  void rotationKeepsWhatIsStillActive() throws Exception {
    try (var db = database()) {
      var keys = keys(db, dir);
      assertThat(
              PosixFilePermissions.toString(
                  Files.getPosixFilePermissions(dir.resolve("cluster.key"))))
          .isEqualTo("rw-------");
      var other = keys(db, dir);
      var first = keys.seal("1".getBytes(), NOW);
      assertThat(other.open(first)).isNotNull();
      assertThatThrownBy(() -> rotate(db, keys)).hasMessageContaining("just now");
      time.updateAndGet(t -> t.plusSeconds(11));
      rotate(db, keys);
      var second = keys.seal("2".getBytes(), NOW);
      assertThat(other.open(second)).as("it was staged there").isNotNull();
      assertThat(keys.open(first)).isNotNull();
      time.updateAndGet(t -> t.plusSeconds(11));
      rotate(db, keys);
      reload(db, other);
      for (var each : List.of(keys, other)) {
        assertThat(each.open(first)).isNull();
        assertThat(each.open(second)).isNotNull();
      }
      assertThat(other.open(keys.seal("3".getBytes(), NOW))).isNotNull();
    }
  }

  @Test
  void keysOfAnOlderReleaseAreMovedIn() throws Exception {
    var folder = Files.createDirectories(dir.resolve("fernet-keys"));
    var old = Fernet.generate();
    Files.writeString(folder.resolve("0"), Fernet.generate());
    Files.writeString(folder.resolve("7"), old + "\n");
    var token = new Fernet(old).seal("1".getBytes(), NOW);
    try (var db = database()) {
      assertThat(keys(db, dir).open(token)).isNotNull();
      assertThat(folder).doesNotExist();
      assertThat(keys(db, dir).open(token)).isNotNull();
    }
  }

  @Test
  void aHostWithoutTheClustersKeyIsRefused() throws Exception {
    try (var db = database()) {
      keys(db, dir);
      var stranger = Files.createDirectories(dir.resolve("stranger"));
      assertThatThrownBy(() -> keys(db, stranger)).hasMessageContaining("copy it from");
      Files.writeString(stranger.resolve("cluster.key"), Fernet.generate());
      assertThatThrownBy(() -> keys(db, stranger)).hasMessageContaining("is not this cloud's");
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

  /** keystone's versions 4, 5 and 6, element by element. */
  @Test
  void federatedPayloadsHaveKeystonesLayout() {
    var user = "ab".repeat(32);
    var group = "0123456789abcdef0123456789abcdef";
    var federation = new Federation("company", "openid", List.of(group, "named"));
    var scopes =
        List.of(
            Scope.UNSCOPED,
            Scope.project("fedcba9876543210fedcba9876543210"),
            Scope.domain("default"));
    for (int i = 0; i < 3; i++) {
      var p =
          new Payload(
              user,
              List.of("token", "mapped"),
              scopes.get(i),
              NOW,
              List.of("AAAAAAAAAAAAAAAAAAAAAA"),
              null,
              NOW,
              federation);
      assertThat(Payload.unpack(p.pack(), NOW)).isEqualTo(p);
      var raw = (List<?>) MessagePack.unpack(p.pack());
      int next = i == 0 ? 3 : 4;
      assertThat(raw).hasSize(next + 5);
      assertThat(raw.getFirst()).isEqualTo(4L + i);
      assertThat((List<?>) raw.get(next)).hasSize(2);
      assertThat(((List<?>) ((List<?>) raw.get(next)).getFirst()).getFirst()).isEqualTo(true);
      assertThat(((List<?>) raw.get(next + 1)).getFirst()).isEqualTo(false);
      assertThat(raw.get(next + 2)).isEqualTo("openid");
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
