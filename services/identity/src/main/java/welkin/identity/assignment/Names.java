package welkin.identity.assignment;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import tools.jackson.databind.node.ObjectNode;
import welkin.identity.group.GroupStore;
import welkin.identity.project.ProjectStore;
import welkin.identity.role.RoleStore;
import welkin.identity.user.UserStore;
import welkin.store.Sql;

/** The names of what a list of assignments speaks of, each looked up once for the list. */
final class Names {
  /**
   * @param domainId whose name belongs to it, or null
   */
  private record Named(String name, String domainId) {}

  private final Sql sql;
  private final Map<String, Optional<Named>> known = new HashMap<>();

  Names(Sql sql) {
    this.sql = sql;
  }

  void role(ObjectNode in, String id) {
    put(
        in,
        "role " + id,
        () -> RoleStore.find(sql, id).map(r -> new Named(r.name(), r.domainId())));
  }

  void user(ObjectNode in, String id) {
    put(
        in,
        "user " + id,
        () -> UserStore.find(sql, id).map(u -> new Named(u.name(), u.domainId())));
  }

  void group(ObjectNode in, String id) {
    put(
        in,
        "group " + id,
        () -> GroupStore.find(sql, id).map(g -> new Named(g.name(), g.domainId())));
  }

  /** A domain, too, which has no domain of its own. */
  void project(ObjectNode in, String id) {
    put(
        in,
        "project " + id,
        () ->
            ProjectStore.find(sql, id)
                .map(p -> new Named(p.name(), p.isDomain() ? null : p.owningDomainId())));
  }

  private void put(ObjectNode in, String key, Supplier<Optional<Named>> find) {
    var named = known.get(key);
    if (named == null) {
      named = find.get();
      known.put(key, named);
    }
    if (named.isPresent()) {
      in.put("name", named.get().name());
      var domain = named.get().domainId();
      if (domain != null) {
        project(in.putObject("domain").put("id", domain), domain);
      }
    }
  }
}
