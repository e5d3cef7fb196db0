package welkin.compute;

import java.util.Collection;
import java.util.List;
import welkin.compute.api.ComputeFaults;
import welkin.compute.api.VersionsApi;
import welkin.compute.flavor.FlavorApi;
import welkin.compute.flavor.Flavors;
import welkin.compute.keypair.KeyMaker;
import welkin.compute.keypair.KeypairApi;
import welkin.compute.keypair.Keypairs;
import welkin.compute.quota.ComputeQuotas;
import welkin.compute.quota.LimitsApi;
import welkin.compute.quota.QuotaApi;
import welkin.core.Config;
import welkin.core.Fault;
import welkin.http.Routes;
import welkin.http.Service;
import welkin.http.policy.PolicyTable;
import welkin.peers.CloudService;
import welkin.peers.Peers;
import welkin.peers.Platform;
import welkin.store.Database;
import welkin.store.Events;

/** Compute's table of contents. */
public final class ComputeService implements CloudService {
  private static final List<String> MIGRATIONS =
      List.of("/welkin/compute/V001__keypairs_and_flavors.sql");
  private static final Service.Negotiation NEGOTIATION =
      new Service.Negotiation(
          "compute", "X-OpenStack-Nova-API-Version", ComputeVersions.MIN, ComputeVersions.MAX);

  private final Database database;
  private final Events events;
  private final Service api;

  public ComputeService(Platform platform) {
    var config = platform.config();
    var clock = platform.clock();
    var ids = platform.ids();
    database = platform.database("compute", MIGRATIONS);
    events = new Events(clock);
    var quotas = ComputeQuotas.quotas();
    var policy =
        PolicyTable.beside(ComputeService.class)
            .engine()
            .withOverrides(platform.home().resolve("policy/compute.yaml"));

    var keypairs =
        new Keypairs(
            database,
            events,
            quotas,
            clock,
            new KeyMaker(clock, config.get(ComputeOptions.KEYPAIR_ALGORITHM)));
    var flavors = new Flavors(database, events, id -> projectExists(platform.peers(), id));

    var routes = new Routes("");
    routes.include(new VersionsApi().routes());
    routes.include(new KeypairApi(keypairs).routes());
    routes.include(new FlavorApi(flavors, policy, ids, clock).routes());
    routes.include(new QuotaApi(database, quotas).routes());
    routes.include(new LimitsApi(database, quotas, policy).routes());
    api =
        Service.of("compute", "/compute", routes, new ComputeFaults(), policy, database)
            .negotiating(NEGOTIATION)
            .rewriting(ComputeService::withoutProject);
  }

  /** Paths may carry the project's id before the resource, as all had to before 2.18. */
  static String withoutProject(String path) {
    if (!path.startsWith("/v2.1/") && !path.startsWith("/v2/")) {
      return path;
    }
    int from = path.indexOf('/', 1);
    int to = path.indexOf('/', from + 1);
    var segment = path.substring(from + 1, to < 0 ? path.length() : to);
    boolean id = segment.length() >= 32 && segment.chars().allMatch(ComputeService::isHexOrDash);
    return "/v2.1" + (id ? (to < 0 ? "" : path.substring(to)) : path.substring(from));
  }

  private static boolean isHexOrDash(int c) {
    return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c == '-';
  }

  private static boolean projectExists(Peers peers, String id) {
    try {
      peers.get("/identity/v3/projects/" + Peers.encode(id));
      return true;
    } catch (Fault f) {
      if (f.status() == 404) {
        return false;
      }
      throw f;
    }
  }

  @Override
  public String type() {
    return "compute";
  }

  @Override
  public Collection<Service> apis() {
    return List.of(api);
  }

  @Override
  public Database database() {
    return database;
  }

  @Override
  public Events events() {
    return events;
  }

  @Override
  public List<Config.Key<?>> options() {
    return ComputeOptions.all();
  }

  @Override
  public void start() {}

  @Override
  public void close() {
    database.close();
  }
}
