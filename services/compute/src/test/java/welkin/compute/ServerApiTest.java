package welkin.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.compute.Cloud.ADMIN;
import static welkin.compute.Cloud.ALICE;
import static welkin.compute.Cloud.BOB;
import static welkin.compute.Cloud.READER;
import static welkin.compute.Cloud.texts;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import welkin.agents.contracts.InstanceState.PowerState;

class ServerApiTest {
  private final Cloud cloud = new Cloud();
  private final TestHost one = new TestHost("one", cloud::wired);
  private final TestHost two = new TestHost("two", cloud::wired);

  @BeforeEach
  void start() {
    cloud.start(one, two);
    cloud.post(
        ADMIN, "/flavors", "{`flavor`:{`name`:`small`,`id`:`1`,`ram`:512,`vcpus`:1,`disk`:1}}");
  }

  @AfterEach
  void close() {
    cloud.close();
  }

  private static String body(String name, String more) {
    return "{`server`:{`name`:`"
        + name
        + "`,`imageRef`:`"
        + Neighbours.IMAGE
        + "`,`flavorRef`:`1`,`networks`:[{`uuid`:`"
        + Neighbours.NETWORK
        + "`}]"
        + more
        + "}}";
  }

  private String boot(String name, String more) {
    var told = cloud.post(ALICE, "/servers", body(name, more));
    assertThat(told.status()).as(told.json().toString()).isEqualTo(202);
    var id = told.text("/server/id");
    cloud.settled(id);
    return id;
  }

  private Cloud.Told show(String id) {
    return cloud.get(ALICE, "/servers/" + id);
  }

  private int act(String who, String id, String body) {
    int status = cloud.post(who, "/servers/" + id + "/action", body).status();
    cloud.settled(id);
    return status;
  }

  @Test
  void bootsOnAHostWithItsPorts() {
    var id = boot("Web 1", ",`metadata`:{`a`:`b`},`tags`:[`x`],`config_drive`:true");
    var server = show(id);
    assertThat(server.text("/server/status")).isEqualTo("ACTIVE");
    assertThat(server.text("/server/addresses/private/0/addr")).startsWith("10.0.0.");
    assertThat(server.text("/server/OS-EXT-SRV-ATTR:hostname")).isEqualTo("web-1");
    assertThat(server.json().get("server").has("OS-EXT-SRV-ATTR:host")).isFalse();
    var host = one.guests.containsKey(id) ? one : two;
    assertThat(host.guests.get(id).power()).isEqualTo(PowerState.RUNNING);
    assertThat(host.specs.get(id).configDrive()).containsKey("openstack/latest/meta_data.json");
    assertThat(cloud.neighbours.portsOf(id)).hasSize(1);
    assertThat(cloud.get(ADMIN, "/servers/" + id).text("/server/OS-EXT-SRV-ATTR:host"))
        .isEqualTo(host.name);
    var actions = cloud.get(ALICE, "/servers/" + id + "/os-instance-actions");
    assertThat(texts(actions.json().get("instanceActions"), "action")).containsExactly("create");
  }

  @Test
  void deletingLeavesNothing() {
    var id = boot("gone", "");
    assertThat(cloud.delete(ALICE, "/servers/" + id).status()).isEqualTo(204);
    cloud.settled(id);
    assertThat(show(id).status()).isEqualTo(404);
    assertThat(one.guests).isEmpty();
    assertThat(two.guests).isEmpty();
    assertThat(cloud.neighbours.ports).isEmpty();
    assertThat(cloud.neighbours.allocations).isEmpty();
    var limits = cloud.get(ALICE, "/limits").json().at("/limits/absolute");
    assertThat(limits.get("totalInstancesUsed").intValue()).isZero();
    assertThat(limits.get("totalCoresUsed").intValue()).isZero();
  }

