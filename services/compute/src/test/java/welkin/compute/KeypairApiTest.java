package welkin.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.compute.Cloud.ADMIN;
import static welkin.compute.Cloud.ALICE;
import static welkin.compute.Cloud.BOB;
import static welkin.compute.Cloud.texts;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeypairApiTest {
  /** A real ed25519 key; its MD5 fingerprint is what {@code ssh-keygen -l -E md5} prints. */
  private static final String KEY =
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me";

  private final Cloud cloud = new Cloud("compute.keypair_algorithm", "ed25519");

  @AfterEach
  void close() {
    cloud.close();
  }

  private Cloud.Told add(String who, String name) {
    return cloud.post(
        who, "/os-keypairs", "{`keypair`:{`name`:`" + name + "`,`public_key`:`" + KEY + "`}}");
  }

  @Test
  void importsShowsListsAndDeletes() {
    var made = add(ALICE, "a");
    assertThat(made.status()).isEqualTo(201);
    assertThat(Cloud.map(made.json().get("keypair")))
        .containsOnlyKeys("name", "public_key", "fingerprint", "user_id", "type");
    assertThat(made.text("/keypair/fingerprint")).matches("([0-9a-f]{2}:){15}[0-9a-f]{2}");
    var shown = cloud.get(ALICE, "/os-keypairs/a");
    assertThat(Cloud.map(shown.json().get("keypair")))
        .containsEntry("user_id", "alice")
        .containsEntry("deleted", false)
        .containsKeys("id", "created_at", "deleted_at", "updated_at");
    add(ALICE, "b");
    add(BOB, "c");
    var list = cloud.get(ALICE, "/os-keypairs?limit=1");
    assertThat(list.text("/keypairs/0/keypair/name")).isEqualTo("a");
    assertThat(list.text("/keypairs_links/0/href")).endsWith("?limit=1&marker=a");
    assertThat(cloud.get(ALICE, "/os-keypairs?marker=a").json().get("keypairs")).hasSize(1);
    assertThat(cloud.get(ALICE, "/os-keypairs/c").status()).isEqualTo(404);
    assertThat(cloud.delete(ALICE, "/os-keypairs/a").status()).isEqualTo(204);
    var again = cloud.delete(ALICE, "/os-keypairs/a");
    assertThat(again.status()).isEqualTo(404);
    assertThat(again.text("/itemNotFound/message")).isEqualTo("Keypair a not found for user alice");
  }

  @Test
  void anAdministratorActsForAnotherUser() {
    add(ALICE, "a");
    assertThat(cloud.get(ADMIN, "/os-keypairs/a?user_id=alice").status()).isEqualTo(200);
    assertThat(cloud.get(BOB, "/os-keypairs/a?user_id=alice").status()).isEqualTo(403);
    assertThat(cloud.call(ADMIN, "2.9", "GET", "/os-keypairs/a?user_id=alice", null).status())
        .isEqualTo(404);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ssh", "x509"})
  void makesAPair(String type) {
    var made =
        cloud.call(
            ALICE,
            "2.91",
            "POST",
            "/os-keypairs",
            "{`keypair`:{`name`:`k`,`type`:`" + type + "`}}");
    assertThat(made.status()).isEqualTo(201);
    assertThat(made.text("/keypair/private_key")).startsWith("-----BEGIN ").contains("PRIVATE KEY");
    assertThat(made.text("/keypair/public_key"))
        .startsWith(type.equals("ssh") ? "ssh-ed25519 " : "-----BEGIN CERTIFICATE-----");
    assertThat(cloud.get(ALICE, "/os-keypairs/k").json().at("/keypair").has("private_key"))
        .isFalse();
  }

  @Test
  void makesRsaByDefault() {
    try (var other = new Cloud()) {
      var made = other.call(ALICE, "2.1", "POST", "/os-keypairs", "{`keypair`:{`name`:`k`}}");
      assertThat(made.status()).isEqualTo(200);
      assertThat(made.text("/keypair/public_key")).startsWith("ssh-rsa AAAA");
      assertThat(made.text("/keypair/private_key")).startsWith("-----BEGIN RSA PRIVATE KEY-----");
      assertThat(made.json().get("keypair").has("type")).isFalse();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "2.92 | {`keypair`:{`name`:`k`}} | 'public_key' is a required property",
        "2.91 | {`keypair`:{`name`:`a@b`}} | Keypair name contains unsafe characters",
        "2.1 | {`keypair`:{`name`:`k`,`type`:`ssh`}} | Additional properties are not allowed",
        "2.92 | {`keypair`:{`name`:`k`,`public_key`:`ssh-rsa x`}} | failed to generate fingerprint",
        "2.92 | {`keypair`:{`name`:``,`public_key`:`x`}} | '' is too short",
        "2.92 | {`keypair`:{`name`:`k`,`type`:`pgp`,`public_key`:`x`}} | 'pgp' is not one of",
      })
  void refuses(String version, String body, String words) {
    var told = cloud.call(ALICE, version, "POST", "/os-keypairs", body);
    assertThat(told.status()).isEqualTo(400);
    assertThat(told.text("/badRequest/message")).contains(words);
  }

  @Test
  void aNameIsTakenOnce() {
    add(ALICE, "a");
    assertThat(add(BOB, "a").status()).isEqualTo(201);
    var twice = add(ALICE, "a");
    assertThat(twice.status()).isEqualTo(409);
    assertThat(twice.text("/conflictingRequest/message")).isEqualTo("Key pair 'a' already exists.");
  }

  @Test
  void isLimitedByQuota() {
    cloud.put(
        ADMIN, "/os-quota-sets/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "{`quota_set`:{`key_pairs`:1}}");
    add(ALICE, "a");
    var over = add(ALICE, "b");
    assertThat(over.status()).isEqualTo(403);
    assertThat(over.text("/forbidden/message")).isEqualTo("Quota exceeded, too many key pairs.");
  }

  @Test
  void unknownParametersAreRefusedSince275() {
    assertThat(cloud.get(ALICE, "/os-keypairs?colour=red").status()).isEqualTo(400);
    assertThat(cloud.call(ALICE, "2.74", "GET", "/os-keypairs?colour=red", null).status())
        .isEqualTo(200);
    assertThat(cloud.get(ALICE, "/os-keypairs?limit=-1").status()).isEqualTo(400);
  }

  @Test
  void theListIsTheCallersOwn() {
    add(BOB, "c");
    var list = cloud.get(ALICE, "/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/os-keypairs");
    assertThat(list.status()).isEqualTo(200);
    assertThat(texts(list.json().get("keypairs"), "keypair")).isEmpty();
  }
}
