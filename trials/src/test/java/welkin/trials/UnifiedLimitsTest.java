package welkin.trials;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.core.Config;
import welkin.core.Json;
import welkin.http.Answer;

/** Limits that Identity keeps, enforced by the services that count. */
class UnifiedLimitsTest {
  private static final Config UNIFIED =
      Config.of(
          "quota.driver", "unified", "quotas.driver", "unified", "image.use_keystone_limits", true);

  @TempDir Path home;

  private static String service(TestCloud.Client admin, String type) {
    return admin.get("/v3/services?type=" + type).at("/services/0/id").asString();
  }

  private static void register(TestCloud.Client admin, String type, Map<String, Integer> limits) {
    limits.forEach(
        (name, n) ->
            admin.post(
                "/v3/registered_limits",
                Json.text(
                    Map.of(
                        "registered_limits",
                        java.util.List.of(
                            Map.of(
                                "service_id",
                                service(admin, type),
                                "resource_name",
                                name,
                                "default_limit",
                                n))))));
  }

  private static void limit(
      TestCloud.Client admin, String type, String name, String noun, String owner, int n) {
    admin.post(
        "/v3/limits",
        Json.text(
            Map.of(
                "limits",
                java.util.List.of(
                    Map.of(
                        "service_id",
                        service(admin, type),
                        "resource_name",
                        name,
                        noun,
                        owner,
                        "resource_limit",
                        n)))));
  }

  private static String project(TestCloud.Client admin, String name) {
    return admin.get("/v3/projects?name=" + name).at("/projects/0/id").asString();
  }

  private static Answer boot(
      TestCloud.Client who, String image, String flavor, String network, int count) {
    return who.send(
        "POST",
        "/compute/v2.1/servers",
        """
        {"server": {"name": "s", "imageRef": "%s", "flavorRef": "%s", "min_count": %d,
          "max_count": %d, "networks": [{"uuid": "%s"}]}}
        """
            .formatted(image, flavor, count, count, network));
  }

  @Test
  void eachProjectHasItsOwnInTheFlatModel() {
    try (var cloud = new TestCloud(home, 2, UNIFIED)) {
      var admin = cloud.admin();
      register(admin, "compute", Map.of("servers", 1, "class:VCPU", 10, "server_key_pairs", 1));
      register(
          admin,
          "image",
          Map.of(
              "image_count_total", 2,
              "image_size_total", 3,
              "image_stage_total", 1,
              "image_count_uploading", 1));
      register(admin, "network", Map.of("network", 1));
      var image = Things.image(admin);
      var flavor = Things.flavor(admin);

      var usual = cloud.newcomer("usual", "member");
      var more = cloud.newcomer("more", "member");
      limit(admin, "compute", "servers", "project_id", project(admin, "more"), 2);
      var id = project(admin, "usual");

      var network = Things.network(usual, "net", "10.5.0.0/24");
      var second = usual.send("POST", "/network/v2.0/networks", "{\"network\": {\"name\": \"n\"}}");
      assertThat(second.status()).isEqualTo(409);
      assertThat(second.body()).contains("Quota exceeded for resources: ['network']");

      assertThat(boot(usual, image, flavor, network, 1).status()).isEqualTo(202);
      var over = boot(usual, image, flavor, network, 1);
      assertThat(over.status()).isEqualTo(403);
      assertThat(over.body())
          .contains(
              "Project "
                  + id
                  + " is over a limit for [Resource servers is over limit of 1 due to current usage"
                  + " 1 and delta 1]");
      assertThat(usual.get("/compute/v2.1/limits").at("/limits/absolute/maxTotalInstances").asInt())
          .isEqualTo(1);
      assertThat(usual.get("/compute/v2.1/os-quota-sets/" + id).at("/quota_set/cores").asInt())
          .isEqualTo(10);
      var ignored =
          admin.call(
              "PUT", "/compute/v2.1/os-quota-sets/" + id, "{\"quota_set\": {\"instances\": 50}}");
      assertThat(ignored.at("/quota_set/instances").asInt()).isEqualTo(1);
      assertThat(boot(more, image, flavor, Things.network(more, "net", "10.6.0.0/24"), 2).status())
          .isEqualTo(202);

      assertThat(keypair(usual, "one").status()).isEqualTo(201);
      assertThat(keypair(usual, "two").body())
          .contains("Project None is over a limit for [Resource server_key_pairs is over limit");

      var mine = newImage(usual);
      newImage(usual);
      var third =
          usual.send(
              "POST",
              "/image/v2/images",
              "{\"disk_format\": \"raw\", \"container_format\": \"bare\"}");
      assertThat(third.status()).isEqualTo(413);
      assertThat(third.body()).contains("Resource image_count_total is over limit of 2");
      var large = upload(usual, mine, "file", 4 << 20);
      assertThat(large.status()).isEqualTo(413);
      assertThat(large.body()).contains("Resource image_size_total is over limit of 3");
      assertThat(upload(usual, mine, "stage", 2 << 20).body())
          .contains("Resource image_stage_total is over limit of 1");
      assertThat(upload(usual, mine, "file", 4096).status()).isEqualTo(204);
      var usage = usual.get("/image/v2/info/usage").get("usage");
      assertThat(usage.at("/image_count_total/usage").asInt()).isEqualTo(2);
      assertThat(usage.at("/image_size_total/limit").asInt()).isEqualTo(3);
      assertThat(usage.at("/image_count_uploading/limit").asInt()).isEqualTo(1);
    }
  }

