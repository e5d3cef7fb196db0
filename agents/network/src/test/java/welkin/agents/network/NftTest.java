package welkin.agents.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NftTest {
  private static Nft doc(String value, List<String> rules, String... elements) {
    var nft = new Nft();
    var t = nft.table("inet t");
    t.map("m", "type mark : verdict;").put("0x1", value);
    var s = t.set("s", "type ipv4_addr;");
    for (var e : elements) {
      s.add(e);
    }
    t.chain("a", rules);
    return nft;
  }

  @Test
  void theSameNeedsNothing() {
    assertThat(
            doc("drop", List.of("accept"), "1.1.1.1")
                .since(doc("drop", List.of("accept"), "1.1.1.1")))
        .isEmpty();
  }

  @Test
  void elementsChangeOneByOne() {
    var old = doc("drop", List.of("accept"), "1.1.1.1", "1.1.1.2");
    var now = doc("drop", List.of("accept"), "1.1.1.2", "1.1.1.3");
    assertThat(now.since(old).lines())
        .containsExactly("delete element inet t s { 1.1.1.1 }", "add element inet t s { 1.1.1.3 }");
  }

  @Test
  void aMapsValueIsTakenOutBeforeTheNewOneGoesIn() {
    assertThat(doc("jump a", List.of()).since(doc("drop", List.of())).lines())
        .containsExactly(
            "delete element inet t m { 0x1 }", "add element inet t m { 0x1 : jump a }");
  }

  @Test
  void aChangedChainIsWrittenAnewInTheSameTransaction() {
    assertThat(doc("drop", List.of("x", "y")).since(doc("drop", List.of("x"))).lines())
        .containsExactly("flush chain inet t a", "add rule inet t a x", "add rule inet t a y");
  }

  @Test
  void aChainGoesAfterWhatNamedIt() {
    var old = doc("jump b", List.of());
    old.table("inet t").chain("b", List.of("drop"));
    assertThat(doc("drop", List.of()).since(old).lines())
        .containsExactly(
            "delete element inet t m { 0x1 }",
            "flush chain inet t b",
            "add element inet t m { 0x1 : drop }",
            "delete chain inet t b");
  }

  @Test
  void replacingBeginsByThrowingTheTableAway() {
    assertThat(doc("drop", List.of("accept"), "1.1.1.1").replace().lines())
        .startsWith("add table inet t", "delete table inet t", "add table inet t")
        .contains("add chain inet t a", "add element inet t s { 1.1.1.1 }");
  }
}
