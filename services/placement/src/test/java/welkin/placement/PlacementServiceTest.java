package welkin.placement;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import welkin.bus.InProcessBus;
import welkin.core.Caller;
import welkin.core.Config;
import welkin.core.Fault;
import welkin.core.Ids;
import welkin.core.Json;
import welkin.core.Secret;
import welkin.http.Answer;
import welkin.http.Door;
import welkin.http.HttpRequest;
import welkin.http.Metrics;
import welkin.peers.Peers;
import welkin.peers.Platform;
import welkin.peers.Transport;
import welkin.placement.PlacementPeer.Inventory;
import welkin.testkit.TestDatabases;

/** Placement through its door. */
class PlacementServiceTest {
  private static final Caller SERVICE = caller("admin", "member", "reader", "service");
  private static final Caller READER = caller("reader");

  @TempDir Path home;
  private Door door;
  private PlacementService service;
  private PlacementPeer peer;

  private static Caller caller(String... roles) {
    return new Caller(
        "u", "user", "default", "p", "project", "default", null, false, List.of(roles), null, null);
  }

  @BeforeEach
  void open() {
    var clock = InstantSource.system();
    var ids = Ids.system();
    var metrics = new Metrics();
    door = new Door(t -> t.reveal().equals("reader") ? READER : SERVICE, ids, metrics);
    var peers = new Peers(Transport.direct(door), "http://test", () -> Secret.of("service"));
    start(
        new Platform(
            home,
            Config.empty(),
            clock,
            ids,
            new InProcessBus(),
            door,
            metrics,
            TestDatabases.in(home, clock),
            "http://test",
            peers));
    peer = new PlacementPeer(peers);
  }

  private void start(Platform platform) {
    service = new PlacementService(platform);
    service.apis().forEach(door::mount);
    service.start();
  }

  @AfterEach
  void close() {
    service.close();
  }

  private Answer send(String method, String path, Object body, String version) {
    var headers = new HashMap<String, String>();
    headers.put("x-auth-token", "service");
    headers.put("content-type", "application/json");
    if (version != null) {
      headers.put("openstack-api-version", "placement " + version);
    }
    return door.handle(
        HttpRequest.of(
            method,
            "/placement" + path,
            headers,
            body == null ? null : Json.bytes(body),
            "http://test"));
  }

  private JsonNode get(String path) {
    var answer = send("GET", path, null, "1.39");
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return Json.parse(answer.bytes());
  }

  private String host(String name, long vcpus, String... traits) {
    var uuid = UUID.randomUUID().toString();
    peer.ensureProvider(uuid, name, null);
    peer.setInventory(
        uuid,
        Map.of("VCPU", Inventory.of(vcpus, 0, 4.0), "MEMORY_MB", Inventory.of(4096, 512, 1.0)));
    peer.setTraits(uuid, Set.of(traits));
    return uuid;
  }

  private static PlacementPeer.Request ask(long vcpus, long memory) {
    return PlacementPeer.Request.of(Map.of("VCPU", vcpus, "MEMORY_MB", memory), null);
  }

