package welkin.bus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import welkin.core.Fault;

class WireTest {
  record Thing(String name, int size) {}

  interface Counter {
    List<Thing> count(List<Thing> things, int factor, String word, Long more);

    int number();
  }

  private static Object[] read(String json) {
    return Wire.arguments(operation("count"), json.getBytes(UTF_8));
  }

  private static Contract.Operation operation(String name) {
    return Contract.of(Counter.class).operations().get(name);
  }

  @Test
  void argumentsComeBack() {
    var given = new Object[] {List.of(new Thing("a", 1), new Thing("b", 2)), 3, "w", null};
    assertThat(Wire.arguments(operation("count"), Wire.arguments(given))).isEqualTo(given);
  }

  @Test
  void aSideOfAnotherVersionIsUnderstood() {
    // an older one sends fewer arguments and fields
    assertThat(read("[[{\"name\":\"a\"}]]"))
        .containsExactly(List.of(new Thing("a", 0)), 0, null, null);
    assertThat(read("[]")).containsExactly(null, 0, null, null);
    assertThat(read("[null, null, null]")).containsExactly(null, 0, null, null);
    // a newer one sends more
    assertThat(read("[[{\"name\":\"a\",\"size\":4,\"more\":{\"x\":[1]}}],2,\"w\",7,{\"y\":[2]},9]"))
        .containsExactly(List.of(new Thing("a", 4)), 2, "w", 7L);
  }

  @Test
  void resultsComeBack() {
    var things = List.of(new Thing("a", 1));
    assertThat(Wire.result(operation("count"), Wire.result(things))).isEqualTo(things);
    assertThat(Wire.result(operation("count"), Wire.result(null))).isNull();
    assertThat(Wire.result(operation("number"), new byte[0])).isEqualTo(0);
  }

  @Test
  void whatIsNoJsonIsTheTwoSidesDiffering() {
    assertThatThrownBy(() -> read("[[{\"name\":"))
        .isInstanceOf(Fault.class)
        .hasMessageContaining("differ");
    assertThatThrownBy(() -> Wire.result(operation("number"), "\"x\"".getBytes(UTF_8)))
        .isInstanceOf(Fault.class)
        .hasMessageContaining("differ");
  }
}