  @Test
  void changesSinceATimeShowWhatIsDeleted() {
    var begun = Instant.now().minusSeconds(1);
    var stays = boot("stays", "");
    var gone = boot("gone", "");
    cloud.delete(ALICE, "/servers/" + gone);
    cloud.settled(gone);
    assertThat(changed(begun)).containsExactly(gone, stays);
    assertThat(changed(begun.minus(Duration.ofHours(3)))).containsExactly(gone, stays);
    var after = Instant.now();
    assertThat(changed(after)).isEmpty();
    cloud.put(ALICE, "/servers/" + stays, "{`server`:{`name`:`named`}}");
    assertThat(changed(after)).containsExactly(stays);
  }

  private List<String> changed(Instant since) {
    var found = cloud.get(ALICE, "/servers?changes-since=" + since);
    return texts(found.json().get("servers"), "id");
  }

  @Test
  void deletingDoesNotFailForAHostThatFellSilent() {
    var id = boot("gone", "");
    one.silent = true;
    two.silent = true;
    assertThat(cloud.delete(ALICE, "/servers/" + id).status()).isEqualTo(204);
    cloud.settled(id);
    assertThat(show(id).status()).isEqualTo(404);
    assertThat(cloud.neighbours.ports).isEmpty();
    assertThat(cloud.neighbours.allocations).isEmpty();
  }

  @Test
  void takesTheNextHostWhenOneFails() {
    one.refuseSpawn = "The disk is full.";
    for (int i = 0; i < 3; i++) {
      var id = boot("s" + i, "");
      assertThat(two.guests).containsKey(id);
    }
    two.refuseSpawn = "The disk is full.";
    var id = boot("last", "");
    var server = cloud.get(ADMIN, "/servers/" + id);
    assertThat(server.text("/server/status")).isEqualTo("ERROR");
    assertThat(server.text("/server/fault/message")).startsWith("No valid host was found.");
    assertThat(server.text("/server/fault/details")).contains("one: Retry: it was tried");
    assertThat(cloud.neighbours.portsOf(id)).isEmpty();
    assertThat(cloud.neighbours.allocations).doesNotContainKey(id);
    assertThat(cloud.delete(ALICE, "/servers/" + id).status()).isEqualTo(204);
    assertThat(show(id).status()).as("asked at once").isEqualTo(404);
  }

  @Test
  void takesTheNextHostWhenAGuestEndsBeforeItsNetworkIsThere() {
    one.mortal = true;
    for (int i = 0; i < 3; i++) {
      var id = boot("s" + i, "");
      assertThat(show(id).text("/server/status")).isEqualTo("ACTIVE");
      assertThat(two.guests).containsKey(id);
      assertThat(one.guests).doesNotContainKey(id);
    }
  }

  @Test
  void saysWhyNoHostFits() {
    cloud.post(
        ADMIN, "/flavors", "{`flavor`:{`name`:`big`,`id`:`9`,`ram`:40960,`vcpus`:1,`disk`:1}}");
    var id =
        boot("big", "").isEmpty()
            ? null
            : cloud
                .post(
                    ALICE,
                    "/servers",
                    body("big", "").replace("`flavorRef`:`1`", "`flavorRef`:`9`"))
                .text("/server/id");
    cloud.settled(id);
    var why = cloud.get(ADMIN, "/servers/" + id + "/why");
    assertThat(why.text("/why/reason"))
        .isEqualTo("No valid host was found. There are not enough hosts available.");
    assertThat(why.text("/why/rejected_hosts/0/filter")).isEqualTo("Placement");
    assertThat(why.text("/why/rejected_hosts/0/reason")).contains("MEMORY_MB").contains("wanted");
    assertThat(show(id).json().at("/server/fault").has("details")).isFalse();
    var told = cloud.get(ALICE, "/servers/" + id + "/why");
    assertThat(told.json().toString()).doesNotContain("rejected_hosts");
    assertThat(told.json().at("/why/rejected").size()).isPositive();
    assertThat(told.text("/why/rejected/0/filter")).isEqualTo("Placement");
    assertThat(told.text("/why/rejected/0/reason"))
        .matches("MEMORY_MB: \\d+ of \\d+ free, 40960 wanted");
    assertThat(told.json().at("/why/rejected_by_filter/Placement").asInt()).isEqualTo(2);
  }

