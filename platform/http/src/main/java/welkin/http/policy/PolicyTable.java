package welkin.http.policy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A service's default rules as they stand in its {@code policy.tsv}: rule, check and the token
 * scopes it is meant for, in upstream's order.
 *
 * @param rows one per rule; names are unique
 */
public record PolicyTable(List<Row> rows) {
  /**
   * One rule.
   *
   * @param check an oslo.policy check string; empty means any authenticated caller
   * @param scopeTypes project, domain, system; empty when the rule does not say
   */
  public record Row(String rule, String check, List<String> scopeTypes) {}

  public PolicyTable {
    rows = List.copyOf(rows);
  }

  /** Reads tab-separated rows; lines that start with {@code #} and empty lines are skipped. */
  public static PolicyTable load(InputStream tsv) {
    if (tsv == null) {
      throw new IllegalArgumentException("no policy table: the resource is missing");
    }
    var rows = new ArrayList<Row>();
    try (var in = new BufferedReader(new InputStreamReader(tsv, StandardCharsets.UTF_8))) {
      for (String line; (line = in.readLine()) != null; ) {
        if (line.isBlank() || line.startsWith("#")) {
          continue;
        }
        var cells = line.split("\t", -1);
        var scopes =
            cells.length > 2 && !cells[2].isBlank()
                ? List.of(cells[2].split(","))
                : List.<String>of();
        rows.add(new Row(cells[0], cells.length > 1 ? cells[1] : "", scopes));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new PolicyTable(rows);
  }

  /** Reads the resource {@code policy.tsv} beside a class. */
  public static PolicyTable beside(Class<?> owner) {
    return load(owner.getResourceAsStream("policy.tsv"));
  }

  /** Rule name to check string, in order. */
  public Map<String, String> checks() {
    var m = new LinkedHashMap<String, String>();
    for (var r : rows) {
      if (m.put(r.rule(), r.check()) != null) {
        throw new IllegalArgumentException("policy rule '" + r.rule() + "' stands twice");
      }
    }
    return m;
  }

  /** The engine for these rules, overrides not yet applied. */
  public PolicyEngine engine() {
    return PolicyEngine.of(this);
  }
}
