package welkin.compute;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import welkin.agents.contracts.ComputeReports;
import welkin.bus.Bus;
import welkin.compute.api.ComputeFaults;
import welkin.compute.api.GoneApi;
import welkin.compute.api.VersionsApi;
import welkin.compute.host.Hosts;
import welkin.compute.host.Reports;
import welkin.compute.proxy.FloatingIpProxyApi;
import welkin.compute.proxy.ImageProxyApi;
import welkin.compute.proxy.NetworkProxyApi;
import welkin.compute.proxy.SecurityGroupProxyApi;
import welkin.compute.quota.ComputeQuotas;
import welkin.compute.server.Lookup;
import welkin.compute.server.ServerReconciler;
import welkin.core.Config;
import welkin.core.HostName;
import welkin.core.Secret;
import welkin.http.Routes;
import welkin.http.Service;
import welkin.http.policy.PolicyTable;
import welkin.peers.Backend;
import welkin.peers.CloudService;
import welkin.peers.IdentityLimits;
import welkin.peers.Platform;
import welkin.peers.Roles;
import welkin.store.Database;
import welkin.store.Events;
import welkin.workflow.Probe;
import welkin.workflow.WorkflowEngine;

/** Compute's table of contents. */
public final class ComputeService implements CloudService {
  private static final List<String> MIGRATIONS =
      List.of(
          "/welkin/compute/V001__keypairs_and_flavors.sql",
          "/welkin/compute/V002__servers_and_hosts.sql",
          "/welkin/compute/V003__moves.sql",
          "/welkin/compute/V004__signs_of_life.sql",
          "/welkin/compute/V005__guest_password.sql",
          "/welkin/compute/V006__updates_in_place.sql");

  /** What the metadata proxies of hosts sign with, when they are in other processes. */
  public static final Config.Key<String> METADATA_SECRET = MetadataPart.SECRET;

  private static final Service.Negotiation NEGOTIATION =
      new Service.Negotiation(
          "compute", "X-OpenStack-Nova-API-Version", ComputeVersions.MIN, ComputeVersions.MAX);

  private final Platform platform;
  private final Backend backend;
  private final WorkflowEngine engine;
  private final Hosts hosts;
  private final ServerPart servers;
  private final Reports reports;
  private final MetadataPart metadata;
  private final Service api;
  private Bus.Registration offer;

  public ComputeService(Platform platform) {
    this(platform, Probe.NONE);
  }

  /** For trials: a probe stands at every moment of the work. */
  ComputeService(Platform platform, Probe probe) {
    this.platform = platform;
    var config = platform.config();
    var limits =
        IdentityLimits.chosen(platform, "compute", config.get(ComputeOptions.QUOTA_DRIVER));
    var schema = platform.database("compute", MIGRATIONS);
    var database = limits == null ? schema : schema.asking(limits);
    var quotas = limits == null ? ComputeQuotas.quotas() : ComputeQuotas.unified(limits);
    var clock = platform.clock();
    backend = new Backend(database, new Events(clock), clock, platform.ids());
    engine =
        new WorkflowEngine(
            database, clock, platform.ids(), config.get(ComputeOptions.CONCURRENCY), probe);
    var policy =
        PolicyTable.beside(ComputeService.class)
            .engine()
            .withOverrides(platform.home().resolve("policy/compute.yaml"));

    // the nouns
    var project = new ProjectPart(backend, platform, quotas);
    var places = new HostPart(backend, platform);
    hosts = places.hosts();
    servers = new ServerPart(backend, platform, engine, places, project, policy);
    reports = servers.reports();
    metadata = new MetadataPart(database, platform, servers.documents(), policy);

    // the door
    var routes =
        new Routes("")
            .include(new VersionsApi().routes())
            .include(project.routes(policy))
            .include(servers.routes(metadata.passwords()))
            .include(places.routes())
            .include(new GoneApi().routes())
            .include(new ImageProxyApi(platform.peers()).routes())
            .include(new SecurityGroupProxyApi(platform.peers()).routes())
            .include(new NetworkProxyApi(platform.peers()).routes())
            .include(new FloatingIpProxyApi(platform.peers(), new Lookup(database)).routes());
    api =
        Service.of("compute", "/compute", routes, new ComputeFaults(), policy, database)
            .negotiating(NEGOTIATION)
            .rewriting(ComputeService::withoutProject);
  }

  /** What the metadata proxies share with Compute; also in {@code HOME/metadata.secret}. */
  public Secret metadataSecret() {
    return metadata.secret();
  }

  /** The work under way, for trials. */
  public WorkflowEngine engine() {
    return engine;
  }

  /** What hosts speak to, for trials. */
  Reports reports() {
    return reports;
  }

  /** Compares rows and hosts now, for trials. */
  public ServerReconciler.Report reconcile() {
    return servers.reconciler().pass();
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

  @Override
  public String type() {
    return "compute";
  }

  @Override
  public Collection<Service> apis() {
    return List.of(api, metadata.api());
  }

  @Override
  public Database database() {
    return backend.database();
  }

  @Override
  public Events events() {
    return backend.events();
  }

  /** The options it reads; any other name in the configuration stops the start. */
  public static List<Config.Key<?>> options() {
    var all = new ArrayList<Config.Key<?>>(ComputeOptions.all());
    all.addAll(MetadataPart.options());
    return all;
  }

  @Override
  public void start(Roles roles) {
    engine.hints(platform.bus(), type());
    hosts.follow();
    if (!roles.worker(type())) {
      return;
    }
    engine.start(roles.all() && !platform.databases().shared());
    offer = platform.bus().offer(ComputeReports.class, "", reports);
    hosts.listen(HostName.of(platform.config()), List.of("nova-scheduler", "nova-conductor"));
    servers.upkeep().start();
  }

  @Override
  public void close() {
    servers.upkeep().close();
    if (offer != null) {
      offer.close();
    }
    engine.close();
    hosts.close();
    backend.database().close();
  }
}
