package welkin.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class RouterTest {
  private final Routes routes = new Routes("");

  @Test
  void twoRowsForOneRequestAreRefusedByName() {
    routes.get("/things/{id}", RouterTest::nothing).until(2, 10);
    routes.get("/things/{thing_id}", RouterTest::nothing).since(2, 10);

    assertThatThrownBy(() -> new Router(routes.rows()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("GET /things/{id} (to 2.10)")
        .hasMessageContaining("GET /things/{thing_id} (from 2.10)");
  }

  @Test
  void twoActionsOfOneNameAreRefused() {
    routes.action("/things/{id}/action", "os-start", RouterTest::nothing);
    routes.action("/things/{id}/action", "os-start", RouterTest::nothing).since(2, 3);

    assertThatThrownBy(() -> new Router(routes.rows())).hasMessageContaining("os-start");
  }

  @Test
  void rowsThatTakeTurnsByVersionMethodOrActionAreFine() {
    routes.get("/things/{id}", RouterTest::nothing).until(2, 9);
    routes.get("/things/{id}", RouterTest::nothing).since(2, 10).until(2, 20);
    routes.get("/things/{id}", RouterTest::nothing).since(2, 21);
    routes.put("/things/{id}", RouterTest::nothing);
    routes.action("/things/{id}/action", "os-start", RouterTest::nothing);
    routes.action("/things/{id}/action", "os-stop", RouterTest::nothing);
    routes.get("/things/detail", RouterTest::nothing);
    routes.get("/things/{rest+}", RouterTest::nothing);

    assertThatCode(() -> new Router(routes.rows())).doesNotThrowAnyException();
  }

  @Test
  void literalSegmentsComeBeforeParametersAndParametersBeforeTheRest() {
    routes.get("/things/detail", RouterTest::nothing);
    routes.get("/things/{id}", RouterTest::nothing);
    routes.get("/things/{rest+}", RouterTest::nothing);
    var router = new Router(routes.rows());

    assertThat(paths(router.find("/things/detail"))).containsExactly("/things/detail");
    assertThat(paths(router.find("/things/7"))).containsExactly("/things/{id}");
    assertThat(paths(router.find("/things/7/8"))).containsExactly("/things/{rest+}");
    assertThat(router.find("/other")).isEmpty();
  }

  private static List<String> paths(List<Route> found) {
    return found.stream().map(Route::path).toList();
  }

  private static Answer nothing(Call call) {
    return Answer.none();
  }
}