  @Test
  void theProjectsOfADomainShareItsLimitInTheStrictModel() {
    var strict = UNIFIED.with(Config.of("unified_limit.enforcement_model", "strict_two_level"));
    try (var cloud = new TestCloud(home, 2, strict)) {
      var admin = cloud.admin();
      register(admin, "compute", Map.of("servers", 2));
      register(admin, "image", Map.of("image_count_total", 5, "image_size_total", 5));
      register(admin, "image", Map.of("image_stage_total", 5, "image_count_uploading", 5));
      limit(admin, "compute", "servers", "domain_id", "default", 3);
      var image = Things.image(admin);
      var flavor = Things.flavor(admin);
      var one = cloud.newcomer("one", "member");
      var two = cloud.newcomer("two", "member");
      var nets =
          new String[] {
            Things.network(one, "net", "10.5.0.0/24"), Things.network(two, "net", "10.6.0.0/24")
          };
      assertThat(boot(one, image, flavor, nets[0], 2).status()).isEqualTo(202);
      var over = boot(two, image, flavor, nets[1], 2);
      assertThat(over.status()).isEqualTo(403);
      assertThat(over.body())
          .contains(
              "Project default is over a limit for [Resource servers is over limit of 3 due to"
                  + " current usage 2 and delta 2]");
      assertThat(boot(two, image, flavor, nets[1], 1).status()).isEqualTo(202);
      assertThat(boot(one, image, flavor, nets[0], 1).body()).contains("is over limit of 2 due to");
    }
  }

  /** Nothing is registered: nothing of {@code servers} and images may be had, as upstream. */
  @Test
  void whatIsNotRegisteredIsNotToBeHad() {
    try (var cloud = new TestCloud(home, 1, UNIFIED)) {
      var who = cloud.newcomer("one", "member");
      assertThat(
              who.send(
                      "POST",
                      "/image/v2/images",
                      "{\"disk_format\": \"raw\", \"container_format\": \"bare\"}")
                  .body())
          .contains("image_count_total is over limit of 0");
      assertThat(who.get("/compute/v2.1/limits").at("/limits/absolute/maxTotalInstances").asInt())
          .isZero();
      assertThat(who.get("/compute/v2.1/limits").at("/limits/absolute/maxTotalCores").asInt())
          .isEqualTo(-1);
    }
  }

  private static Answer keypair(TestCloud.Client who, String name) {
    return who.send(
        "POST",
        "/compute/v2.1/os-keypairs",
        """
        {"keypair": {"name": "%s", "type": "ssh", "public_key": "ssh-ed25519 \
        AAAAC3NzaC1lZDI1NTE5AAAAIJ1mkS9bBm5pZkcUV9fJdGXwBW8fQzgXV3oTU4cF0bq1"}}
        """
            .formatted(name));
  }

  private static String newImage(TestCloud.Client who) {
    return who.post(
            "/image/v2/images", "{\"disk_format\": \"raw\", \"container_format\": \"bare\"}")
        .get("id")
        .asString();
  }

  private static Answer upload(TestCloud.Client who, String id, String what, int bytes) {
    return who.send(
        "PUT",
        "/image/v2/images/" + id + "/" + what,
        "x".repeat(bytes),
        "content-type",
        "application/octet-stream");
  }
}