  @Test
  void serversDeletedLongAgoAreForgotten() {
    var gone = boot("gone", "");
    var stays = boot("stays", "");
    cloud.delete(ALICE, "/servers/" + gone);
    cloud.settled(gone);
    var purge =
        new welkin.compute.server.ServerPurge(
            cloud.compute.database(),
            java.time.InstantSource.system(),
            java.time.Duration.ofDays(90));
    var actions = "SELECT COUNT(*) FROM instance_action WHERE server_id = ?";
    assertThat(purge.pass()).isZero();
    assertThat(cloud.compute.database().<Long>read(sql -> sql.number(actions, gone))).isEqualTo(2);

    assertThat(purge.before(java.time.Instant.now().plusSeconds(1))).isEqualTo(1);

    assertThat(cloud.compute.database().<Long>read(sql -> sql.number(actions, gone))).isZero();
    assertThat(cloud.get(ADMIN, "/servers?deleted=true").json().get("servers")).isEmpty();
    assertThat(show(stays).text("/server/status")).isEqualTo("ACTIVE");
    assertThat(cloud.get(ALICE, "/servers/" + stays + "/os-instance-actions").status())
        .isEqualTo(200);
  }

  @Test
  void aDeletedMemberOfAGroupSaysWhereItWas() {
    var group =
        cloud
            .post(
                ALICE,
                "/os-server-groups",
                "{`server_group`:{`name`:`apart`,`policy`:`anti-affinity`}}")
            .text("/server_group/id");
    var told =
        cloud.post(
            ALICE,
            "/servers",
            body("member", "")
                .replaceFirst("}$", ",`os:scheduler_hints`:{`group`:`" + group + "`}}"));
    var id = told.text("/server/id");
    cloud.settled(id);
    var host = "/servers/0/OS-EXT-SRV-ATTR:host";
    var was = cloud.get(ADMIN, "/servers/detail?all_tenants=1").text(host);
    assertThat(was).isIn("one", "two");

    cloud.delete(ALICE, "/servers/" + id);
    cloud.settled(id);

    assertThat(cloud.get(ADMIN, "/servers/detail?all_tenants=1&deleted=true").text(host))
        .isEqualTo(was);
  }

