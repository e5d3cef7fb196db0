package welkin.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import welkin.bus.Bus;
import welkin.bus.InProcessBus;

class InProcessBusTest extends BusContract {
  private final InProcessBus bus = new InProcessBus();

  @Override
  protected Bus open() {
    return bus;
  }

  @Test
  void ofOneHostTheNewestOfferCounts() {
    var old = bus.offer(Desk.class, "node-1", new Clerk("old"));
    bus.offer(Desk.class, "node-1", new Clerk("new"));
    assertThat(bus.client(Desk.class, "node-1").asker()).startsWith("new");
    old.close();
    assertThat(bus.client(Desk.class, "node-1").asker()).startsWith("new");
  }
}
