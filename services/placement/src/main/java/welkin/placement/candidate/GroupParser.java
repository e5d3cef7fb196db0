package welkin.placement.candidate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import welkin.core.Fault;
import welkin.http.Call;
import welkin.placement.PlacementFaults;
import welkin.placement.Wire;
import welkin.placement.index.ProviderIndex;

/** Reads request groups from a query. */
public final class GroupParser {
  private GroupParser() {}

  /** The one group of a provider list, or null when it asks for nothing. */
  public static RequestGroup forProviders(Call call, ProviderIndex index) {
    var q = call.query();
    if (!q.containsKey("resources")
        && !q.containsKey("required")
        && !q.containsKey("member_of")
        && !q.containsKey("in_tree")) {
      return null;
    }
    return group(call, index, "");
  }

  /** All groups of a candidates request, by suffix. */
  static Map<String, RequestGroup> all(Call call, ProviderIndex index) {
    var suffixes = new LinkedHashSet<String>();
    for (var name : call.query().keySet()) {
      var suffix = suffix(call, name);
      if (suffix == null) {
        if (!WIDE.contains(name)) {
          throw Wire.unexpected(name);
        }
        checkWide(call, name);
      } else {
        suffixes.add(suffix);
      }
    }
    var groups = new LinkedHashMap<String, RequestGroup>();
    suffixes.forEach(s -> groups.put(s, group(call, index, s)));
    return groups;
  }

  private static final List<String> WIDE =
      List.of("limit", "group_policy", "root_required", "same_subtree");

  private static void checkWide(Call call, String name) {
    boolean known =
        switch (name) {
          case "limit" -> call.at(1, 16);
          case "group_policy" -> call.at(1, 25);
          case "root_required" -> call.at(1, 35);
          default -> call.at(1, 36);
        };
    if (!known) {
      throw Wire.unexpected(name);
    }
  }

  /** The suffix of a group parameter, null for a parameter that belongs to no group. */
  private static String suffix(Call call, String name) {
    for (var prefix : List.of("resources", "required", "member_of", "in_tree")) {
      if (!name.startsWith(prefix)) {
        continue;
      }
      boolean known =
          switch (prefix) {
            case "resources" -> true;
            case "required" -> call.at(1, 17);
            case "member_of" -> call.at(1, 21);
            default -> call.at(1, 31);
          };
      var suffix = name.substring(prefix.length());
      boolean wellFormed =
          suffix.isEmpty()
              || call.at(1, 25)
                  && suffix.matches(call.at(1, 33) ? "[a-zA-Z0-9_-]{1,64}" : "[1-9][0-9]*");
      if (known && wellFormed) {
        return suffix;
      }
    }
    return null;
  }

  private static RequestGroup group(Call call, ProviderIndex index, String suffix) {
    var required = new ArrayList<Set<String>>();
    var forbidden = new LinkedHashSet<String>();
    var requiredValues = call.queryAll("required" + suffix);
    if (requiredValues.size() > 1 && !call.at(1, 39)) {
      requiredValues = List.of(requiredValues.getLast());
    }
    for (var value : requiredValues) {
      traits(call, value, required, forbidden);
    }
    checkTraits(index, required, forbidden);
    var conflicts = new ArrayList<String>();
    for (var any : required) {
      if (forbidden.containsAll(any)) {
        conflicts.add("required" + suffix + ": (" + String.join(", ", any) + ")");
      }
    }
    if (!conflicts.isEmpty()) {
      throw Fault.badRequest(
          "Conflicting required and forbidden traits found in the following traits keys: "
              + String.join(", ", conflicts));
    }
    var memberOf = new ArrayList<Set<String>>();
    var forbiddenAggregates = new LinkedHashSet<String>();
    var memberValues = call.queryAll("member_of" + suffix);
    if (memberValues.size() > 1 && !call.at(1, 24)) {
      throw Fault.badRequest("Multiple member_of" + suffix + " parameters are not supported")
          .named(PlacementFaults.DUPLICATE_KEY);
    }
    for (var value : memberValues) {
      members(call, value, memberOf, forbiddenAggregates);
    }
    var inTree = call.query("in_tree" + suffix);
    if (inTree != null && (inTree = Wire.uuid(inTree)) == null) {
      throw Fault.badRequest(
          "Expected 'in_tree' parameter to be a format of uuid. Got: "
              + call.query("in_tree" + suffix));
    }
    var resources = call.query("resources" + suffix);
    return new RequestGroup(
        suffix,
        resources == null ? Map.of() : resources(index, resources),
        required,
        forbidden,
        memberOf,
        forbiddenAggregates,
        inTree);
  }