  @Test
  void aTenantLearnsReasonsWithoutNamesOfHosts() {
    for (var host : java.util.List.of("one", "two")) {
      cloud.call(
          ADMIN,
          "2.1",
          "PUT",
          "/os-services/disable-log-reason",
          "{`host`:`%s`,`binary`:`nova-compute`,`disabled_reason`:`rack 4 burns`}".formatted(host));
    }
    var id = boot("nowhere", "");
    var told = cloud.get(ALICE, "/servers/" + id + "/why");
    assertThat(told.text("/why/rejected/0/reason")).isEqualTo("its compute service is disabled");
    assertThat(told.json().at("/why/rejected/0/hosts").asInt()).isEqualTo(2);
    assertThat(told.json().at("/why/rejected_by_filter/ComputeFilter").asInt()).isEqualTo(2);
    assertThat(cloud.get(ADMIN, "/servers/" + id + "/why").json().toString())
        .contains("rack 4 burns");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{`os-stop`:null} | SHUTOFF | {`os-start`:null} | ACTIVE",
        "{`pause`:null} | PAUSED | {`unpause`:null} | ACTIVE",
        "{`suspend`:null} | SUSPENDED | {`resume`:null} | ACTIVE",
        "{`reboot`:{`type`:`SOFT`}} | ACTIVE | {`reboot`:{`type`:`HARD`}} | ACTIVE",
      })
  void powers(String first, String then, String second, String atLast) {
    var id = boot("p", "");
    assertThat(act(ALICE, id, first)).isEqualTo(202);
    assertThat(show(id).text("/server/status")).isEqualTo(then);
    assertThat(act(READER, id, second)).isEqualTo(403);
    assertThat(act(ALICE, id, second)).isEqualTo(202);
    assertThat(show(id).text("/server/status")).isEqualTo(atLast);
  }

  @Test
  void refusesIllegalMovesInUpstreamsWords() {
    var id = boot("p", "");
    var told = cloud.post(ALICE, "/servers/" + id + "/action", "{`os-start`:null}");
    assertThat(told.status()).isEqualTo(409);
    assertThat(told.text("/conflictingRequest/message"))
        .isEqualTo("Cannot 'start' instance " + id + " while it is in vm_state active");
    assertThat(cloud.post(ALICE, "/servers/" + id + "/action", "{`fly`:null}").status())
        .isEqualTo(400);
  }

  @Test
  void aLockKeepsOthersOut() {
    var id = boot("l", "");
    act(ALICE, id, "{`lock`:{`locked_reason`:`mine`}}");
    assertThat(show(id).text("/server/locked_reason")).isEqualTo("mine");
    assertThat(act(ALICE, id, "{`os-stop`:null}")).isEqualTo(409);
    assertThat(act(ADMIN, id, "{`os-stop`:null}")).isEqualTo(202);
    assertThat(act(ALICE, id, "{`unlock`:null}")).isEqualTo(202);
    assertThat(act(ALICE, id, "{`os-start`:null}")).isEqualTo(202);
  }

  @Test
  void foreignServersAreNotThere() {
    var id = boot("mine", "");
    assertThat(cloud.get(BOB, "/servers/" + id).status()).isEqualTo(404);
    assertThat(cloud.delete(BOB, "/servers/" + id).status()).isEqualTo(404);
    assertThat(act(BOB, id, "{`os-stop`:null}")).isEqualTo(404);
    assertThat(cloud.get(BOB, "/servers/detail").json().get("servers")).isEmpty();
    assertThat(cloud.get(BOB, "/servers?all_tenants=1").status()).isEqualTo(403);
    assertThat(cloud.get(ADMIN, "/servers?all_tenants=1").json().get("servers")).hasSize(1);
  }

  @Test
  void listsFilterSortAndPage() {
    var a = boot("alpha", ",`tags`:[`x`,`y`]");
    var b = boot("beta.1", ",`tags`:[`x`]");
    assertThat(ids("?sort_key=display_name&sort_dir=asc")).containsExactly(a, b);
    assertThat(ids("?name=alph")).containsExactly(a);
    assertThat(ids("?name=%5Ebeta%5C.")).containsExactly(b);
    assertThat(ids("?tags=x,y")).containsExactly(a);
    assertThat(ids("?not-tags=y")).containsExactly(b);
    assertThat(ids("?status=ACTIVE")).hasSize(2);
    assertThat(ids("?status=ERROR")).isEmpty();
    assertThat(ids("?ip=10.0.0.")).hasSize(2);
    assertThat(ids("?flavor=2")).isEmpty();
    var page = cloud.get(ALICE, "/servers?limit=1");
    assertThat(page.text("/servers/0/id")).isEqualTo(b);
    assertThat(page.text("/servers_links/0/href")).contains("marker=" + b);
    assertThat(ids("?limit=1&marker=" + b)).containsExactly(a);
    assertThat(cloud.get(ALICE, "/servers?marker=nothing").status()).isEqualTo(400);
    assertThat(cloud.get(ALICE, "/servers?colour=red").status()).isEqualTo(400);
    assertThat(cloud.get(ALICE, "/servers?status=odd").status()).isEqualTo(400);
  }

  private java.util.List<String> ids(String query) {
    return texts(cloud.get(ALICE, "/servers" + query).json().get("servers"), "id");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "`flavorRef`:`1` | `flavorRef`:`7` | Flavor 7 could not be found.",
        "33333333-3333 | 99999999-3333 | Can not find requested image",
        "11111111-1111 | 99999999-1111 | could not be found",
        "`name`:`s` | `name`:`` | '' is too short",
        "`name`:`s` | `name`:`s`,`key_name`:`none` | Invalid key_name provided.",
        "`name`:`s` | `name`:`s`,`availability_zone`:`mars` | zone is not available",
        "`name`:`s` | `name`:`s`,`min_count`:2,`max_count`:1 | min_count must be <= max_count",
        "`name`:`s` | `name`:`s`,`colour`:1 | Additional properties are not allowed",
      })
  void refusesWrongRequests(String what, String with, String words) {
    var told = cloud.post(ALICE, "/servers", body("s", "").replace(what, with));
    assertThat(told.status()).isEqualTo(400);
    assertThat(told.text("/badRequest/message")).contains(words);
    assertThat(cloud.get(ALICE, "/servers").json().get("servers")).isEmpty();
  }

  @Test
  void quotaHolds() {
    cloud.put(
        ADMIN, "/os-quota-sets/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "{`quota_set`:{`instances`:2}}");
    var many = cloud.post(ALICE, "/servers", body("s", ",`min_count`:1,`max_count`:5"));
    assertThat(many.status()).isEqualTo(202);
    assertThat(texts(cloud.get(ALICE, "/servers").json().get("servers"), "name"))
        .containsExactlyInAnyOrder("s-1", "s-2");
    var over = cloud.post(ALICE, "/servers", body("t", ""));
    assertThat(over.status()).isEqualTo(403);
    assertThat(over.text("/forbidden/message")).startsWith("Quota exceeded for instances");
  }

  @Test
  void interfacesComeAndGo() {
    var id = boot("i", "");
    var told =
        cloud.post(
            ALICE,
            "/servers/" + id + "/os-interface",
            "{`interfaceAttachment`:{`net_id`:`" + Neighbours.NETWORK + "`}}");
    assertThat(told.status()).as(told.json().toString()).isEqualTo(200);
    var port = told.text("/interfaceAttachment/port_id");
    assertThat(cloud.neighbours.portsOf(id)).hasSize(2);
    assertThat(show(id).json().at("/server/addresses/private")).hasSize(2);
    assertThat(cloud.delete(ALICE, "/servers/" + id + "/os-interface/" + port).status())
        .isEqualTo(202);
    cloud.settled(id);
    assertThat(cloud.neighbours.portsOf(id)).hasSize(1);
    assertThat(show(id).json().at("/server/addresses/private")).hasSize(1);
  }

  @Test
  void hostsTellWhatGuestsDo() {
    var id = boot("h", "");
    var host = one.guests.containsKey(id) ? one : two;
    host.become(id, PowerState.SHUTDOWN, "The guest shut itself down.");
    cloud.compute.reports().changed(host.name, host.guests.get(id));
    assertThat(show(id).text("/server/status")).isEqualTo("SHUTOFF");
    cloud.compute.reconcile();
    var actions = cloud.get(ALICE, "/servers/" + id + "/os-instance-actions");
    assertThat(actions.json().get("instanceActions").size()).isEqualTo(2);
    assertThat(actions.text("/instanceActions/0/action")).isEqualTo("stop");
    assertThat(actions.json().at("/instanceActions/0/user_id").isNull()).isTrue();
    var request = actions.text("/instanceActions/0/request_id");
    assertThat(request).matches("req-[0-9a-f-]{36}");
    assertThat(
            cloud
                .get(ADMIN, "/servers/" + id + "/os-instance-actions/" + request)
                .text("/instanceAction/events/0/event"))
        .isEqualTo("compute_stop_instance");
    act(ALICE, id, "{`os-start`:null}");
    host.become(id, PowerState.SHUTDOWN, "The host was restarted.");
    assertThat(cloud.compute.reconcile().restarted()).isEqualTo(1);
    assertThat(host.guests.get(id).power()).isEqualTo(PowerState.RUNNING);
    assertThat(show(id).text("/server/status")).isEqualTo("ACTIVE");
  }

  @Test
  void anActionChangedWhenItsWorkWasDone() {
    var id = boot("a", "");
    var path = "/servers/" + id + "/os-instance-actions";
    var request = cloud.get(ADMIN, path).text("/instanceActions/0/request_id");
    var action = cloud.get(ADMIN, path + "/" + request);
    var ended = action.text("/instanceAction/events/0/finish_time");
    assertThat(action.text("/instanceAction/updated_at")).isEqualTo(ended);
    assertThat(action.json().at("/instanceAction/message").isNull()).isTrue();
    assertThat(cloud.get(ADMIN, path).text("/instanceActions/0/updated_at")).isEqualTo(ended);
    assertThat(cloud.get(ADMIN, path + "?changes-since=" + ended).json().get("instanceActions"))
        .hasSize(1);
    var later = Instant.parse(ended + "Z").plusSeconds(1);
    assertThat(cloud.get(ADMIN, path + "?changes-since=" + later).json().get("instanceActions"))
        .isEmpty();
    assertThat(cloud.get(ADMIN, path + "?changes-before=" + later).json().get("instanceActions"))
        .hasSize(1);
  }

  @Test
  void metadataIsForTheSigned() {
    var id = boot("m", ",`user_data`:`IyEvYmluL3No`");
    var headers = signed(id);
    assertThat(metadata("/latest/user-data", headers)).isEqualTo("#!/bin/sh");
    assertThat(metadata("/latest/meta-data/hostname", headers)).isEqualTo("m");
    assertThat(metadata("/openstack/latest/network_data.json", headers)).contains("ipv4_dhcp");
    assertThat(metadata("/latest/user-data", Map.of("x-instance-id", id))).contains("missing");
  }

  @Test
  void aGuestPostsItsPasswordOnce() {
    var id = boot("p", "");
    var headers = signed(id);
    var path = "/openstack/2013-10-17/password";
    assertThat(metadata("/openstack/latest", headers)).contains("\npassword\n");
    assertThat(metadata(path, headers)).isEmpty();
    assertThat(guest("POST", path, headers, "x".repeat(1021)).status()).isEqualTo(400);
    assertThat(guest("POST", path, headers, "sealed").status()).isEqualTo(200);
    assertThat(guest("POST", path, headers, "another").status()).isEqualTo(409);
    assertThat(guest("POST", "/openstack/2013-04-04/password", headers, "x").status())
        .isEqualTo(404);
    assertThat(guest("POST", path, Map.of(), "x").status()).isEqualTo(400);
    assertThat(metadata(path, headers)).isEqualTo("sealed");
    var shown = "/servers/" + id + "/os-server-password";
    assertThat(cloud.get(ALICE, shown).text("/password")).isEqualTo("sealed");
    assertThat(cloud.delete(ALICE, shown).status()).isEqualTo(204);
    assertThat(cloud.get(ALICE, shown).text("/password")).isEmpty();
    assertThat(guest("POST", path, headers, "another").status()).isEqualTo(200);
  }

  private String metadata(String path, Map<String, String> headers) {
    return guest("GET", path, headers, null).body();
  }

  private welkin.http.Answer guest(
      String method, String path, Map<String, String> headers, String body) {
    var bytes = body == null ? null : body.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    return cloud.door.handle(
        welkin.http.HttpRequest.of(method, "/metadata" + path, headers, bytes, "http://cloud"));
  }

  private Map<String, String> signed(String id) {
    return Map.of(
        "x-instance-id",
        id,
        "x-tenant-id",
        "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
        "x-instance-id-signature",
        hmac(cloud.compute.metadataSecret().reveal(), id));
  }

  private static String hmac(String key, String text) {
    try {
      var mac = javax.crypto.Mac.getInstance("HmacSHA256");
      mac.init(new javax.crypto.spec.SecretKeySpec(key.getBytes(), "HmacSHA256"));
      return java.util.HexFormat.of().formatHex(mac.doFinal(text.getBytes()));
    } catch (java.security.GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
