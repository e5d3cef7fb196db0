package welkin.placement.index;

import java.util.List;

/**
 * A provider tree.
 *
 * @param nodes its root first
 */
public record Tree(Node root, List<Node> nodes) {}
