package welkin.identity.project;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import welkin.core.Fault;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.shared.Fields;
import welkin.identity.shared.ListRequest;
import welkin.identity.token.Revocations;
import welkin.identity.user.UserStore;
import welkin.store.Database;
import welkin.store.DuplicateKey;
import welkin.store.Sql;

/** What can be done with projects, and with domains, which are projects too. */
public final class Projects {
  private static final Set<String> KNOWN =
      Set.of(
          "name",
          "domain_id",
          "parent_id",
          "is_domain",
          "enabled",
          "description",
          "tags",
          "options",
          "explicit_domain_id");
  private static final String DEFAULT_DOMAIN = "default";

  private final Backend backend;
  private final Revocations revocations;
  private final int depthMax;

  /**
   * @param depthMax how many levels a project tree may have, the domain not counted
   */
  public Projects(Backend backend, Revocations revocations, int depthMax) {
    this.backend = backend;
    this.revocations = revocations;
    this.depthMax = depthMax;
  }

  public Optional<Project> find(String id) {
    return backend.database().read(sql -> ProjectStore.find(sql, id));
  }

  List<Project> list(ListRequest request, TagFilter tags) {
    return backend.database().read(sql -> ProjectStore.list(sql, request, tags));
  }

  public List<Project> domains(ListRequest request) {
    return list(request, TagFilter.NONE);
  }

  /** A project under {@code parent_id}, or under its domain itself. */
  Project create(Attributes given, String domainId) {
    var project =
        new Project(
            backend.ids().hex(),
            domainId,
            given.text("parent_id") == null ? domainId : given.text("parent_id"),
            given.text("name").strip(),
            false,
            given.flag("enabled", true),
            text(given.text("description")),
            tags(given),
            given.options(null),
            given.extra(null, KNOWN));
    return stored(
        project,
        sql -> {
          var domain =
              ProjectStore.find(sql, domainId)
                  .filter(Project::isDomain)
                  .orElseThrow(Faults.missing("domain", domainId));
          var parent =
              ProjectStore.find(sql, project.parentId())
                  .orElseThrow(Faults.missing("project", project.parentId()));
          if (!parent.owningDomainId().equals(domain.id())) {
            throw Fault.badRequest(
                "Cannot create project, the parent (" + parent.id() + ") is in another domain.");
          }
          if (!parent.enabled()) {
            throw Fault.badRequest(
                "Cannot create project since its parent is disabled: " + parent.id());
          }
          if (ancestors(sql, project).size() > depthMax) {
            throw Faults.forbidden("Max hierarchy depth reached for " + parent.id() + " branch");
          }
          ProjectStore.insert(sql, project);
          backend.tell(sql, "project", "created", project.id(), project.id());
        });
  }

  public Project createDomain(Attributes given) {
    var explicit = given.text("explicit_domain_id");
    var domain =
        new Project(
            explicit == null ? backend.ids().hex() : explicit,
            null,
            null,
            given.text("name").strip(),
            true,
            given.flag("enabled", true),
            text(given.text("description")),
            tags(given),
            given.options(null),
            given.extra(null, KNOWN));
    return stored(
        domain,
        sql -> {
          ProjectStore.insert(sql, domain);
          backend.tell(sql, "domain", "created", null, domain.id());
        });
  }

  /** Disabling calls back every token for it. */
  public Project update(Project was, Attributes given) {
    if (was.isImmutable() && !given.lifts("immutable")) {
      throw immutable("update", was);
    }
    Fields.same(given, "domain_id", was.domainId());
    Fields.same(given, "parent_id", was.parentId());
    if (given.has("is_domain") && given.flag("is_domain", false) != was.isDomain()) {
      throw Fault.badRequest("Update of `is_domain` is not allowed.");
    }
    var project =
        new Project(
            was.id(),
            was.domainId(),
            was.parentId(),
            given.text("name", was.name()).strip(),
            was.isDomain(),
            given.flag("enabled", was.enabled()),
            given.text("description", was.description()),
            given.has("tags") ? tags(given) : was.tags(),
            given.options(was.options()),
            given.extra(was.extra(), KNOWN));
    return save(was, project);
  }

