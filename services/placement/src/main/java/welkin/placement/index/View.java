package welkin.placement.index;

import java.util.List;
import java.util.Map;

/**
 * All providers and their places.
 *
 * @param nodes by uuid, oldest first
 * @param trees oldest root first
 * @param sharing the providers that serve the members of their aggregates
 */
public record View(Map<String, Node> nodes, List<Tree> trees, List<Node> sharing) {

  /** The provider's tree's root. */
  public Node rootOf(Node node) {
    var root = nodes.get(node.provider().root());
    return root == null ? node : root;
  }
}
