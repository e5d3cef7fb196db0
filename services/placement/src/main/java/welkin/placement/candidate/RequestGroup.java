package welkin.placement.candidate;

import java.util.List;
import java.util.Map;
import java.util.Set;
import welkin.placement.index.Node;
import welkin.placement.index.View;

/**
 * What one group of a request asks for.
 *
 * @param suffix empty for the group whose resources may come from several providers of a tree; all
 *     others come from one provider
 * @param required every set must be met by at least one of its traits
 * @param forbidden traits that no provider of the group may have
 * @param memberOf every set must be met by at least one of its aggregates
 * @param forbiddenAggregates aggregates that no provider of the group may be in
 * @param inTree uuid of a provider whose tree it must be, or null
 */
public record RequestGroup(
    String suffix,
    Map<String, Long> resources,
    List<Set<String>> required,
    Set<String> forbidden,
    List<Set<String>> memberOf,
    Set<String> forbiddenAggregates,
    String inTree) {

  boolean oneProvider() {
    return !suffix.isEmpty();
  }

  /** Whether one provider alone meets all of it. */
  public boolean fits(View view, Node node) {
    return node.hasRoomFor(resources)
        && traitsMet(node.traits())
        && noneForbidden(node)
        && placeFits(view, node);
  }

  boolean traitsMet(Set<String> traits) {
    for (var any : required) {
      if (!meets(any, traits)) {
        return false;
      }
    }
    return true;
  }

  boolean noneForbidden(Node node) {
    for (var t : forbidden) {
      if (node.traits().contains(t)) {
        return false;
      }
    }
    return true;
  }

  /** Whether the provider's place (tree, aggregates) is one the group asks for. */
  boolean placeFits(View view, Node node) {
    if (inTree != null) {
      var asked = view.nodes().get(inTree);
      if (asked == null || !asked.provider().root().equals(node.provider().root())) {
        return false;
      }
    }
    if (memberOf.isEmpty() && forbiddenAggregates.isEmpty()) {
      return true;
    }
    // an aggregate of a root spans its whole tree
    var root = view.rootOf(node).aggregates();
    for (var a : forbiddenAggregates) {
      if (node.aggregates().contains(a) || root.contains(a)) {
        return false;
      }
    }
    for (var any : memberOf) {
      if (!meets(any, node.aggregates()) && !meets(any, root)) {
        return false;
      }
    }
    return true;
  }

  private static boolean meets(Set<String> any, Set<String> have) {
    for (var one : any) {
      if (have.contains(one)) {
        return true;
      }
    }
    return false;
  }
}
