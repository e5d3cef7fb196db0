package welkin.identity;

import java.util.ArrayList;
import java.util.List;
import welkin.core.Config;
import welkin.http.Routes;
import welkin.identity.assignment.AssignmentApi;
import welkin.identity.assignment.GrantApi;
import welkin.identity.domain.DomainApi;
import welkin.identity.domainconfig.DomainConfigApi;
import welkin.identity.domainconfig.DomainConfigs;
import welkin.identity.group.GroupApi;
import welkin.identity.ldap.Directories;
import welkin.identity.project.ProjectApi;
import welkin.identity.project.Projects;
import welkin.identity.role.RoleApi;
import welkin.identity.shared.Backend;
import welkin.identity.token.Revocations;
import welkin.identity.token.StoredSecrets;
import welkin.identity.user.Compliance;
import welkin.identity.user.PasswordLogin;
import welkin.identity.user.Passwords;
import welkin.identity.user.UserApi;
import welkin.identity.user.Users;

/**
 * Who there is and what they may: domain, project, user, group, role, assignment, domainconfig,
 * ldap.
 */
final class DirectoryPart implements AutoCloseable {
  private static final Config.Key<String> ALGORITHM =
      Config.Key.text(
          "identity.password_hash_algorithm",
          "bcrypt",
          "bcrypt, bcrypt_sha256, scrypt or pbkdf2_sha512; older hashes are renewed at login");
  private static final Config.Key<Integer> ROUNDS =
      Config.Key.number(
          "identity.password_hash_rounds",
          0,
          "Cost of a password's hash, bcrypt: 2 to this power iterations; 0 for the usual (12)");
  private static final Config.Key<Integer> DEPTH =
      Config.Key.number(
          "identity.max_project_tree_depth", 5, "Levels of a project tree, its domain not counted");

  private final Backend backend;
  private final Revocations revocations;
  private final Passwords passwords;
  private final DomainConfigs configs;
  private final Directories directories;
  private final Projects projects;
  private final Compliance compliance;
  private final PasswordLogin passwordLogin;

  /**
   * @param secrets what seals them
   * @param depthMax levels of a project tree that limits allow
   */
  DirectoryPart(
      Backend backend,
      Config config,
      StoredSecrets secrets,
      Revocations revocations,
      int depthMax) {
    this.backend = backend;
    this.revocations = revocations;
    passwords = new Passwords(config.get(ALGORITHM), config.get(ROUNDS));
    configs = new DomainConfigs(backend, secrets);
    directories = new Directories(backend, config, configs);
    projects = new Projects(backend, revocations, Math.min(config.get(DEPTH), depthMax));
    compliance = Compliance.of(config);
    passwordLogin = new PasswordLogin(backend, passwords, compliance, directories);
  }

  static List<Config.Key<?>> options() {
    var all = new ArrayList<Config.Key<?>>(List.of(ALGORITHM, ROUNDS, DEPTH));
    all.addAll(Compliance.options());
    all.addAll(Directories.options());
    return all;
  }

  Passwords passwords() {
    return passwords;
  }

  PasswordLogin passwordLogin() {
    return passwordLogin;
  }

  Directories directories() {
    return directories;
  }

  Projects projects() {
    return projects;
  }

  Routes routes() {
    var users = new Users(backend, passwords, passwordLogin, compliance, revocations, directories);
    return new Routes("")
        .include(new DomainConfigApi(configs, compliance).routes())
        .include(new DomainApi(projects).routes())
        .include(new ProjectApi(projects).routes())
        .include(new UserApi(backend, users, directories).routes())
        .include(new GroupApi(backend, directories).routes())
        .include(new RoleApi(backend).routes())
        .include(new GrantApi(backend).routes())
        .include(new AssignmentApi(backend, directories).routes());
  }

  @Override
  public void close() {
    passwords.close();
    directories.close();
  }
}
