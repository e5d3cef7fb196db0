package welkin.compute.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import welkin.agents.contracts.HostReport;
import welkin.compute.scheduler.Scheduler.Choice;
import welkin.core.Fault;

/**
 * Which hosts the filters leave, which of them the weighers like best, and what is said of the
 * others.
 */
class SchedulerTest {
  private final List<HostState> hosts = new ArrayList<>();

  private void host(String name, Map<String, Set<String>> metadata, boolean isolated) {
    var report =
        new HostReport(
            name,
            "QEMU",
            7,
            "{\"arch\":\"x86_64\"}",
            8,
            8192,
            0,
            100,
            0,
            "192.0.2.1",
            List.of(),
            "tcg",
            "s",
            "");
    hosts.add(
        new HostState(
            name, name, report, null, "nova", Map.of("VCPU", 8L), 0, 0, 0, metadata, isolated));
  }

  private void hosts(String... names) {
    for (var name : names) {
      host(name, Map.of(), false);
    }
  }

  private static Wish wish(Map<String, String> specs) {
    return new Wish(
        "p", "f", Map.of(), specs, Map.of(), null, null, null, Map.of(), Map.of(), null, Map.of(),
        1, Set.of(), null, false, true);
  }

  private static Wish group(String policy, Map<String, Integer> there) {
    return new Wish(
        "p", "f", Map.of(), Map.of(), Map.of(), null, null, null, Map.of(), Map.of(), policy, there,
        1, Set.of(), null, false, true);
  }

  private Choice choose(Wish wish) {
    return new Scheduler(Scheduler.STANDARD).choose(wish, hosts);
  }

  private static List<String> names(Choice choice) {
    return choice.ranked().stream().map(HostState::host).toList();
  }

  @Test
  void softPoliciesWeighAndHardOnesReject() {
    hosts("a", "b", "c");
    assertThat(names(choose(group("soft-affinity", Map.of("b", 1))))).first().isEqualTo("b");
    assertThat(names(choose(group("soft-anti-affinity", Map.of("a", 1, "c", 2)))))
        .containsExactly("b", "a", "c");
    assertThat(names(choose(group("affinity", Map.of("c", 1))))).containsExactly("c");
    assertThat(names(choose(group("anti-affinity", Map.of("c", 1))))).containsExactly("a", "b");
  }

  @Test
  void aggregatesAreAskedForByExtraSpecs() {
    host("ssd", Map.of("ssd", Set.of("true")), false);
    hosts("plain");
    var scoped = choose(wish(Map.of("aggregate_instance_extra_specs:ssd", "true")));
    assertThat(names(scoped)).containsExactly("ssd");
    assertThat(scoped.rejected().getFirst().filter())
        .isEqualTo("AggregateInstanceExtraSpecsFilter");
    assertThat(names(choose(wish(Map.of("ssd", "true"))))).containsExactly("ssd");
    // a capability is not looked for in aggregates
    assertThat(names(choose(wish(Map.of("hypervisor_type", "QEMU")))))
        .containsExactlyInAnyOrder("ssd", "plain");
  }

  @Test
  void aggregatesMayBeForSomeProjectsOnly() {
    host("theirs", Map.of("filter_tenant_id", Set.of("other,another")), false);
    host("ours", Map.of("filter_tenant_id", Set.of("other,p")), false);
    assertThat(names(choose(wish(Map.of())))).containsExactly("ours");
  }

  @Test
  void isolatedHostsAreForIsolatedImages() {
    host("isolated", Map.of(), true);
    hosts("plain");
    assertThat(names(choose(wish(Map.of())))).containsExactly("plain");
  }

  @Test
  void barredHostsSayWhy() {
    hosts("a", "b");
    var choice =
        choose(
            new Wish(
                "p",
                "f",
                Map.of(),
                Map.of(),
                Map.of(),
                null,
                null,
                null,
                Map.of("a", "the server is there now"),
                Map.of(),
                null,
                Map.of(),
                1,
                Set.of("b"),
                null,
                false,
                true));
    assertThat(choice.ranked()).isEmpty();
    assertThat(choice.rejected()).extracting("reason").contains("the server is there now");
    assertThat(choice.rejected()).extracting("filter").contains("DifferentHostFilter");
  }

  @Test
  void anUnknownFilterStopsTheStart() {
    assertThatThrownBy(() -> new Scheduler("ComputeFilter,NoSuchFilter"))
        .isInstanceOf(Fault.class)
        .hasMessageContaining("NoSuchFilter");
    assertThat(new Scheduler("NumInstancesFilter").choose(wish(Map.of()), hosts).ranked())
        .isEmpty();
  }
}
