package welkin.identity.limit;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.identity.shared.ListRequest;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/** Registered limits and limits in SQL. */
final class LimitStore {
  private static final String LIMITS =
      "SELECT resource_limit.id AS limit_id, project_id, domain_id, resource_limit,"
          + " resource_limit.description AS limit_description, registered_limit.* FROM"
          + " resource_limit JOIN registered_limit ON registered_limit.id = registered_limit_id";

  private LimitStore() {}

  static Optional<RegisteredLimit> findRegistered(Sql sql, String id) {
    return sql.one("SELECT * FROM registered_limit WHERE id = ?", LimitStore::registered, id);
  }

  static Optional<RegisteredLimit> findRegistered(
      Sql sql, String serviceId, String regionId, String resource) {
    return sql.one(
        "SELECT * FROM registered_limit WHERE service_id = ? AND name_scope = ? AND resource_name"
            + " = ?",
        LimitStore::registered,
        serviceId,
        regionId == null ? "" : regionId,
        resource);
  }

  static List<RegisteredLimit> listRegistered(Sql sql, ListRequest request) {
    return request.list(
        sql,
        ListQuery.of("SELECT * FROM registered_limit", "registered_limit", "id"),
        Map.of(),
        LimitStore::registered);
  }

  static void insert(Sql sql, RegisteredLimit r) {
    sql.insert(
        "registered_limit",
        "id",
        r.id(),
        "service_id",
        r.serviceId(),
        "region_id",
        r.regionId(),
        "name_scope",
        r.regionId() == null ? "" : r.regionId(),
        "resource_name",
        r.resourceName(),
        "default_limit",
        r.defaultLimit(),
        "description",
        r.description());
  }

  static void update(Sql sql, RegisteredLimit r) {
    sql.update(
        "UPDATE registered_limit SET service_id = ?, region_id = ?, name_scope = ?, resource_name ="
            + " ?, default_limit = ?, description = ? WHERE id = ?",
        r.serviceId(),
        r.regionId(),
        r.regionId() == null ? "" : r.regionId(),
        r.resourceName(),
        r.defaultLimit(),
        r.description(),
        r.id());
  }

  static void deleteRegistered(Sql sql, String id) {
    sql.update("DELETE FROM registered_limit WHERE id = ?", id);
  }

  static boolean inUse(Sql sql, String registeredId) {
    return sql.exists("SELECT 1 FROM resource_limit WHERE registered_limit_id = ?", registeredId);
  }

  static Optional<Limit> find(Sql sql, String id) {
    return sql.one(LIMITS + " WHERE resource_limit.id = ?", LimitStore::limit, id);
  }

  /**
   * @param owner a project, or a domain with its projects; null for all
   */
  static List<Limit> list(Sql sql, ListRequest request, String owner) {
    var query = ListQuery.of(LIMITS, "resource_limit", "resource_limit.id");
    if (owner != null) {
      query.where(
          "(owner = ? OR owner IN (SELECT id FROM project WHERE domain_id = ?))", owner, owner);
    }
    return request.list(sql, query, Map.of(), LimitStore::limit);
  }

  /** A project's or domain's own limit. */
  static Optional<Limit> of(Sql sql, String registeredId, String owner) {
    return sql.one(
        LIMITS + " WHERE registered_limit_id = ? AND owner = ?",
        LimitStore::limit,
        registeredId,
        owner);
  }

  /** The limits of all projects in a domain, or of those right below a project. */
  static List<Limit> below(Sql sql, String registeredId, String owner) {
    return sql.list(
        LIMITS
            + " WHERE registered_limit_id = ? AND project_id IN (SELECT id FROM project WHERE"
            + " domain_id = ? OR parent_id = ?) ORDER BY resource_limit.id",
        LimitStore::limit,
        registeredId,
        owner,
        owner);
  }

  static List<Limit> ofProjects(Sql sql, String registeredId) {
    return sql.list(
        LIMITS
            + " WHERE registered_limit_id = ? AND project_id IS NOT NULL ORDER BY"
            + " resource_limit.id",
        LimitStore::limit,
        registeredId);
  }

  static void insert(Sql sql, Limit l) {
    sql.insert(
        "resource_limit",
        "id",
        l.id(),
        "registered_limit_id",
        l.registered().id(),
        "project_id",
        l.projectId(),
        "domain_id",
        l.domainId(),
        "owner",
        l.owner(),
        "resource_limit",
        l.resourceLimit(),
        "description",
        l.description());
  }

  static void update(Sql sql, Limit l) {
    sql.update(
        "UPDATE resource_limit SET resource_limit = ?, description = ? WHERE id = ?",
        l.resourceLimit(),
        l.description(),
        l.id());
  }

  static void delete(Sql sql, String id) {
    sql.update("DELETE FROM resource_limit WHERE id = ?", id);
  }

  private static RegisteredLimit registered(Row r) throws SQLException {
    return new RegisteredLimit(
        r.text("id"),
        r.text("service_id"),
        r.text("region_id"),
        r.text("resource_name"),
        r.number("default_limit"),
        r.text("description"));
  }

  private static Limit limit(Row r) throws SQLException {
    return new Limit(
        r.text("limit_id"),
        registered(r),
        r.text("project_id"),
        r.text("domain_id"),
        r.number("resource_limit"),
        r.text("limit_description"));
  }
}
