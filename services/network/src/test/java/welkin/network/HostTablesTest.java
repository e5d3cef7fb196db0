package welkin.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import welkin.agents.contracts.HostChanges;

/** What hosts put together out of entries is what they would be told as a whole. */
class HostTablesTest {
  private static final int HOSTS = 5;

  private final Cloud cloud =
      new Cloud("quotas.quota_port", 5000, "quotas.quota_security_group_rule", 5000);
  private final List<Cloud.Host> hosts = new ArrayList<>();
  private final List<String> networks = new ArrayList<>();
  private final List<String> groups = new ArrayList<>();
  private final List<String> ports = new ArrayList<>();
  private final List<String> rules = new ArrayList<>();

  @AfterEach
  void close() {
    cloud.close();
  }

  private void begin() {
    for (int i = 0; i < HOSTS; i++) {
      hosts.add(cloud.host("h" + i));
    }
    for (int i = 0; i < 3; i++) {
      networks.add(cloud.network("service", "n" + i));
      // the same addresses in two networks: one address of a group may be two ports'
      cloud.subnet("service", networks.get(i), i == 2 ? "10.2.0.0/24" : "10.0.0.0/26");
      groups.add(
          cloud.make("service", "security-groups", "{'security_group': {'name': 'g" + i + "'}}"));
    }
    name(0, 0);
    name(0, 1);
    name(1, 2);
  }

  private void name(int group, int remote) {
    rules.add(
        cloud.make(
            "service",
            "security-group-rules",
            ("{'security_group_rule': {'security_group_id': '%s', 'direction': 'ingress',"
                    + " 'remote_group_id': '%s'}}")
                .formatted(groups.get(group), groups.get(remote))));
  }

  private String port(String network, String group, String host) {
    return cloud.make(
        "service",
        "ports",
        ("{'port': {'network_id': '%s', 'device_id': 's', 'device_owner': 'compute:nova',"
                + " 'security_groups': ['%s'], 'binding:host_id': '%s'}}")
            .formatted(network, group, host));
  }

  private static String place(Random random) {
    int h = random.nextInt(HOSTS + 1);
    return h == HOSTS ? "" : "h" + h;
  }

  private static <T> T any(List<T> of, Random random) {
    return of.get(random.nextInt(of.size()));
  }

  /** One change, of whatever kind; what is refused is no change. */
  private void step(Random random) {
    int what = random.nextInt(20);
    if (ports.size() < 10 || what < 6) {
      ports.add(port(any(networks, random), any(groups, random), place(random)));
      return;
    }
    var port = any(ports, random);
    var path = "/ports/" + port;
    switch (what) {
      case 6, 7, 8, 9 -> {
        cloud.delete("service", path);
        ports.remove(port);
      }
      case 10, 11 ->
          cloud.put("service", path, "{'port': {'binding:host_id': '" + place(random) + "'}}");
      case 12, 13 ->
          cloud.put(
              "service", path, "{'port': {'security_groups': ['" + any(groups, random) + "']}}");
      case 14 ->
          cloud.put(
              "service",
              path,
              "{'port': {'fixed_ips': [{'subnet_id': '%s'}]}}"
                  .formatted(cloud.get("service", path).text("/port/fixed_ips/0/subnet_id")));
      case 15 -> cloud.post("service", path + "/bindings", "{'binding': {'host': 'h1'}}");
      case 16 -> cloud.put("service", path + "/bindings/h1/activate", "{}");
      case 17 -> cloud.delete("service", path + "/bindings/h1");
      case 18 ->
          cloud.put(
              "admin",
              path,
              "{'port': {'mac_address': 'fa:16:3e:00:%02x:%02x'}}"
                  .formatted(random.nextInt(256), random.nextInt(256)));
      default -> {
        if (random.nextBoolean() && !rules.isEmpty()) {
          var rule = any(rules, random);
          cloud.delete("service", "/security-group-rules/" + rule);
          rules.remove(rule);
        } else {
          try {
            name(random.nextInt(3), random.nextInt(3));
          } catch (AssertionError exists) {
            assertThat(exists).hasMessageStartingWith("409");
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void entriesAddUpToTheWhole(long seed) {
    var random = new Random(seed);
    begin();
    int entries = 0;
    for (int i = 0; i < 400; i++) {
      step(random);
      if (random.nextInt(3) == 0) {
        var told = any(hosts, random).pull();
        entries += told.forwarding().size() + told.members().size();
      }
      if (i % 40 == 39) {
        hosts.forEach(this::check);
      }
    }
    assertThat(entries).as("entries, not whole objects").isGreaterThan(100);
  }

  private void check(Cloud.Host host) {
    host.pull();
    var whole = cloud.new Host(host.name);
    assertThat(whole.pull().full()).isTrue();
    assertThat(host.ports).isEqualTo(whole.ports);
    assertThat(host.networks.keySet()).isEqualTo(whole.networks.keySet());
    whole.networks.forEach(
        (id, n) -> {
          var mine = host.networks.get(id);
          assertThat(new TreeMap<>(mine.fdb())).isEqualTo(new TreeMap<>(n.fdb()));
          assertThat(new TreeSet<>(mine.peers())).isEqualTo(new TreeSet<>(n.peers()));
          assertThat(leases(mine)).isEqualTo(leases(n));
        });
    whole.groups.forEach(
        (id, g) -> {
          var mine = host.groups.get(id);
          assertThat(mine.rules()).isEqualTo(g.rules());
          assertThat(new TreeSet<>(mine.members())).isEqualTo(new TreeSet<>(g.members()));
        });
  }

  private static Object leases(HostChanges.Network n) {
    return n.dhcp() == null ? null : new HashSet<>(n.dhcp().leases());
  }

  @Test
  void whoTakesNoEntriesIsToldTheWhole() {
    begin();
    var net = networks.getLast();
    port(net, groups.getFirst(), "h0");
    var h0 = hosts.getFirst();
    h0.pull();
    long cursor = h0.cursor;
    port(net, groups.getFirst(), "h4");
    var entries = h0.plugin.changes("h0", cursor, true);
    boolean serves = h0.networks.get(net).dhcp() != null;
    assertThat(entries.networks()).as("a new lease").hasSize(serves ? 1 : 0);
    assertThat(entries.forwarding()).hasSize(serves ? 0 : 1);
    var whole = h0.plugin.changes("h0", cursor, false);
    assertThat(whole.forwarding()).isEmpty();
    assertThat(whole.networks()).extracting(HostChanges.Network::id).containsExactly(net);
    assertThat(h0.plugin.changes("h0", 7, true).full())
        .as("a cursor of the release before, which told nothing of entries")
        .isTrue();
  }
}
