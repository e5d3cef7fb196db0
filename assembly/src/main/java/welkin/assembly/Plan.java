package welkin.assembly;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import welkin.bus.Buses;
import welkin.compute.ComputeService;
import welkin.core.Config;
import welkin.core.Secrets;
import welkin.identity.IdentityService;
import welkin.peers.Roles;
import welkin.store.Databases;
import welkin.store.Dialect;

/**
 * Whether roles and configuration fit each other. What cannot work is said before anything is
 * opened, with what to write.
 */
final class Plan {
  private final CloudSettings settings;
  private final Config config;
  private final Roles roles;
  private final List<String> wrong = new ArrayList<>();

  private Plan(CloudSettings settings) {
    this.settings = settings;
    this.config = settings.config();
    this.roles = settings.roles();
  }

  /**
   * @throws IllegalArgumentException naming everything that does not fit
   */
  static void check(CloudSettings settings) {
    var plan = new Plan(settings);
    plan.options();
    plan.services();
    plan.host();
    if (!plan.roles.all() || plan.brokered()) {
      plan.bus();
      plan.database();
      plan.endpoint();
      plan.secrets();
    }
    if (!plan.wrong.isEmpty()) {
      throw new IllegalArgumentException(String.join("\n", plan.wrong));
    }
  }

  private void options() {
    config.check(Options.ofAllServices());
  }

  private void services() {
    var types = ServiceKind.types();
    for (var name : roles.named()) {
      if (!types.contains(name)) {
        var near = Config.nearest(name, types);
        wrong.add(
            "roles: there is no service '"
                + name
                + "'"
                + (near == null ? "; they are " + types : ", did you mean '" + near + "'?"));
      }
    }
  }

  private void host() {
    if (settings.simulated() > 0 && !roles.compute()) {
      wrong.add("simulated hypervisors need the role compute; the roles are '" + roles + "'");
    }
  }

  /** Trials share a bus, and with it a JVM and its files. */
  private boolean sharedInside() {
    return settings.bus() != null;
  }

  private boolean brokered() {
    var url = config.get(Options.BUS);
    return !url.isEmpty() && !url.equals(Buses.IN_PROCESS);
  }

  private void bus() {
    boolean speaks = roles.host() || roles.has("compute") || roles.has("network");
    if (speaks && !sharedInside() && !brokered()) {
      wrong.add(
          "bus: roles '"
              + roles
              + "' are a part of a cloud, and its parts speak over a broker: write 'bus:"
              + " amqp://USER:PASSWORD@HOST:5672/' ('./welkin bus --help' for the credential of a"
              + " host), or leave roles out for everything in one process");
    }
  }

  private void database() {
    if (config.get(Databases.URL).engine() != Dialect.SQLITE || sharedInside()) {
      return;
    }
    for (var type : ServiceKind.types()) {
      if (roles.api(type) != roles.worker(type) && type.matches("compute|network")) {
        wrong.add(
            "database: "
                + type
                + " is split between processes by roles '"
                + roles
                + "', and SQLite is for one process: write 'database:"
                + " postgresql://USER:PASSWORD@HOST/welkin' (or mariadb://...), or give it both api"
                + " and worker here");
      }
    }
  }

  private void endpoint() {
    if (config.get(Options.ENDPOINT).isEmpty() && !(roles.hostOnly() && !roles.networkAgent())) {
      wrong.add(
          "endpoint: with roles '"
              + roles
              + "' the others must be told where the cloud is reached, the same on every host:"
              + " write 'endpoint: http://HOST:5000' (the load balancer, or the one control host)");
    }
  }

  private void secrets() {
    boolean metadata = roles.has("compute") || roles.networkAgent();
    if (metadata && config.get(ComputeService.METADATA_SECRET).isEmpty() && !sharedInside()) {
      wrong.add(
          "metadata.shared_secret: what hosts and Compute share must be the same on every host:"
              + (Files.exists(settings.home().resolve("metadata.secret"))
                  ? " write 'metadata: {shared_secret: file:metadata.secret}' here, and what that"
                      + " file holds in every other welkin.yaml"
                  : " write 'metadata: {shared_secret: "
                      + Secrets.generate().reveal()
                      + "}' (a fresh one) in every welkin.yaml"));
    }
    boolean services = ServiceKind.types().stream().anyMatch(roles::has);
    if (services
        && !roles.has("identity")
        && config.get(IdentityService.SERVICE_PASSWORD).isEmpty()) {
      wrong.add(
          "service_user.password: a process without Identity logs in there as the services' user:"
              + " write 'service_user: {password: "
              + Secrets.generate().reveal()
              + "}' (a fresh one) here and where Identity is");
    }
  }
}
