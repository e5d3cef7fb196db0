package welkin.agents.simulated;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void aTableIsAMapAndASet() {
    var map = new TreeMap<>(Map.of("m3", "h1", "m1", "h2"));
    var set = new TreeSet<>(List.of("m3", "m1"));
    var table = Table.of(map);
    var keys = Table.of(new ArrayList<>(List.of("m3", "m1", "m3")));
    var random = new Random(1);
    for (int i = 0; i < 5_000; i++) {
      var key = "m" + random.nextInt(40);
      if (random.nextBoolean()) {
        map.put(key, "h" + i);
        table.put(key, "h" + i);
        set.add(key);
        keys.add(key);
      } else {
        map.remove(key);
        table.remove(key);
        set.remove(key);
        keys.remove(key);
      }
      assertThat(table.entries()).isEqualTo(map);
      assertThat(keys.keys()).containsExactlyElementsOf(set);
    }
  }
}
