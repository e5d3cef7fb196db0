package welkin.identity.federation.mapping;

import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.store.DuplicateKey;

/** What can be done with mappings. */
public final class Mappings {
  private final Backend backend;
  private final String defaultVersion;

  /**
   * @param defaultVersion the schema version of a mapping that names none
   */
  public Mappings(Backend backend, String defaultVersion) {
    this.backend = backend;
    this.defaultVersion = defaultVersion;
  }

  /** 404 when there is none. */
  public Mapping get(String id) {
    return backend
        .database()
        .read(sql -> MappingStore.find(sql, id))
        .orElseThrow(Faults.missing("mapping", id));
  }

  List<Mapping> list() {
    return backend.database().read(MappingStore::list);
  }

  Mapping create(String id, ObjectNode given) {
    var mapping = checked(id, given);
    try {
      backend
          .database()
          .change(
              sql -> {
                MappingStore.insert(sql, mapping);
                backend.tell(sql, "mapping", "created", null, id);
              });
      return mapping;
    } catch (DuplicateKey e) {
      throw Faults.taken("mapping", "ID " + id);
    }
  }

  Mapping update(String id, ObjectNode given) {
    var mapping = checked(id, given);
    backend
        .database()
        .change(
            sql -> {
              if (!MappingStore.update(sql, mapping)) {
                throw Faults.notFound("mapping", id);
              }
              backend.tell(sql, "mapping", "updated", null, id);
            });
    return mapping;
  }

  void delete(String id) {
    backend
        .database()
        .change(
            sql -> {
              if (!MappingStore.delete(sql, id)) {
                throw Faults.notFound("mapping", id);
              }
              backend.tell(sql, "mapping", "deleted", null, id);
            });
  }

  /** An update names everything anew, as upstream's does. */
  private Mapping checked(String id, ObjectNode given) {
    var version = Json.string(given, "schema_version");
    var chosen = version == null || version.isEmpty() ? defaultVersion : version;
    RuleShapes.check(given, chosen);
    return new Mapping(id, chosen, (ArrayNode) given.get("rules"));
  }
}
