package welkin.identity.limit;

import java.util.Locale;
import welkin.core.Fault;
import welkin.identity.project.Project;
import welkin.identity.project.ProjectStore;
import welkin.store.Sql;

/**
 * How limits relate to the project tree, and what those who enforce them ask for ({@code GET
 * /v3/limits/model}).
 */
public enum EnforcementModel {
  /** Each project's limit is its own matter. */
  FLAT(
      "Limit enforcement and validation does not take project hierarchy into consideration.",
      Integer.MAX_VALUE),

  /**
   * A domain's limit bounds what its projects use together, so no project's limit is bigger than
   * the domain's.
   */
  STRICT_TWO_LEVEL("This model requires project hierarchy never exceeds a depth of two", 2);

  private final String description;
  private final int depthMax;

  EnforcementModel(String description, int depthMax) {
    this.description = description;
    this.depthMax = depthMax;
  }

  /**
   * @param name as configured, e.g. {@code strict_two_level}
   * @throws IllegalArgumentException for another name
   */
  public static EnforcementModel named(String name) {
    for (var m : values()) {
      if (m.label().equals(name)) {
        return m;
      }
    }
    throw new IllegalArgumentException(
        "unified_limit.enforcement_model: '" + name + "' is not flat or strict_two_level");
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  String description() {
    return description;
  }

  /** How many levels of projects there may be, the domain not counted. */
  public int depthMax() {
    return depthMax;
  }

  /**
   * Refuses to start over a tree that the model cannot serve.
   *
   * @throws IllegalStateException with the projects that are too deep
   */
  public void mustFit(Sql sql) {
    if (this == FLAT) {
      return;
    }
    var deep = ProjectStore.deeperThan(sql, depthMax);
    if (!deep.isEmpty()) {
      throw new IllegalStateException(
          "Identity cannot start: projects "
              + deep
              + " are deeper than the "
              + depthMax
              + " levels of unified_limit.enforcement_model "
              + label()
              + ". Set it to flat, or move what they hold and delete them first.");
    }
  }

  /**
   * A stored limit against those above and below it in the tree.
   *
   * @throws Fault 403 when it does not fit
   */
  void check(Sql sql, Limit limit) {
    if (this == FLAT) {
      return;
    }
    long value = limit.resourceLimit();
    if (limit.projectId() != null && exceeds(value, above(sql, limit.registered(), limit.owner()))
        || LimitStore.below(sql, limit.registered().id(), limit.owner()).stream()
            .anyMatch(l -> exceeds(l.resourceLimit(), value))) {
      throw unfit(limit);
    }
  }

  /**
   * A registered limit's new default against the projects for whose domain it stands.
   *
   * @throws Fault 403 when it does not fit
   */
  void check(Sql sql, RegisteredLimit registered) {
    if (this == FLAT) {
      return;
    }
    for (var limit : LimitStore.ofProjects(sql, registered.id())) {
      if (exceeds(limit.resourceLimit(), above(sql, registered, limit.owner()))) {
        throw unfit(limit);
      }
    }
  }

  private static boolean exceeds(long limit, long bound) {
    return bound >= 0 && (limit < 0 || limit > bound);
  }

  /** The limit of the nearest above it that has one, else the default. */
  private static long above(Sql sql, RegisteredLimit registered, String projectId) {
    var at = ProjectStore.find(sql, projectId).map(Project::parentId).orElse(null);
    while (at != null) {
      var limit = LimitStore.of(sql, registered.id(), at);
      if (limit.isPresent()) {
        return limit.get().resourceLimit();
      }
      at = ProjectStore.find(sql, at).map(Project::parentId).orElse(null);
    }
    return registered.defaultLimit();
  }

  private static Fault unfit(Limit l) {
    return Fault.forbidden(
        "Invalid resource limit: The resource limit ("
            + (l.projectId() != null ? "project_id: " : "domain_id: ")
            + l.owner()
            + ", resource_name: "
            + l.registered().resourceName()
            + ", resource_limit: "
            + l.resourceLimit()
            + ", service_id: "
            + l.registered().serviceId()
            + ", region_id: "
            + (l.registered().regionId() == null ? "None" : l.registered().regionId())
            + ") doesn't satisfy current hierarchy model.");
  }
}
