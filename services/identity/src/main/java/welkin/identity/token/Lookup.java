package welkin.identity.token;

import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.identity.ldap.Directories;
import welkin.identity.project.Project;
import welkin.identity.project.ProjectStore;
import welkin.identity.shared.Backend;
import welkin.identity.user.User;
import welkin.identity.user.UserStore;
import welkin.store.Sql;

/** What an authentication request names by id, or by name in a domain. */
final class Lookup {
  private Lookup() {}

  /** The user of an id, or of a name in a domain; empty when there is none. */
  static Optional<User> user(Backend backend, Directories directories, ObjectNode given) {
    var id = Json.string(given, "id");
    if (id != null) {
      directories.freshUserNow(id);
      return backend.database().read(sql -> UserStore.find(sql, id));
    }
    var name = Json.string(given, "name");
    if (name == null) {
      throw expecting("id or name", "user");
    }
    var domain = object(given, "domain", "user");
    var where = backend.database().read(sql -> domain(sql, domain)).map(Project::id);
    if (where.isEmpty()) {
      return Optional.empty();
    }
    var found = backend.database().read(sql -> UserStore.named(sql, where.get(), name));
    return directories.has(where.get()) && found.filter(u -> !directories.owns(u.id())).isEmpty()
        ? directories
            .userNamed(where.get(), name)
            .flatMap(u -> backend.database().read(sql -> UserStore.find(sql, u)))
        : found;
  }

  static Optional<Project> domain(Sql sql, ObjectNode given) {
    var id = Json.string(given, "id");
    if (id != null) {
      return ProjectStore.find(sql, id).filter(Project::isDomain);
    }
    var name = Json.string(given, "name");
    if (name == null) {
      throw expecting("id or name", "domain");
    }
    return ProjectStore.named(sql, null, name);
  }

  static ObjectNode object(ObjectNode in, String name, String where) {
    if (in.get(name) instanceof ObjectNode o) {
      return o;
    }
    throw expecting(name, where);
  }

  static Fault expecting(String what, String where) {
    return Fault.badRequest(
        "Expecting to find "
            + what
            + " in "
            + where
            + ". The server could not comply with the request since it is either malformed or"
            + " otherwise incorrect. The client is assumed to be in error.");
  }
}
