package welkin.placement.candidate;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import welkin.placement.index.Node;
import welkin.placement.index.Tree;
import welkin.placement.index.View;

/**
 * Finds the ways to meet a request, a pure function of the providers and the request. Tree by tree,
 * oldest first: each group has its possible providers in the tree and among those that share with
 * it; every combination that fits together is a candidate. Stops at the limit.
 */
final class Candidates {
  /**
   * @param list in the order they were found
   * @param providers all providers of the trees that have a part in one
   */
  record Found(List<Candidate> list, List<Node> providers) {}

  private final View view;
  private final CandidateRequest request;
  private final Set<Candidate> found = new LinkedHashSet<>();
  private final Set<Node> providers = new LinkedHashSet<>();

  private Candidates(View view, CandidateRequest request) {
    this.view = view;
    this.request = request;
  }

  static Found find(View view, CandidateRequest request) {
    var search = new Candidates(view, request);
    return search.isSimple() ? search.findSimple() : search.findAll();
  }

  /**
   * One group without a suffix over trees that are single providers: most requests in most clouds.
   */
  private boolean isSimple() {
    return request.groups().size() == 1
        && request.groups().containsKey("")
        && view.sharing().isEmpty()
        && view.trees().size() == view.nodes().size();
  }

  private Found findSimple() {
    var group = request.groups().get("");
    var list = new ArrayList<Candidate>();
    var nodes = new ArrayList<Node>();
    for (var node : view.nodes().values()) {
      if (group.fits(view, node) && rootFits(node)) {
        list.add(
            new Candidate(
                Map.of(node.uuid(), group.resources()), Map.of("", List.of(node.uuid()))));
        nodes.add(node);
        if (request.limit() != null && list.size() >= request.limit()) {
          break;
        }
      }
    }
    return new Found(list, nodes);
  }

  private Found findAll() {
    for (var tree : view.trees()) {
      if (rootFits(tree.root())) {
        search(tree);
      }
      if (full()) {
        break;
      }
    }
    return new Found(List.copyOf(found), List.copyOf(providers));
  }

  private boolean full() {
    return request.limit() != null && found.size() >= request.limit();
  }

  private boolean rootFits(Node root) {
    return root.traits().containsAll(request.rootRequired())
        && request.rootForbidden().stream().noneMatch(root.traits()::contains);
  }

  /**
   * One thing to place: a group on one provider, or one resource class of the group without one.
   */
  private record Piece(RequestGroup group, Map<String, Long> resources, List<Node> choices) {}

  private void search(Tree tree) {
    var near = new ArrayList<Node>();
    for (var node : tree.nodes()) {
      if (request.nested() || node.isRoot()) {
        near.add(node);
      }
    }
    for (var node : view.sharing()) {
      if (sharesWith(node, tree) && !near.contains(node)) {
        near.add(node);
      }
    }
    var pieces = new ArrayList<Piece>();
    for (var group : request.groups().values()) {
      if (group.oneProvider()) {
        var choices = near.stream().filter(n -> group.fits(view, n)).toList();
        pieces.add(new Piece(group, group.resources(), choices));
      } else {
        for (var e : group.resources().entrySet()) {
          var choices =
              near.stream()
                  .filter(
                      n ->
                          n.hasRoomFor(e.getKey(), e.getValue())
                              && group.noneForbidden(n)
                              && group.placeFits(view, n))
                  .toList();
          pieces.add(new Piece(group, Map.of(e.getKey(), e.getValue()), choices));
        }
      }
    }
    for (var piece : pieces) {
      if (piece.choices.isEmpty()) {
        return;
      }
    }
    combine(tree, pieces, 0, new Node[pieces.size()]);
  }

  private static boolean sharesWith(Node sharing, Tree tree) {
    for (var node : tree.nodes()) {
      for (var a : sharing.aggregates()) {
        if (node.aggregates().contains(a)) {
          return true;
        }
      }
    }
    return false;
  }

  private void combine(Tree tree, List<Piece> pieces, int at, Node[] chosen) {
    if (full()) {
      return;
    }
    if (at == pieces.size()) {
      consider(tree, pieces, chosen);
      return;
    }
    for (var node : pieces.get(at).choices()) {
      chosen[at] = node;
      combine(tree, pieces, at + 1, chosen);
    }
  }

  private void consider(Tree tree, List<Piece> pieces, Node[] chosen) {
    var byGroup = new LinkedHashMap<String, Set<Node>>();
    var resources = new LinkedHashMap<String, Map<String, Long>>();
    for (int i = 0; i < chosen.length; i++) {
      var node = chosen[i];
      byGroup.computeIfAbsent(pieces.get(i).group().suffix(), k -> new LinkedHashSet<>()).add(node);
      for (var e : pieces.get(i).resources().entrySet()) {
        resources
            .computeIfAbsent(node.uuid(), k -> new LinkedHashMap<>())
            .merge(e.getKey(), e.getValue(), Long::sum);
      }
    }
    if (!traitsMet(byGroup) || !isolated(byGroup) || !subtreesMet(byGroup) || !fits(resources)) {
      return;
    }
    var mappings = new LinkedHashMap<String, List<String>>();
    byGroup.forEach(
        (suffix, nodes) -> mappings.put(suffix, nodes.stream().map(Node::uuid).toList()));
    if (found.add(new Candidate(resources, mappings))) {
      providers.addAll(request.nested() ? tree.nodes() : List.of(tree.root()));
      providers.addAll(List.of(chosen));
    }
  }

  /** The group without a suffix: all its providers together have what it requires. */
  private boolean traitsMet(Map<String, Set<Node>> byGroup) {
    var nodes = byGroup.get("");
    if (nodes == null) {
      return true;
    }
    var all = new HashSet<String>();
    nodes.forEach(n -> all.addAll(n.traits()));
    return request.groups().get("").traitsMet(all);
  }

  private boolean isolated(Map<String, Set<Node>> byGroup) {
    if (!request.isolate()) {
      return true;
    }
    var seen = new HashSet<Node>();
    for (var e : byGroup.entrySet()) {
      var group = request.groups().get(e.getKey());
      if (group.oneProvider() && !group.resources().isEmpty()) {
        for (var node : e.getValue()) {
          if (!seen.add(node)) {
            return false;
          }
        }
      }
    }
    return true;
  }

  /** In each set of groups one provider is an ancestor of all (or the same). */
  private boolean subtreesMet(Map<String, Set<Node>> byGroup) {
    for (var suffixes : request.sameSubtrees()) {
      var nodes = new LinkedHashSet<Node>();
      suffixes.forEach(s -> nodes.addAll(byGroup.getOrDefault(s, Set.of())));
      boolean met = nodes.stream().anyMatch(top -> nodes.stream().allMatch(n -> isBelow(n, top)));
      if (!met) {
        return false;
      }
    }
    return true;
  }

  private boolean isBelow(Node node, Node top) {
    for (var at = node; at != null; at = view.nodes().get(at.provider().parent())) {
      if (at == top) {
        return true;
      }
      if (at.isRoot()) {
        return false;
      }
    }
    return false;
  }

  /** Several groups on one provider must fit it together. */
  private boolean fits(Map<String, Map<String, Long>> resources) {
    for (var of : resources.entrySet()) {
      var node = view.nodes().get(of.getKey());
      for (var e : of.getValue().entrySet()) {
        var i = node.inventories().get(e.getKey());
        if (i == null || !i.hasRoomFor(e.getValue()) || e.getValue() > i.maxUnit()) {
          return false;
        }
      }
    }
    return true;
  }
}
