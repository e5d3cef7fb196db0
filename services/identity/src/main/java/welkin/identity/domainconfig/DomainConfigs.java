package welkin.identity.domainconfig;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.identity.domainconfig.DomainConfigStore.Place;
import welkin.identity.project.Project;
import welkin.identity.project.ProjectStore;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.token.SealedColumn;
import welkin.identity.token.StoredSecrets;
import welkin.store.Sql;

/** What domains set for themselves: options by group, sealed, since some are secrets. */
public final class DomainConfigs {
  private final Backend backend;

  /** The column of {@link DomainConfigStore} that is sealed. */
  public static final SealedColumn SEALED = DomainConfigStore.SEALED;

  private final StoredSecrets secrets;
  private volatile BiConsumer<Sql, String> listener = (sql, domainId) -> {};
  private volatile Everything everything = new Everything(Map.of(), Map.of());

  /** The options of every domain, as they are stored and as they are. */
  private record Everything(
      Map<String, Map<Place, String>> sealed, Map<String, Map<String, ObjectNode>> opened) {}

  public DomainConfigs(Backend backend, StoredSecrets secrets) {
    this.backend = backend;
    this.secrets = secrets;
  }

  /** Who is told of a change, in its transaction, of the domain with an id. */
  public void onChange(BiConsumer<Sql, String> told) {
    listener = told;
  }

  /**
   * What every domain sets for itself, secrets too, by domain and group; the same object while
   * nothing changes.
   */
  public Map<String, Map<String, ObjectNode>> all(Sql sql) {
    var sealed = DomainConfigStore.everything(sql);
    var kept = everything;
    if (sealed.equals(kept.sealed)) {
      return kept.opened;
    }
    var opened = new LinkedHashMap<String, Map<String, ObjectNode>>();
    sealed.forEach(
        (domain, options) ->
            options.forEach(
                (place, text) ->
                    opened
                        .computeIfAbsent(domain, d -> new LinkedHashMap<>())
                        .computeIfAbsent(place.group(), g -> Json.object())
                        .set(place.option(), open(text))));
    everything = new Everything(sealed, opened);
    return opened;
  }

  /** All that is set and may be shown, by group; empty when nothing is. */
  Map<String, ObjectNode> shown(String domainId) {
    return backend
        .database()
        .read(
            sql -> {
              mustBeDomain(sql, domainId);
              var out = new LinkedHashMap<String, ObjectNode>();
              stored(sql, domainId)
                  .forEach(
                      (place, value) -> {
                        if (!DomainOptions.isSecret(place.group(), place.option())) {
                          out.computeIfAbsent(place.group(), g -> Json.object())
                              .set(place.option(), value);
                        }
                      });
              return out;
            });
  }

  /**
   * Sets all options anew.
   *
   * @return whether there were none before
   */
  boolean replace(String domainId, ObjectNode config) {
    mustBeValid(config);
    return backend
        .database()
        .tx(
            sql -> {
              mustBeDomain(sql, domainId);
              boolean none = stored(sql, domainId).isEmpty();
              DomainConfigStore.deleteAll(sql, domainId);
              put(sql, domainId, config);
              backend.tell(sql, "domain_config", none ? "created" : "updated", null, domainId);
              listener.accept(sql, domainId);
              return none;
            });
  }

  /**
   * Sets some options.
   *
   * @param group the one group the path names, which must be set already, or null
   * @param option the one option the path names, which must be set already, or null
   */
  void merge(String domainId, String group, String option, ObjectNode given) {
    var config = given;
    if (option != null) {
      if (given.size() != 1 || !given.has(option)) {
        throw DomainOptions.invalid(
            "Trying to update option "
                + option
                + " in group "
                + group
                + ", so that, and only"
                + " that, option must be specified in the config");
      }
      config = Json.object();
      config.set(group, given);
    } else if (group != null && (given.size() != 1 || !given.has(group))) {
      throw DomainOptions.invalid(
          "Trying to update group "
              + group
              + ", so that, and only that, group must be specified"
              + " in the config");
    }
    mustBeValid(config);
    var wanted = config;
    backend
        .database()
        .change(
            sql -> {
              mustBeDomain(sql, domainId);
              mustBeSet(sql, domainId, group, option);
              put(sql, domainId, wanted);
              backend.tell(sql, "domain_config", "updated", null, domainId);
              listener.accept(sql, domainId);
            });
  }

  /** Forgets all options, those of a group, or one. */
  void delete(String domainId, String group, String option) {
    backend
        .database()
        .change(
            sql -> {
              mustBeDomain(sql, domainId);
              mustBeSet(sql, domainId, group, option);
              for (var place : stored(sql, domainId).keySet()) {
                if ((group == null || group.equals(place.group()))
                    && (option == null || option.equals(place.option()))) {
                  DomainConfigStore.delete(sql, domainId, place);
                }
              }
              backend.tell(sql, "domain_config", "deleted", null, domainId);
              listener.accept(sql, domainId);
            });
  }

  private void mustBeSet(Sql sql, String domainId, String group, String option) {
    if (group == null) {
      return;
    }
    DomainOptions.mustBeKnown(group, option);
    if (stored(sql, domainId).keySet().stream()
        .noneMatch(p -> p.group().equals(group) && (option == null || p.option().equals(option)))) {
      throw missing(domainId, group, option);
    }
  }

  static Fault missing(String domainId, String group, String option) {
    return Fault.notFound(
        "Could not find "
            + (option != null
                ? "option " + option + " in group " + group + " in "
                : group != null ? "group " + group + " in " : "")
            + "domain configuration for domain "
            + domainId
            + ".");
  }

  private static void mustBeDomain(Sql sql, String id) {
    if (ProjectStore.find(sql, id).filter(Project::isDomain).isEmpty()) {
      throw Faults.notFound("domain", id);
    }
  }

  private static void mustBeValid(ObjectNode config) {
    if (config.isEmpty()) {
      throw DomainOptions.invalid("No options specified");
    }
    config.forEachEntry(
        (group, options) -> {
          DomainOptions.mustBeKnown(group, null);
          if (!(options instanceof ObjectNode object) || object.isEmpty()) {
            throw DomainOptions.invalid("The value of group " + group + " must be its options");
          }
          object.forEachEntry((option, value) -> DomainOptions.mustBeKnown(group, option));
        });
  }

  private Map<Place, JsonNode> stored(Sql sql, String domainId) {
    var out = new LinkedHashMap<Place, JsonNode>();
    DomainConfigStore.all(sql, domainId).forEach((place, text) -> out.put(place, open(text)));
    return out;
  }

  private JsonNode open(String sealed) {
    return Json.parse(secrets.open(sealed));
  }

  private void put(Sql sql, String domainId, ObjectNode config) {
    config.forEachEntry(
        (group, options) ->
            ((ObjectNode) options)
                .forEachEntry(
                    (option, value) ->
                        DomainConfigStore.put(
                            sql,
                            domainId,
                            new Place(group, option),
                            secrets.seal(DomainConfigStore.SEALED, Json.text(value)))));
  }
}