  Project tagged(Project was, List<String> tags) {
    if (was.isImmutable()) {
      throw immutable("update", was);
    }
    return save(
        was,
        new Project(
            was.id(),
            was.domainId(),
            was.parentId(),
            was.name(),
            was.isDomain(),
            was.enabled(),
            was.description(),
            tags,
            was.options(),
            was.extra()));
  }

  private Project save(Project was, Project project) {
    var noun = was.isDomain() ? "domain" : "project";
    var reader = was.isDomain() ? null : was.id();
    return stored(
        project,
        sql -> {
          if (!was.enabled() && project.enabled()) {
            for (var above : ancestors(sql, project)) {
              if (!above.enabled()) {
                throw Faults.forbidden(
                    "Cannot enable project " + was.id() + " since it has disabled parents");
              }
            }
          }
          boolean disabled = was.enabled() && !project.enabled();
          if (disabled && !was.isDomain() && anyEnabledBelow(sql, was.id())) {
            throw Faults.forbidden(
                "Cannot disable project "
                    + was.id()
                    + " since its subtree contains enabled projects");
          }
          ProjectStore.update(sql, project);
          if (disabled) {
            revoke(sql, was);
            backend.tell(sql, noun, "disabled", reader, was.id());
          }
          backend.tell(sql, noun, "updated", reader, was.id());
          backend.epoch().end(sql);
        });
  }

  /**
   * A project without projects below it, or a disabled domain with all that is in it.
   *
   * @throws Fault 403 otherwise
   */
  public void delete(Project project) {
    if (project.isImmutable()) {
      throw immutable("delete", project);
    }
    if (project.id().equals(DEFAULT_DOMAIN)) {
      throw Faults.forbidden("delete the default domain");
    }
    if (project.isDomain() && project.enabled()) {
      throw Faults.forbidden("cannot delete a domain that is enabled, please disable it first");
    }
    backend
        .database()
        .change(
            sql -> {
              if (!project.isDomain() && !ProjectStore.children(sql, project.id()).isEmpty()) {
                throw Faults.forbidden(
                    "Cannot delete the project "
                        + project.id()
                        + " since it is not a leaf in the hierarchy");
              }
              revoke(sql, project);
              UserStore.forgetDefaultProject(sql, project.id());
              ProjectStore.delete(sql, project.id());
              backend.tell(
                  sql,
                  project.isDomain() ? "domain" : "project",
                  "deleted",
                  project.isDomain() ? null : project.id(),
                  project.id());
              backend.epoch().end(sql);
            });
  }

  private void revoke(Sql sql, Project p) {
    if (p.isDomain()) {
      revocations.domain(sql, p.id());
    } else {
      revocations.project(sql, p.id());
    }
  }

  /** From the nearest up to the domain. */
  List<Project> ancestors(Project p) {
    return backend.database().read(sql -> ancestors(sql, p));
  }

  private static List<Project> ancestors(Sql sql, Project p) {
    var out = new ArrayList<Project>();
    for (var id = p.parentId(); id != null; ) {
      var above = ProjectStore.find(sql, id).orElse(null);
      if (above == null) {
        break;
      }
      out.add(above);
      id = above.parentId();
    }
    return out;
  }

  List<Project> children(String id) {
    return backend.database().read(sql -> ProjectStore.children(sql, id));
  }

  private static boolean anyEnabledBelow(Sql sql, String id) {
    return ProjectStore.children(sql, id).stream()
        .anyMatch(c -> c.enabled() || anyEnabledBelow(sql, c.id()));
  }

  private static List<String> tags(Attributes given) {
    var out = new ArrayList<String>();
    if (given.get("tags") != null) {
      given.get("tags").forEach(t -> out.add(t.asString()));
    }
    return out.stream().distinct().sorted().toList();
  }

  private static String text(String description) {
    return description == null ? "" : description;
  }

  private static Fault immutable(String verb, Project p) {
    return Fault.forbidden(
        "Cannot "
            + verb
            + " resource "
            + p.id()
            + ": it is immutable. Set the immutable option to false first.");
  }

  private Project stored(Project project, Database.Action action) {
    try {
      backend.database().change(action);
      return project;
    } catch (DuplicateKey e) {
      throw project.isDomain()
          ? Faults.taken("domain", "name " + project.name())
          : Faults.taken(
              "project", "name " + project.name() + " at domain ID " + project.domainId());
    }
  }
}
