package welkin.identity.domainconfig;

import java.util.LinkedHashMap;
import java.util.Map;
import welkin.identity.token.SealedColumn;
import welkin.store.Sql;

/** The rows of a domain's options; what is in them is sealed. */
final class DomainConfigStore {
  static final SealedColumn SEALED =
      SealedColumn.of("domain_config", "sealed", "domain_id", "option_group", "option_name");

  private DomainConfigStore() {}

  /** An option's place. */
  record Place(String group, String option) {}

  /** What is sealed at each place, by group and option. */
  static Map<Place, String> all(Sql sql, String domainId) {
    var out = new LinkedHashMap<Place, String>();
    sql.list(
            "SELECT * FROM domain_config WHERE domain_id = ? ORDER BY option_group, option_name",
            r ->
                Map.entry(
                    new Place(r.text("option_group"), r.text("option_name")), r.text("sealed")),
            domainId)
        .forEach(e -> out.put(e.getKey(), e.getValue()));
    return out;
  }

  /** What is sealed, by domain and place. */
  static Map<String, Map<Place, String>> everything(Sql sql) {
    var out = new LinkedHashMap<String, Map<Place, String>>();
    sql.list(
        "SELECT * FROM domain_config ORDER BY domain_id, option_group, option_name",
        r ->
            out.computeIfAbsent(r.text("domain_id"), d -> new LinkedHashMap<>())
                .put(new Place(r.text("option_group"), r.text("option_name")), r.text("sealed")));
    return out;
  }

  static void put(Sql sql, String domainId, Place place, String sealed) {
    delete(sql, domainId, place);
    sql.insert(
        "domain_config",
        "domain_id",
        domainId,
        "option_group",
        place.group,
        "option_name",
        place.option,
        "sealed",
        sealed);
  }

  static void delete(Sql sql, String domainId, Place place) {
    sql.update(
        "DELETE FROM domain_config WHERE domain_id = ? AND option_group = ? AND option_name = ?",
        domainId,
        place.group,
        place.option);
  }

  static void deleteAll(Sql sql, String domainId) {
    sql.update("DELETE FROM domain_config WHERE domain_id = ?", domainId);
  }
}