  @Test
  void aClaimTakesRoomAndAReleaseGivesItBack() {
    var uuid = host("one", 2);
    var consumer = UUID.randomUUID().toString();
    var wanted = Map.of(uuid, Map.of("VCPU", 1L, "MEMORY_MB", 3000L));
    peer.claim(consumer, wanted, "p", "u", "INSTANCE");
    peer.claim(consumer, wanted, "p", "u", "INSTANCE");
    assertThat(peer.candidates(ask(1, 1000)).list()).isEmpty();
    assertThat(peer.candidates(ask(1, 584)).list()).hasSize(1);
    assertThat(peer.allocations(consumer).byProvider()).isEqualTo(wanted);
    assertThat(get("/usages?project_id=p").get("usages").get("INSTANCE").get("MEMORY_MB").asInt())
        .isEqualTo(3000);
    var other = UUID.randomUUID().toString();
    var refused =
        send(
            "PUT",
            "/allocations/" + other,
            Map.of(
                "allocations",
                Map.of(uuid, Map.of("resources", Map.of("MEMORY_MB", 1000))),
                "project_id",
                "p",
                "user_id",
                "u"),
            "1.12");
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.body()).contains("exceed the capacity");
    peer.release(consumer);
    peer.release(consumer);
    assertThat(peer.candidates(ask(1, 1000)).list()).hasSize(1);
    assertThat(get("/resource_providers/" + uuid + "/usages").get("usages").get("VCPU").asInt())
        .isZero();
  }

  @Test
  void generationsGuardProvidersAndConsumers() {
    var uuid = host("one", 2);
    var stale =
        send(
            "PUT",
            "/resource_providers/" + uuid + "/traits",
            Map.of("traits", List.of(), "resource_provider_generation", 0),
            "1.39");
    assertThat(stale.status()).isEqualTo(409);
    assertThat(stale.body()).contains("placement.concurrent_update");
    var consumer = UUID.randomUUID().toString();
    peer.claim(consumer, Map.of(uuid, Map.of("VCPU", 1L)), "p", "u", "INSTANCE");
    var body = Json.object();
    body.putObject("allocations").putObject(uuid).putObject("resources").put("VCPU", 2);
    body.put("project_id", "p").put("user_id", "u").put("consumer_type", "INSTANCE");
    body.putNull("consumer_generation");
    assertThat(send("PUT", "/allocations/" + consumer, body, "1.39").status()).isEqualTo(409);
    body.put("consumer_generation", peer.allocations(consumer).generation());
    assertThat(send("PUT", "/allocations/" + consumer, body, "1.39").status()).isEqualTo(204);
  }

  @Test
  void traitsAndAggregatesChooseProviders() {
    var avx = host("avx", 4, "HW_CPU_X86_AVX2", "CUSTOM_GOLD");
    var plain = host("plain", 4, "HW_CPU_X86_SSE");
    var aggregate = UUID.randomUUID().toString();
    peer.setAggregates(plain, Set.of(aggregate));
    assertThat(candidates("&required=HW_CPU_X86_AVX2")).containsExactly(avx);
    assertThat(candidates("&required=!CUSTOM_GOLD")).containsExactly(plain);
    assertThat(candidates("&required=in:CUSTOM_GOLD,HW_CPU_X86_SSE")).containsExactly(avx, plain);
    assertThat(candidates("&member_of=" + aggregate)).containsExactly(plain);
    assertThat(candidates("&member_of=!" + aggregate)).containsExactly(avx);
    assertThat(candidates("&in_tree=" + avx)).containsExactly(avx);
    assertThat(candidates("&limit=1")).containsExactly(avx);
    assertThat(candidates("&root_required=CUSTOM_GOLD")).containsExactly(avx);
    assertThat(
            send("GET", "/allocation_candidates?resources=VCPU:1&required=NO_SUCH", null, "1.39")
                .status())
        .isEqualTo(400);
    assertThat(get("/resource_providers?required=CUSTOM_GOLD").get("resource_providers"))
        .hasSize(1);
  }

  private List<String> candidates(String more) {
    return get("/allocation_candidates?resources=VCPU:1" + more)
        .get("allocation_requests")
        .valueStream()
        .map(r -> r.get("allocations").propertyNames().iterator().next())
        .toList();
  }

  @Test
  void treesAndSharingProvidersServeTogether() {
    var root = UUID.randomUUID().toString();
    peer.ensureProvider(root, "host", null);
    for (int i = 0; i < 2; i++) {
      var numa = UUID.randomUUID().toString();
      peer.ensureProvider(numa, "numa" + i, root);
      peer.setInventory(numa, Map.of("VCPU", Inventory.of(4, 0, 1.0)));
    }
    var pool = UUID.randomUUID().toString();
    peer.ensureProvider(pool, "pool", null);
    peer.setInventory(pool, Map.of("DISK_GB", Inventory.of(100, 0, 1.0)));
    peer.setTraits(pool, Set.of("MISC_SHARES_VIA_AGGREGATE"));
    var aggregate = UUID.randomUUID().toString();
    peer.setAggregates(pool, Set.of(aggregate));
    peer.setAggregates(root, Set.of(aggregate));

    var both = get("/allocation_candidates?resources=VCPU:3,DISK_GB:10");
    assertThat(both.get("allocation_requests")).hasSize(2);
    assertThat(both.get("provider_summaries")).hasSize(4);
    assertThat(
            get("/allocation_candidates?resources_A=VCPU:3&resources_B=VCPU:3&group_policy=isolate")
                .get("allocation_requests"))
        .hasSize(2);
    assertThat(
            get("/allocation_candidates?resources_A=VCPU:3&resources_B=VCPU:3&group_policy=none")
                .get("allocation_requests"))
        .hasSize(2);
    assertThat(
            get("/allocation_candidates?resources_A=VCPU:2&resources_B=VCPU:2&group_policy=none")
                .get("allocation_requests"))
        .hasSize(4);
    var delete = send("DELETE", "/resource_providers/" + root, null, "1.39");
    assertThat(delete.status()).isEqualTo(409);
    assertThat(delete.body()).contains("cannot_delete_parent");
  }

  @Test
  void theReshaperMovesInventoryWithItsAllocations() {
    var root = host("host", 4);
    var child = UUID.randomUUID().toString();
    peer.ensureProvider(child, "child", root);
    var consumer = UUID.randomUUID().toString();
    peer.claim(consumer, Map.of(root, Map.of("VCPU", 2L, "MEMORY_MB", 256L)), "p", "u", "INSTANCE");
    var body = Json.object();
    var inventories = body.putObject("inventories");
    var r = inventories.putObject(root);
    r.put("resource_provider_generation", peer.find(root).generation());
    r.putObject("inventories").putObject("MEMORY_MB").put("total", 4096);
    var c = inventories.putObject(child);
    c.put("resource_provider_generation", peer.find(child).generation());
    c.putObject("inventories").putObject("VCPU").put("total", 4);
    var a = body.putObject("allocations").putObject(consumer);
    var of = a.putObject("allocations");
    of.putObject(root).putObject("resources").put("MEMORY_MB", 256);
    of.putObject(child).putObject("resources").put("VCPU", 2);
    a.put("project_id", "p").put("user_id", "u").put("consumer_type", "INSTANCE");
    a.put("consumer_generation", peer.allocations(consumer).generation());
    var answer = send("POST", "/reshaper", body, "1.39");
    assertThat(answer.status()).as(answer.body()).isEqualTo(204);
    assertThat(peer.allocations(consumer).byProvider()).containsOnlyKeys(root, child);
    assertThat(get("/resource_providers/" + root + "/inventories").get("inventories")).hasSize(1);
  }

  @Test
  void oldVersionsKeepTheirShapes() {
    var uuid = host("one", 2);
    var old = send("GET", "/resource_providers/" + uuid, null, null);
    assertThat(Json.parse(old.bytes()).has("root_provider_uuid")).isFalse();
    assertThat(old.headers()).containsEntry("OpenStack-API-Version", "placement 1.0");
    assertThat(send("GET", "/traits", null, "1.5").status()).isEqualTo(404);
    assertThat(
            send("GET", "/allocation_candidates?resources=VCPU:1&limit=1", null, "1.10").status())
        .isEqualTo(400);
    var list = send("GET", "/allocation_candidates?resources=VCPU:1", null, "1.10");
    assertThat(
            Json.parse(list.bytes()).get("allocation_requests").get(0).get("allocations").isArray())
        .isTrue();
    var tooNew = send("GET", "/resource_providers", null, "1.99");
    assertThat(tooNew.status()).isEqualTo(406);
    assertThat(tooNew.body()).contains("max_version");
    assertThat(send("POST", "/resource_providers", Map.of("name", "x", "more", 1), "1.39").status())
        .isEqualTo(400);
    assertThat(send("POST", "/resource_providers", Map.of("name", "one"), "1.39").body())
        .contains("placement.duplicate_name");
  }

  @Test
  void aReaderMaySeeOnlyItsProjectsUsage() {
    var headers = Map.of("x-auth-token", "reader", "openstack-api-version", "placement 1.39");
    for (var path : List.of("/resource_providers", "/traits", "/usages?project_id=other")) {
      var answer =
          door.handle(HttpRequest.of("GET", "/placement" + path, headers, null, "http://test"));
      assertThat(answer.status()).as(path).isEqualTo(403);
    }
    assertThat(
            door.handle(
                    HttpRequest.of(
                        "GET", "/placement/usages?project_id=p", headers, null, "http://test"))
                .status())
        .isEqualTo(200);
  }

  @Test
  void overCommitIsRefusedUnderConcurrency() throws Exception {
    var uuid = host("one", 2);
    var threads =
        java.util.stream.IntStream.range(0, 40)
            .mapToObj(
                i ->
                    Thread.startVirtualThread(
                        () -> {
                          try {
                            peer.claim(
                                UUID.randomUUID().toString(),
                                Map.of(uuid, Map.of("VCPU", 1L)),
                                "p",
                                "u",
                                "INSTANCE");
                          } catch (Fault full) {
                            assertThat(full.status()).isEqualTo(409);
                          }
                        }))
            .toList();
    for (var t : threads) {
      t.join();
    }
    assertThat(get("/resource_providers/" + uuid + "/usages").get("usages").get("VCPU").asInt())
        .isEqualTo(8);
    assertThat(peer.allocationsOf(uuid)).hasSize(8);
  }
}
