package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.core.Json;

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

  @Test
  void whatHasASlashIsFoundByItsLink() {
    for (var made :
        new String[][] {
          {"OS-FEDERATION/identity_providers", "identity_provider", "{}"},
          {
            "OS-FEDERATION/service_providers",
            "service_provider",
            "{\"auth_url\":\"https://x/a\",\"sp_url\":\"https://x/s\"}"
          }
        }) {
      var path = "/v3/" + made[0] + "/a%2Fb%20c";
      var said = cloud.call("PUT", path, admin, "{\"" + made[1] + "\":" + made[2] + "}");
      var link = said.body().at("/" + made[1] + "/links/self").asString();
      assertThat(link).endsWith(path);
      assertThat(cloud.get(path, admin).body().at("/" + made[1] + "/id").asString())
          .isEqualTo("a/b c");
    }
  }

  private String name(String noun, String name) {
    var body = Json.object();
    var inner = body.putObject(noun).put("name", name);
    if (noun.equals("domain")) {
      inner.put("enabled", false);
    }
    return Json.text(body);
  }

  private TestIdentity.Said make(String noun, String name) {
    return cloud.call("POST", "/v3/" + TestIdentity.plural(noun), admin, name(noun, name));
  }

  private static String inUrl(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /**
   * Names are kept as they came and compared by code points: no engine folds case, accents,
   * compositions, widths or blanks (keystone's do as their collation likes), and what is found by a
   * name is what was made by it.
   */
  @Test
  void namesThatLookAlikeAreDistinct() {
    var alike =
        List.of(
            "caf\u00e9",
            "cafe\u0301",
            "cafe",
            "CAF\u00c9",
            "Caf\u00e9",
            "caf\u00e9\u200b",
            "\u202ecaf\u00e9",
            "\u200fcaf\u00e9",
            "\ufeffcaf\u00e9",
            "\uff43\uff41\uff46\u00e9",
            "stra\u00dfe",
            "strasse",
            "\u0131",
            "i",
            "I",
            "\u212a",
            "K",
            "\ud83d\udc69\u200d\ud83d\ude80",
            "\ud83d\udc69\ud83d\ude80");
    for (var noun : List.of("user", "group", "project", "domain", "role")) {
      for (var name : alike) {
        var made = make(noun, name);
        assertThat(made.status()).as(noun + " " + name + " " + made.body()).isEqualTo(201);
        assertThat(made.body().at("/" + noun + "/name").asString()).isEqualTo(name);
      }
      for (var name : alike) {
        assertThat(make(noun, name).status()).as(noun + " again " + name).isEqualTo(409);
        var path = "/v3/" + TestIdentity.plural(noun) + "?name=" + inUrl(name);
        var found = cloud.get(path, admin).body().at("/" + TestIdentity.plural(noun));
        assertThat(found.size()).as(noun + " by " + name).isEqualTo(1);
        assertThat(found.at("/0/name").asString()).isEqualTo(name);
      }
    }
  }

  @Test
  void aNameOfBlanksIsNone() {
    for (var blank : List.of(" ", "\t", "\u2003", "\u3000", "\u001c", "\u0085", "\u2028\u205f")) {
      for (var noun : List.of("user", "group")) {
        assertThat(make(noun, blank).status()).as(noun + (int) blank.charAt(0)).isEqualTo(400);
      }
      assertThat(make("user", "u" + (int) blank.charAt(0) + blank).status()).isEqualTo(201);
    }
  }

  /** As Python counts, by code points: 255 faces are 510 units of UTF-16 and 1020 bytes. */
  @Test
  void lengthIsCountedInCodePoints() {
    var face = "\ud83d\ude00";
    for (var noun : List.of("user", "role")) {
      for (var unit : List.of(face, "\u00e9", "x", "e\u0301")) {
        int most = 255 / unit.codePointCount(0, unit.length());
        var name = unit.repeat(most);
        var made = make(noun, name);
        assertThat(made.body().at("/" + noun + "/name").asString())
            .as(noun + " " + unit + made)
            .isEqualTo(name);
        assertThat(make(noun, name + unit).status()).isEqualTo(400);
      }
    }
    for (var noun : List.of("project", "domain", "group")) {
      assertThat(make(noun, face.repeat(64)).status()).isEqualTo(201);
      assertThat(make(noun, face.repeat(65)).status()).isEqualTo(400);
    }
  }

  @Test
  void aLoginIsByTheVeryNameAndPassword() {
    for (var name : List.of("zo\u00eb", "zoe\u0308", "Zo\u00eb")) {
      cloud.make("user", Map.of("name", name, "password", "p\u00e4ss " + name));
    }
    assertThat(cloud.login("zo\u00eb", "p\u00e4ss zo\u00eb", null).status()).isEqualTo(201);
    assertThat(cloud.login("zoe\u0308", "p\u00e4ss zoe\u0308", null).status()).isEqualTo(201);
    assertThat(cloud.login("zoe\u0308", "p\u00e4ss zo\u00eb", null).status()).isEqualTo(401);
    assertThat(cloud.login("zo\u00eb", "pa\u0308ss zo\u00eb", null).status()).isEqualTo(401);
    assertThat(cloud.login("ZO\u00cb", "p\u00e4ss zo\u00eb", null).status()).isEqualTo(401);
    assertThat(cloud.login("zo\u00eb ", "p\u00e4ss zo\u00eb", null).status()).isEqualTo(401);
  }

  @Test
  void halfACharacterAndNulAreRefusedWhereverTheyStand() {
    for (var bad : List.of("\\ud83d", "\\ude00x", "a\\u0000b")) {
      for (var field : List.of("name", "description", "email", "password", "anything")) {
        var said =
            cloud.call(
                "POST",
                "/v3/users",
                admin,
                "{\"user\":{\"name\":\"n\",\"" + field + "\":\"" + bad + "\"}}");
        if (bad.contains("0000")
            && List.of("description", "email", "password", "anything").contains(field)) {
          assertThat(said.status()).as(field + " " + bad).isIn(201, 400);
        } else {
          assertThat(said.status()).as(field + " " + bad).isEqualTo(400);
        }
        if (said.status() == 201) {
          var id = said.body().at("/user/id").asString();
          assertThat(cloud.get("/v3/users/" + id, admin).status()).isEqualTo(200);
          cloud.call("DELETE", "/v3/users/" + id, admin, null);
        }
      }
      assertThat(
              cloud
                  .call(
                      "POST",
                      "/v3/auth/tokens",
                      null,
                      "{\"auth\":{\"identity\":{\"methods\":[\"password\"],\"password\":{\"user\":"
                          + "{\"name\":\"welkin\",\"domain\":{\"id\":\"default\"},\"password\":\""
                          + bad
                          + "\"}}}}}")
                  .status())
          .isIn(400, 401);
    }
  }
}
