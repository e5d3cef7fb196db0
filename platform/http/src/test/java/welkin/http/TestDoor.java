package welkin.http;

import java.util.List;
import welkin.core.Ids;
import welkin.http.policy.PolicyTable;

/** A door to one service, at {@code /thing}, for tests of what comes over a socket. */
final class TestDoor {
  private TestDoor() {}

  static Door to(Routes routes) {
    var door = new Door(token -> null, Ids.system(), new Metrics());
    door.mount(
        Service.of(
            "thing",
            "/thing",
            routes,
            (f, id) -> Answer.text(f.status(), "text/plain", f.getMessage()),
            new PolicyTable(List.of()).engine(),
            null));
    return door;
  }
}