  private static Map<String, Long> resources(ProviderIndex index, String text) {
    if (text.isBlank()) {
      throw badResources("empty string.");
    }
    var out = new LinkedHashMap<String, Long>();
    for (var one : text.split(",", -1)) {
      var parts = one.split(":", -1);
      if (parts.length != 2) {
        throw badResources(one + ".");
      }
      long amount;
      try {
        amount = Long.parseLong(parts[1].strip());
      } catch (NumberFormatException e) {
        throw Fault.badRequest(
            "Requested resource "
                + parts[0]
                + " expected positive integer amount. Got: "
                + parts[1]
                + ".");
      }
      if (amount < 1) {
        throw Fault.badRequest(
            "Requested resource " + parts[0] + " requires amount >= 1. Got: " + amount + ".");
      }
      if (!index.knowsClass(parts[0])) {
        throw Fault.badRequest(
            "Invalid resource class in resources parameter: No such resource class "
                + parts[0]
                + ".");
      }
      out.put(parts[0], amount);
    }
    return out;
  }

  private static Fault badResources(String got) {
    return Fault.badRequest(
        "Badly formed resources parameter. Expected resources query string parameter in form:"
            + " ?resources=VCPU:2,MEMORY_MB:1024. Got: "
            + got);
  }

  /** Reads {@code A,!B} or, from 1.39, {@code in:A,B}. */
  static void traits(Call call, String value, List<Set<String>> required, Set<String> forbidden) {
    if (value.startsWith("in:")) {
      if (!call.at(1, 39)) {
        throw Wire.badQuery(
            "The format 'in:HW_CPU_X86_VMX,CUSTOM_MAGIC' only supported since microversion 1.39."
                + " Got: "
                + value);
      }
      var any = new LinkedHashSet<String>();
      for (var one : value.substring(3).split(",", -1)) {
        if (one.isBlank() || one.strip().startsWith("!")) {
          throw Wire.badQuery(
              "The format 'in:HW_CPU_X86_VMX,CUSTOM_MAGIC' takes trait names only. Got: " + value);
        }
        any.add(one.strip());
      }
      required.add(any);
      return;
    }
    boolean mayForbid = call.at(1, 22);
    for (var one : value.split(",", -1)) {
      var name = one.strip();
      boolean not = name.startsWith("!");
      if (not) {
        name = name.replaceFirst("^!+", "");
      }
      if (name.isEmpty() || not && !mayForbid) {
        throw Wire.badQuery(
            "Expected 'required' parameter value of the form: "
                + (mayForbid ? "HW_CPU_X86_VMX,!CUSTOM_MAGIC" : "HW_CPU_X86_VMX,CUSTOM_MAGIC")
                + ". Got: "
                + value);
      }
      if (not) {
        forbidden.add(name);
      } else {
        required.add(Set.of(name));
      }
    }
  }

  static void checkTraits(ProviderIndex index, List<Set<String>> required, Set<String> forbidden) {
    var unknown = new ArrayList<String>();
    required.forEach(any -> any.forEach(t -> check(index, t, unknown)));
    forbidden.forEach(t -> check(index, t, unknown));
    if (!unknown.isEmpty()) {
      throw Fault.badRequest("No such trait(s): " + String.join(", ", unknown) + ".");
    }
  }

  private static void check(ProviderIndex index, String trait, List<String> unknown) {
    if (!index.knowsTrait(trait)) {
      unknown.add(trait);
    }
  }

  /** Reads {@code A}, {@code in:A,B} or, from 1.32, {@code !A} and {@code !in:A,B}. */
  private static void members(
      Call call, String value, List<Set<String>> memberOf, Set<String> forbidden) {
    boolean not = value.startsWith("!");
    if (not && !call.at(1, 32)) {
      throw Fault.badRequest("Forbidden member_of parameters are not supported in this version");
    }
    var rest = not ? value.substring(1) : value;
    var names =
        rest.startsWith("in:") ? Arrays.asList(rest.substring(3).split(",", -1)) : List.of(rest);
    var uuids = new LinkedHashSet<String>();
    for (var n : names) {
      var uuid = Wire.uuid(n.strip());
      if (uuid == null) {
        throw Wire.badQuery(
            "Expected 'member_of' parameter to contain valid UUID(s). Got: " + value);
      }
      uuids.add(uuid);
    }
    if (not) {
      forbidden.addAll(uuids);
    } else {
      memberOf.add(uuids);
    }
  }
}
