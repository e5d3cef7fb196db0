package welkin.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.compute.Cloud.ADMIN;
import static welkin.compute.Cloud.ALICE;
import static welkin.compute.Cloud.BOB;
import static welkin.compute.Cloud.texts;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FlavorApiTest {
  private final Cloud cloud = new Cloud();

  @AfterEach
  void close() {
    cloud.close();
  }

  private Cloud.Told make(String id, String more) {
    return cloud.post(
        ADMIN,
        "/flavors",
        "{`flavor`:{`name`:`f"
            + id
            + "`,`id`:`"
            + id
            + "`,`ram`:512,`vcpus`:1,`disk`:1"
            + more
            + "}}");
  }

  @Test
  void makesAndShowsPerVersion() {
    var made = make("1", ",`swap`:0,`description`:`small`");
    assertThat(made.status()).isEqualTo(200);
    assertThat(Cloud.map(made.json().get("flavor")))
        .containsEntry("id", "1")
        .containsEntry("swap", 0)
        .containsEntry("description", "small")
        .containsEntry("OS-FLV-EXT-DATA:ephemeral", 0)
        .containsEntry("os-flavor-access:is_public", true)
        .containsKeys("extra_specs", "links", "rxtx_factor", "OS-FLV-DISABLED:disabled");
    var old = cloud.call(ALICE, "2.1", "GET", "/flavors/1", null);
    assertThat(Cloud.map(old.json().get("flavor")))
        .containsEntry("swap", "")
        .doesNotContainKeys("description", "extra_specs");
    assertThat(make("1", "").status()).isEqualTo(409);
    assertThat(cloud.get(ALICE, "/flavors/9").text("/itemNotFound/message"))
        .isEqualTo("Flavor 9 could not be found.");
    assertThat(cloud.post(ALICE, "/flavors", "{`flavor`:{}}").status()).isEqualTo(403);
  }

  @Test
  void listsPagesAndFilters() {
    make("1", "");
    make("2", "");
    make("3", ",`os-flavor-access:is_public`:false");
    var page = cloud.get(ALICE, "/flavors?limit=1");
    assertThat(texts(page.json().get("flavors"), "id")).containsExactly("1");
    assertThat(page.text("/flavors_links/0/rel")).isEqualTo("next");
    assertThat(texts(cloud.get(ALICE, "/flavors?marker=1").json().get("flavors"), "id"))
        .containsExactly("2");
    assertThat(texts(cloud.get(ADMIN, "/flavors?is_public=None").json().get("flavors"), "id"))
        .containsExactly("1", "2", "3");
    assertThat(cloud.get(ALICE, "/flavors/detail?minRam=513").json().get("flavors")).isEmpty();
    assertThat(cloud.get(ALICE, "/flavors?marker=9").status()).isEqualTo(400);
    assertThat(cloud.get(ALICE, "/flavors?sort_key=colour").status()).isEqualTo(400);
  }

  @Test
  void accessOpensAFlavorThatIsNotPublic() {
    make("p", ",`os-flavor-access:is_public`:false");
    assertThat(cloud.get(ALICE, "/flavors/p").status()).isEqualTo(404);
    var given =
        cloud.post(
            ADMIN,
            "/flavors/p/action",
            "{`addTenantAccess`:{`tenant`:`bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb`}}");
    assertThat(given.text("/flavor_access/0/flavor_id")).isEqualTo("p");
    assertThat(cloud.get(ALICE, "/flavors/p").status()).isEqualTo(200);
    assertThat(cloud.get(BOB, "/flavors/p").status()).isEqualTo(404);
    assertThat(
            cloud
                .post(ADMIN, "/flavors/p/action", "{`addTenantAccess`:{`tenant`:`nobody`}}")
                .status())
        .isEqualTo(400);
    cloud.post(
        ADMIN,
        "/flavors/p/action",
        "{`removeTenantAccess`:{`tenant`:`bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb`}}");
    assertThat(cloud.get(ALICE, "/flavors/p").status()).isEqualTo(404);
  }

  @Test
  void extraSpecs() {
    make("1", "");
    cloud.post(ADMIN, "/flavors/1/os-extra_specs", "{`extra_specs`:{`hw:a`:`1`,`b`:`2`}}");
    assertThat(cloud.get(ALICE, "/flavors/1/os-extra_specs/b").text("/b")).isEqualTo("2");
    cloud.put(ADMIN, "/flavors/1/os-extra_specs/b", "{`b`:`3`}");
    assertThat(cloud.put(ADMIN, "/flavors/1/os-extra_specs/b", "{`c`:`3`}").status())
        .isEqualTo(400);
    assertThat(cloud.get(ALICE, "/flavors/1").text("/flavor/extra_specs/b")).isEqualTo("3");
    assertThat(cloud.delete(ADMIN, "/flavors/1/os-extra_specs/b").status()).isEqualTo(200);
    assertThat(cloud.delete(ADMIN, "/flavors/1/os-extra_specs/b").status()).isEqualTo(404);
  }

  @Test
  void quotasAndLimits() {
    var path = "/os-quota-sets/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    assertThat(cloud.get(ALICE, path).json().at("/quota_set/instances").intValue()).isEqualTo(10);
    assertThat(cloud.get(BOB, path).status()).isEqualTo(403);
    cloud.put(
        ADMIN, "/os-quota-class-sets/default", "{`quota_class_set`:{`instances`:7,`cores`:5}}");
    cloud.put(ADMIN, path, "{`quota_set`:{`instances`:3}}");
    var limits = cloud.get(ALICE, "/limits");
    assertThat(limits.json().at("/limits/absolute/maxTotalInstances").intValue()).isEqualTo(3);
    assertThat(limits.json().at("/limits/absolute/maxTotalCores").intValue()).isEqualTo(5);
    assertThat(cloud.delete(ADMIN, path).status()).isEqualTo(202);
    assertThat(
            cloud.get(ALICE, path + "/detail").json().at("/quota_set/instances/limit").intValue())
        .isEqualTo(7);
    assertThat(cloud.put(ADMIN, path, "{`quota_set`:{`instances`:-2}}").status()).isEqualTo(400);
    assertThat(cloud.call(ADMIN, "2.36", "PUT", path, "{`quota_set`:{`fixed_ips`:1}}").status())
        .isEqualTo(400);
  }
}
