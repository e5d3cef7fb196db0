package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.identity.token.Sealing;

/** Texts that are almost tokens: refused as any nonsense is, by whoever reads them. */
class MalformedTokenTest {
  @TempDir Path dir;
  private TestIdentity cloud;

  @AfterEach
  void close() {
    cloud.close();
  }

  private void refused(String token, String what) {
    assertThat(cloud.get("/v3/auth/projects", token).status()).as(what).isEqualTo(401);
    assertThat(
            cloud
                .call("GET", "/v3/auth/tokens", cloud.admin(), null, "x-subject-token", token)
                .status())
        .as(what)
        .isIn(400, 404);
    var login =
        "{\"auth\":{\"identity\":{\"methods\":[\"token\"],\"token\":{\"id\":\""
            + token.replaceAll("[\\p{Cntrl}\"\\\\]", "?")
            + "\"}}}}";
    assertThat(cloud.call("POST", "/v3/auth/tokens", null, login).status())
        .as(what)
        .isIn(400, 401, 404);
  }

  private void bentAndCut(String token) {
    var raw = token.getBytes(StandardCharsets.ISO_8859_1);
    for (int i = 0; i < raw.length; i += 5) {
      var other = raw.clone();
      other[i] = (byte) (other[i] == 'A' ? 'B' : 'A');
      if (i + 1 < raw.length) { // the last letter of base64 may hold bits of nothing
        refused(new String(other, StandardCharsets.ISO_8859_1), "letter " + i + " changed");
      }
      refused(token.substring(0, i), "cut after " + i);
    }
    refused(token + "AAAA", "something after it");
    refused("A".repeat(20_000), "far too long");
    whatNoTokenIsMadeOf(token);
  }

  @Test
  void fernet() {
    cloud = new TestIdentity(dir);
    var token = cloud.admin();
    bentAndCut(token);
    var raw = Base64.getUrlDecoder().decode(token);
    for (int version : new int[] {0, 1, 0x7f, 0x81, 0xff}) {
      raw[0] = (byte) version;
      refused(Base64.getUrlEncoder().encodeToString(raw), "version " + version);
    }
  }

  @Test
  void jws() {
    cloud = new TestIdentity(dir, "token.provider", "jws");
    var token = cloud.admin();
    bentAndCut(token);
    var parts = token.split("\\.");
    var none =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString("{\"alg\":\"none\"}".getBytes(StandardCharsets.UTF_8));
    for (var text :
        List.of(
            none + "." + parts[1] + ".",
            none + "." + parts[1] + "." + parts[2],
            parts[0] + "." + parts[1],
            parts[0] + ".." + parts[2],
            "..",
            ".",
            token + "." + parts[2],
            parts[0] + "." + none + "." + parts[2])) {
      refused(text, text);
    }
  }

  private void whatNoTokenIsMadeOf(String token) {
    for (var text :
        List.of(
            "\u00e9",
            "\ud83d\ude00",
            token + "\u00e9",
            "\u00e9" + token,
            token.replace('A', '\u0410'),
            token + "\u0000",
            "Bearer " + token,
            token + "," + token,
            token + " x",
            "=",
            "====",
            "-",
            "null",
            "\u0000",
            "gAAAAA",
            "gAAAAA" + "=".repeat(300),
            "A".repeat(65_000),
            ".".repeat(65_000),
            "eyJ" + ".eyJ".repeat(10_000))) {
      refused(text, text.substring(0, Math.min(20, text.length())));
    }
  }

  private String sealed(byte[] payload) {
    return Sealing.seal(cloud.identity.database(), dir, payload, cloud.now);
  }

  /** Whoever has the key may write what he likes; it must still not break whoever reads it. */
  @Test
  void nonsenseUnderTheRightSeal() {
    cloud = new TestIdentity(dir);
    var random = new Random(5);
    var good =
        List.of(
            cloud.admin(),
            cloud.login("welkin", TestIdentity.PASSWORD, "\"unscoped\"").token(),
            cloud
                .login("welkin", TestIdentity.PASSWORD, "{\"domain\":{\"id\":\"default\"}}")
                .token(),
            cloud.login("welkin", TestIdentity.PASSWORD, "{\"system\":{\"all\":true}}").token());
    for (int i = 0; i < 2000; i++) {
      var like =
          (List<?>) Sealing.unpack(cloud.identity.database(), dir, good.get(i % good.size()));
      var payload = new ArrayList<Object>(like);
      switch (random.nextInt(4)) {
        case 0 -> payload.set(random.nextInt(payload.size()), anything(random, 0));
        case 1 -> payload.remove(random.nextInt(payload.size()));
        case 2 -> payload.add(random.nextInt(payload.size()), anything(random, 0));
        default -> payload.set(0, (long) random.nextInt(14) - 2);
      }
      var bytes = Sealing.pack(payload);
      if (random.nextInt(5) == 0) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      var token = sealed(bytes);
      var said = cloud.get("/v3/auth/projects", token);
      assertThat(said.status()).as(payload + " " + said.body()).isIn(200, 400, 401);
    }
    refused(sealed(new byte[0]), "nothing");
    refused(sealed(new byte[] {(byte) 0xdc, (byte) 0xff, (byte) 0xff}), "a list that is not there");
    var deep = new byte[400];
    java.util.Arrays.fill(deep, (byte) 0x91);
    refused(sealed(deep), "lists in lists");
  }

  private static Object anything(Random random, int depth) {
    return switch (random.nextInt(depth > 2 ? 8 : 10)) {
      case 0 -> null;
      case 1 -> random.nextBoolean();
      case 2 -> random.nextLong();
      case 3 -> (long) random.nextInt(10);
      case 4 -> random.nextBoolean() ? Double.NaN : random.nextDouble() * 1e300;
      case 5 -> "all";
      case 6 -> {
        var bytes = new byte[random.nextInt(20)];
        random.nextBytes(bytes);
        yield bytes;
      }
      case 7 -> "\u0000é" + random.nextInt();
      default -> {
        var list = new ArrayList<Object>();
        for (int i = random.nextInt(4); i > 0; i--) {
          list.add(anything(random, depth + 1));
        }
        yield list;
      }
    };
  }
}
