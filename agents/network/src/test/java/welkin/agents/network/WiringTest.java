package welkin.agents.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import welkin.agents.contracts.HostChanges;
import welkin.agents.contracts.NetworkPlugin;
import welkin.core.Fault;

/** What the agent says of its ports, and when. */
class WiringTest {
  private final List<String> said = new ArrayList<>();
  private final Set<String> desired = new TreeSet<>(List.of("p", "q", "r"));
  private boolean away;
  private long millis;
  private final Wiring wiring =
      new Wiring(
          "h", new Service(), desired::contains, () -> TimeUnit.MILLISECONDS.toNanos(millis));

  /** The service as far as ports are spoken of. */
  private final class Service implements NetworkPlugin {
    private void hear(String what, List<String> ports) {
      if (away) {
        throw Fault.unavailable("not now", 1);
      }
      said.add(what + new TreeSet<>(ports));
    }

    @Override
    public void portsUp(String host, List<String> portIds) {
      hear("up", portIds);
    }

    @Override
    public void portsDown(String host, List<String> portIds) {
      hear("down", portIds);
    }

    @Override
    public HostChanges changes(String host, long since, boolean entries) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void alive(String host, List<AgentReport> agents, long cursor) {
      throw new UnsupportedOperationException();
    }

    @Override
    public PortOwner owner(String networkId, String routerId, String address) {
      throw new UnsupportedOperationException();
    }
  }

  @BeforeEach
  void upAtOnce() {
    wiring.set("services", Set.of("r"));
    wiring.set("fabric", Set.of("p", "q"));
    assertThat(said).containsExactly("up[r]", "up[p, q]");
    said.clear();
  }

  private void look(int at, String... guests) {
    millis = at;
    wiring.set("fabric", Set.of(guests));
  }

  @Test
  void downAfterAWhile() {
    look(10, "p");
    look(900, "p");
    assertThat(said).isEmpty();
    look(1010, "p");
    look(1020, "p");
    assertThat(said).containsExactly("down[q]");
    wiring.set("services", Set.of());
    millis = 2020;
    wiring.set("services", Set.of());
    look(2030, "p", "q");
    assertThat(said).containsExactly("down[q]", "down[r]", "up[q]");
  }

  @Test
  void nothingOfWhatTheServiceTookAway() {
    look(10, "p");
    desired.remove("q");
    look(2000, "p");
    desired.remove("p"); // while its device is there still
    look(2010);
    look(4000);
    assertThat(said).isEmpty();
  }

  /** The service may have bound it anew in between, and wait. */
  @Test
  void whatComesBackIsSaidToBeUp() {
    look(10, "p");
    look(500, "p", "q");
    look(1600, "p", "q");
    assertThat(said).containsExactly("up[q]");
  }

  @Test
  void whatCouldNotBeSaidIsSaidLater() {
    away = true;
    look(10, "p");
    look(1010, "p");
    away = false;
    look(1020, "p");
    assertThat(said).containsExactly("down[q]");
  }

  @Test
  void whatIsInDoubtIsSaidAgain() {
    look(10, "p");
    look(1010, "p");
    said.clear();
    wiring.doubt(Set.of("p", "q"));
    look(1100, "p");
    assertThat(said).containsExactly("up[p, r]");
    look(2100, "p");
    assertThat(said).containsExactly("up[p, r]", "down[q]");
  }

  @Test
  void nobodyIsAwayBeforeAllPartsHaveSpoken() {
    var anew =
        new Wiring(
            "h", new Service(), desired::contains, () -> TimeUnit.MILLISECONDS.toNanos(millis));
    anew.doubt(Set.of("p"));
    anew.set("services", Set.of("r"));
    millis = 3000;
    anew.set("services", Set.of("r"));
    anew.set("fabric", Set.of("p"));
    assertThat(said).containsExactly("up[r]", "up[p]");
  }
}
