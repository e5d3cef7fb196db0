package welkin.placement.candidate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import welkin.core.Fault;
import welkin.http.Call;
import welkin.placement.PlacementFaults;
import welkin.placement.Wire;
import welkin.placement.index.ProviderIndex;

/**
 * A request for allocation candidates.
 *
 * @param groups by suffix
 * @param limit how many candidates at most, null for all
 * @param isolate whether groups of one provider each must get different ones
 * @param rootRequired traits the tree's root must have
 * @param rootForbidden traits the tree's root must not have
 * @param sameSubtrees sets of suffixes whose providers lie below one of them
 * @param nested whether candidates may use more than roots (from 1.29)
 */
record CandidateRequest(
    Map<String, RequestGroup> groups,
    Integer limit,
    boolean isolate,
    Set<String> rootRequired,
    Set<String> rootForbidden,
    List<Set<String>> sameSubtrees,
    boolean nested) {

  static CandidateRequest of(Call call, ProviderIndex index) {
    var groups = GroupParser.all(call, index);
    var subtrees = sameSubtrees(call);
    check(groups, subtrees, call);
    Integer limit = null;
    if (call.query("limit") != null) {
      if (!call.query("limit").matches("^[1-9][0-9]{0,8}$")) {
        throw Wire.badQuery("'" + call.query("limit") + "' does not match '^[1-9][0-9]*$'");
      }
      limit = Integer.valueOf(call.query("limit"));
    }
    var policy = call.query("group_policy");
    if (policy != null && !policy.equals("none") && !policy.equals("isolate")) {
      throw Wire.badQuery("'" + policy + "' is not one of ['none', 'isolate']");
    }
    if (policy == null && groups.keySet().stream().filter(s -> !s.isEmpty()).count() > 1) {
      throw Fault.badRequest(
          "The \"group_policy\" parameter is required when specifying more than one"
              + " \"resources{N}\" parameter.");
    }
    var required = new ArrayList<Set<String>>();
    var forbidden = new LinkedHashSet<String>();
    var root = call.queryAll("root_required");
    if (root.size() > 1) {
      throw Fault.badRequest("Query parameter 'root_required' may be specified only once.")
          .named(PlacementFaults.DUPLICATE_KEY);
    }
    if (!root.isEmpty()) {
      GroupParser.traits(call, root.getFirst(), required, forbidden);
      GroupParser.checkTraits(index, required, forbidden);
    }
    var all = required.stream().flatMap(Set::stream).collect(Collectors.toSet());
    var both = all.stream().filter(forbidden::contains).toList();
    if (!both.isEmpty()) {
      throw Fault.badRequest(
              "Conflicting required and forbidden traits found in root_required: "
                  + String.join(", ", both))
          .named(PlacementFaults.BAD_VALUE);
    }
    return new CandidateRequest(
        groups, limit, "isolate".equals(policy), all, forbidden, subtrees, call.at(1, 29));
  }

  private static List<Set<String>> sameSubtrees(Call call) {
    var out = new ArrayList<Set<String>>();
    for (var value : call.queryAll("same_subtree")) {
      var suffixes =
          Arrays.stream(value.split(",", -1)).map(String::strip).collect(Collectors.toSet());
      if (suffixes.contains("")) {
        throw Fault.badRequest(
                "Empty string (unsuffixed group) can not be specified in `same_subtree`")
            .named(PlacementFaults.BAD_VALUE);
      }
      out.add(suffixes);
    }
    return out;
  }

  private static void check(
      Map<String, RequestGroup> groups, List<Set<String>> subtrees, Call call) {
    var empty =
        groups.values().stream()
            .filter(g -> g.resources().isEmpty())
            .map(RequestGroup::suffix)
            .toList();
    if (empty.size() == groups.size()) {
      throw Fault.badRequest("There must be at least one resources or resources[$S] parameter.")
          .named(PlacementFaults.MISSING_VALUE);
    }
    var inSubtrees = subtrees.stream().flatMap(Set::stream).collect(Collectors.toSet());
    if (call.at(1, 36)) {
      var bad = empty.stream().filter(s -> !inSubtrees.contains(s)).toList();
      if (!bad.isEmpty()) {
        throw Fault.badRequest(
                "Resourceless suffixed group request should be specified in `same_subtree` query"
                    + " param: bad group(s) - "
                    + bad)
            .named(PlacementFaults.BAD_VALUE);
      }
      var unknown = inSubtrees.stream().filter(s -> !groups.containsKey(s)).toList();
      if (!unknown.isEmpty()) {
        throw Fault.badRequest(
                "Real suffixes should be specified in `same_subtree`: "
                    + unknown
                    + " not found in "
                    + groups.keySet())
            .named(PlacementFaults.BAD_VALUE);
      }
    } else if (!empty.isEmpty()) {
      throw Fault.badRequest(
          "All traits and member_of parameters must be associated with resources. Found groups"
              + " without resources: "
              + empty);
    }
  }
}
