package welkin.agents.network;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the nft tables of a namespace should hold, as data. Two of them give the one transaction
 * that leads from the first to the second; sets and maps change by element, chains are written anew
 * when a rule of theirs differs.
 */
final class Nft {
  private static final int ELEMENTS_PER_LINE = 400;

  /**
   * A set or map.
   *
   * @param map whether elements have values
   * @param spec type and flags, e.g. {@code type ifname : mark;}
   * @param elements key to value; the value is empty in a set
   */
  record Elements(boolean map, String spec, Map<String, String> elements) {
    private String kind() {
      return map ? "map" : "set";
    }

    void put(String key, String value) {
      elements.put(key, value);
    }

    void add(String key) {
      elements.put(key, "");
    }
  }

  /**
   * @param hook e.g. {@code type filter hook forward priority 0;}, empty for a chain that is jumped
   *     to
   */
  record Chain(String hook, List<String> rules) {}

  /** One table: {@code inet neutron}. */
  record Table(Map<String, Elements> sets, Map<String, Chain> chains) {
    Elements set(String name, String spec) {
      return sets.computeIfAbsent(name, n -> new Elements(false, spec, new TreeMap<>()));
    }

    Elements map(String name, String spec) {
      return sets.computeIfAbsent(name, n -> new Elements(true, spec, new TreeMap<>()));
    }

    void chain(String name, String hook, List<String> rules) {
      chains.put(name, new Chain(hook, List.copyOf(rules)));
    }

    void chain(String name, List<String> rules) {
      chain(name, "", rules);
    }
  }

  private final Map<String, Table> tables = new LinkedHashMap<>();

  /** The table of this family and name, made when new. */
  Table table(String familyAndName) {
    return tables.computeIfAbsent(
        familyAndName, n -> new Table(new LinkedHashMap<>(), new LinkedHashMap<>()));
  }

  /** The transaction that puts these tables in place of whatever has their names. */
  String replace() {
    var out = new StringBuilder();
    for (var t : tables.keySet()) {
      out.append("add table ").append(t).append('\n');
      out.append("delete table ").append(t).append('\n');
      out.append("add table ").append(t).append('\n');
    }
    tables.forEach((name, t) -> difference(name, new Table(Map.of(), Map.of()), t, out));
    return out.toString();
  }

  /** The transaction from {@code old} to this, empty when nothing differs. */
  String since(Nft old) {
    if (!old.tables.keySet().equals(tables.keySet()) || reshaped(old)) {
      return replace();
    }
    var out = new StringBuilder();
    tables.forEach((name, t) -> difference(name, old.tables.get(name), t, out));
    return out.toString();
  }

  private boolean reshaped(Nft old) {
    return tables.entrySet().stream()
        .anyMatch(
            e -> {
              var before = old.tables.get(e.getKey());
              return e.getValue().sets.entrySet().stream()
                      .anyMatch(
                          s ->
                              before.sets.containsKey(s.getKey())
                                  && !before.sets.get(s.getKey()).spec.equals(s.getValue().spec))
                  || e.getValue().chains.entrySet().stream()
                      .anyMatch(
                          c ->
                              before.chains.containsKey(c.getKey())
                                  && !before.chains.get(c.getKey()).hook.equals(c.getValue().hook));
            });
  }

  // The order matters within the transaction: what is named must exist, what goes must be unused.
  private static void difference(String table, Table old, Table now, StringBuilder out) {
    now.sets.forEach(
        (name, s) -> {
          if (!old.sets.containsKey(name)) {
            line(out, "add", s.kind(), table, name, "{ " + s.spec + " }");
          }
        });
    now.chains.forEach(
        (name, c) -> {
          if (!old.chains.containsKey(name)) {
            line(
                out,
                "add",
                "chain",
                table,
                name,
                c.hook.isEmpty() ? "" : "{ " + c.hook + " policy accept; }");
          }
        });
    old.sets.forEach(
        (name, s) -> {
          var left = now.sets.get(name);
          var gone = new ArrayList<String>();
          s.elements.forEach(
              (k, v) -> {
                if (left == null || !v.equals(left.elements.get(k))) {
                  gone.add(k);
                }
              });
          elements(out, "delete", table, name, gone);
        });
    old.chains.forEach(
        (name, c) -> {
          var left = now.chains.get(name);
          if (left == null || !left.rules.equals(c.rules)) {
            line(out, "flush", "chain", table, name, "");
          }
        });
    now.chains.forEach(
        (name, c) -> {
          var before = old.chains.get(name);
          if (before == null || !before.rules.equals(c.rules)) {
            c.rules.forEach(r -> line(out, "add", "rule", table, name, r));
          }
        });
    now.sets.forEach(
        (name, s) -> {
          var before = old.sets.get(name);
          var fresh = new ArrayList<String>();
          s.elements.forEach(
              (k, v) -> {
                if (before == null || !v.equals(before.elements.get(k))) {
                  fresh.add(s.map ? k + " : " + v : k);
                }
              });
          elements(out, "add", table, name, fresh);
        });
    old.chains
        .keySet()
        .forEach(
            name -> {
              if (!now.chains.containsKey(name)) {
                line(out, "delete", "chain", table, name, "");
              }
            });
    old.sets.forEach(
        (name, s) -> {
          if (!now.sets.containsKey(name)) {
            line(out, "delete", s.kind(), table, name, "");
          }
        });
  }

  private static void elements(
      StringBuilder out, String verb, String table, String set, List<String> elements) {
    for (int i = 0; i < elements.size(); i += ELEMENTS_PER_LINE) {
      var some = elements.subList(i, Math.min(elements.size(), i + ELEMENTS_PER_LINE));
      line(out, verb, "element", table, set, "{ " + String.join(", ", some) + " }");
    }
  }

  private static void line(
      StringBuilder out, String verb, String what, String table, String name, String rest) {
    out.append(verb).append(' ').append(what).append(' ').append(table).append(' ').append(name);
    if (!rest.isEmpty()) {
      out.append(' ').append(rest);
    }
    out.append('\n');
  }
}
