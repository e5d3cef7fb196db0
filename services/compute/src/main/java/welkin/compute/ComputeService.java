package welkin.compute;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import welkin.agents.contracts.ComputeReports;
import welkin.agents.contracts.LiveOptions;
import welkin.bus.Bus;
import welkin.compute.action.ActionStore;
import welkin.compute.action.InstanceActionApi;
import welkin.compute.aggregate.AggregateApi;
import welkin.compute.aggregate.Aggregates;
import welkin.compute.api.ComputeFaults;
import welkin.compute.api.GoneApi;
import welkin.compute.api.VersionsApi;
import welkin.compute.flavor.FlavorApi;
import welkin.compute.flavor.Flavors;
import welkin.compute.host.Hosts;
import welkin.compute.host.Reports;
import welkin.compute.hypervisor.HypervisorApi;
import welkin.compute.keypair.KeyMaker;
import welkin.compute.keypair.KeypairApi;
import welkin.compute.keypair.Keypairs;
import welkin.compute.metadata.GuestDocuments;
import welkin.compute.metadata.GuestPasswords;
import welkin.compute.metadata.MetadataApi;
import welkin.compute.metadata.MetadataSecret;
import welkin.compute.migration.MigrationApi;
import welkin.compute.proxy.FloatingIpProxyApi;
import welkin.compute.proxy.ImageProxyApi;
import welkin.compute.proxy.NetworkProxyApi;
import welkin.compute.proxy.SecurityGroupProxyApi;
import welkin.compute.quota.ComputeQuotas;
import welkin.compute.quota.LimitsApi;
import welkin.compute.quota.QuotaApi;
import welkin.compute.scheduler.Placement;
import welkin.compute.scheduler.Scheduler;
import welkin.compute.server.ActionsApi;
import welkin.compute.server.AddressRefresh;
import welkin.compute.server.AttachInterface;
import welkin.compute.server.ChangePower;
import welkin.compute.server.Claims;
import welkin.compute.server.ConfirmMove;
import welkin.compute.server.CreateServer;
import welkin.compute.server.DeleteServer;
import welkin.compute.server.DetachInterface;
import welkin.compute.server.EvacuateServer;
import welkin.compute.server.ExternalEventsApi;
import welkin.compute.server.FinishLive;
import welkin.compute.server.GuestSpecs;
import welkin.compute.server.HostFence;
import welkin.compute.server.HostFinder;
import welkin.compute.server.InterfaceApi;
import welkin.compute.server.Lookup;
import welkin.compute.server.Means;
import welkin.compute.server.MigrateLive;
import welkin.compute.server.MoveActionsApi;
import welkin.compute.server.MoveKeeper;
import welkin.compute.server.MoveServer;
import welkin.compute.server.Networking;
import welkin.compute.server.PasswordApi;
import welkin.compute.server.RebuildServer;
import welkin.compute.server.RevertMove;
import welkin.compute.server.ServerActions;
import welkin.compute.server.ServerApi;
import welkin.compute.server.ServerMoves;
import welkin.compute.server.ServerPurge;
import welkin.compute.server.ServerReconciler;
import welkin.compute.server.Servers;
import welkin.compute.server.Snapshot;
import welkin.compute.server.SweepHost;
import welkin.compute.servergroup.ServerGroupApi;
import welkin.compute.servergroup.ServerGroups;
import welkin.compute.service.ComputeServices;
import welkin.compute.service.ServiceApi;
import welkin.compute.usage.UsageApi;
import welkin.compute.zone.ZoneApi;
import welkin.core.Config;
import welkin.core.Fault;
import welkin.core.HostName;
import welkin.core.Secret;
import welkin.http.Routes;
import welkin.http.Service;
import welkin.http.policy.PolicyTable;
import welkin.peers.CloudService;
import welkin.peers.IdentityLimits;
import welkin.peers.Peers;
import welkin.peers.Platform;
import welkin.peers.Roles;
import welkin.store.Database;
import welkin.store.Events;
import welkin.workflow.Probe;
import welkin.workflow.Turns;
import welkin.workflow.Workflow;
import welkin.workflow.WorkflowEngine;

/** Compute's table of contents. */
public final class ComputeService implements CloudService {
  private static final List<String> MIGRATIONS =
      List.of(
          "/welkin/compute/V001__keypairs_and_flavors.sql",
          "/welkin/compute/V002__servers_and_hosts.sql",
          "/welkin/compute/V003__moves.sql",
          "/welkin/compute/V004__signs_of_life.sql",
          "/welkin/compute/V005__guest_password.sql");

  /** What the metadata proxies of hosts sign with, when they are in other processes. */
  public static final Config.Key<String> METADATA_SECRET =
      Config.Key.text(
          "metadata.shared_secret",
          "",
          "What hosts and Compute share for metadata, the same everywhere; empty on one machine.");

  private static final Duration RECONCILE_EVERY = Duration.ofMinutes(1);
  private static final Duration PURGE_EVERY = Duration.ofHours(1);
  private static final Duration RECONCILE_LOOK = Duration.ofSeconds(10);
  private static final Service.Negotiation NEGOTIATION =
      new Service.Negotiation(
          "compute", "X-OpenStack-Nova-API-Version", ComputeVersions.MIN, ComputeVersions.MAX);

  private final Database database;
  private final Events events;
  private final Service api;
  private final Service metadata;
  private final MetadataSecret metadataSecret;
  private final Platform platform;
  private final WorkflowEngine engine;
  private final Hosts hosts;
  private final ServerReconciler reconciler;
  private final Reports reports;
  private Bus.Registration offer;
  private final BlockingQueue<String> arrivals = new LinkedBlockingQueue<>();
  private volatile boolean closed;

  public ComputeService(Platform platform) {
    this(platform, Probe.NONE);
  }

  /** For trials: a probe stands at every moment of the work. */
  ComputeService(Platform platform, Probe probe) {
    this.platform = platform;
    var config = platform.config();
    var clock = platform.clock();
    var ids = platform.ids();
    var limits =
        IdentityLimits.chosen(platform, "compute", config.get(ComputeOptions.QUOTA_DRIVER));
    var schema = platform.database("compute", MIGRATIONS);
    database = limits == null ? schema : schema.asking(limits);
    events = new Events(clock);
    var quotas = limits == null ? ComputeQuotas.quotas() : ComputeQuotas.unified(limits);
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

    engine =
        new WorkflowEngine(database, clock, ids, config.get(ComputeOptions.CONCURRENCY), probe);
    var placement = new Placement(platform.peers());
    hosts = new Hosts(database, ids, platform.bus(), placement, settings(config));
    var networking = new Networking(platform.peers());
    var documents = new GuestDocuments(networking::subnets);
    var actions = new ActionStore(clock);
    var means =
        new Means(
            database,
            events,
            actions,
            quotas,
            hosts,
            new HostFinder(
                database,
                hosts,
                placement,
                new Scheduler(config.get(ComputeOptions.FILTERS)),
                isolation(config)),
            new Claims(placement),
            networking,
            new GuestSpecs(platform.peers(), documents::configDrive),
            platform.peers(),
            clock,
            Duration.ofSeconds(config.get(ComputeOptions.VIF_TIMEOUT)),
            config.get(ComputeOptions.MAX_ATTEMPTS));

    var create = register(new CreateServer(means));
    var delete = register(new DeleteServer(means));
    var power = register(new ChangePower(means));
    var snapshot = register(new Snapshot(means));
    var attach = register(new AttachInterface(means));
    var detach = register(new DetachInterface(means));
    var rebuild = register(new RebuildServer(means));
    var sweep = register(new SweepHost(means));
    var finishLive = register(new FinishLive(means));
    var moves =
        new ServerMoves(
            means,
            engine,
            ids,
            register(new MoveServer(means, config.get(ComputeOptions.SAME_HOST))),
            register(new ConfirmMove(means)),
            register(new RevertMove(means, engine, sweep)),
            register(new MigrateLive(means, engine, finishLive, live(config))),
            register(new EvacuateServer(means)));
    var window = Duration.ofSeconds(config.get(ComputeOptions.CONFIRM_WINDOW));
    var fence = new HostFence(means);
    reconciler =
        new ServerReconciler(
            means,
            engine,
            new MoveKeeper(means, engine, moves, finishLive, window),
            fence,
            ids,
            config.get(ComputeOptions.RESUME_GUESTS));

    reports = new Reports(hosts, reconciler::changed, arrivals::add, fence::clear);

    var lookup = new Lookup(database);
    boolean forceDrive = config.get(ComputeOptions.FORCE_CONFIG_DRIVE);
    var servers =
        new Servers(means, engine, create, delete, flavors, keypairs, policy, ids, forceDrive);
    var serverActions = new ServerActions(means, engine, power, snapshot, attach, detach, rebuild);
    var serverApi = new ServerApi(servers, lookup, database, hosts, policy);

    var routes = new Routes("");
    routes.include(new VersionsApi().routes());
    routes.include(new KeypairApi(keypairs).routes());
    routes.include(new FlavorApi(flavors, policy, ids, clock).routes());
    routes.include(new QuotaApi(database, quotas).routes());
    routes.include(new LimitsApi(database, quotas, policy).routes());
    routes.include(serverApi.routes());
    routes.include(
        new ActionsApi(
                serverActions, servers, serverApi, lookup, policy, keypairs, platform.peers())
            .routes());
    var passwords = new GuestPasswords(database);
    routes.include(new PasswordApi(lookup, passwords).routes());
    routes.include(new MoveActionsApi(moves, servers, lookup).routes());
    routes.include(new MigrationApi(database, lookup, moves).routes());
    routes.include(new InterfaceApi(serverActions, networking, lookup).routes());
    routes.include(new InstanceActionApi(actions, lookup, database, policy).routes());
    routes.include(new ExternalEventsApi(means, engine, new AddressRefresh(means)).routes());
    var services = new ComputeServices(database, hosts);
    routes.include(new ServiceApi(services).routes());
    routes.include(
        new HypervisorApi(database, hosts, config.get(ComputeOptions.RESERVED_RAM_MB)).routes());
    routes.include(new ZoneApi(hosts, services).routes());
    routes.include(new AggregateApi(new Aggregates(database, events, clock, ids, hosts)).routes());
    routes.include(
        new ServerGroupApi(new ServerGroups(database, events, quotas, clock, ids)).routes());
    routes.include(new UsageApi(database, clock).routes());
    routes.include(new GoneApi().routes());
    routes.include(new ImageProxyApi(platform.peers()).routes());
    routes.include(new SecurityGroupProxyApi(platform.peers()).routes());
    routes.include(new NetworkProxyApi(platform.peers()).routes());
    routes.include(new FloatingIpProxyApi(platform.peers(), lookup).routes());
    api =
        Service.of("compute", "/compute", routes, new ComputeFaults(), policy, database)
            .negotiating(NEGOTIATION)
            .rewriting(ComputeService::withoutProject);

    var told = config.get(METADATA_SECRET);
    metadataSecret =
        told.isEmpty()
            ? MetadataSecret.at(platform.home().resolve("metadata.secret"))
            : MetadataSecret.of(Secret.of(told));
    metadata =
        Service.of(
            "metadata",
            "/metadata",
            new MetadataApi(database, documents, passwords, metadataSecret).routes(),
            MetadataApi::fault,
            policy,
            null);
  }

  private <W extends Workflow<?>> W register(W workflow) {
    engine.register(workflow);
    return workflow;
  }

  private static Hosts.Settings settings(Config config) {
    return new Hosts.Settings(
        Duration.ofSeconds(config.get(ComputeOptions.SERVICE_DOWN_TIME)),
        config.get(ComputeOptions.DEFAULT_ZONE),
        config.get(ComputeOptions.CPU_RATIO),
        config.get(ComputeOptions.RAM_RATIO),
        config.get(ComputeOptions.DISK_RATIO),
        config.get(ComputeOptions.RESERVED_RAM_MB),
        config.get(ComputeOptions.RESERVED_DISK_MB));
  }

  private static HostFinder.Isolation isolation(Config config) {
    return new HostFinder.Isolation(
        words(config.get(ComputeOptions.ISOLATED_HOSTS)),
        words(config.get(ComputeOptions.ISOLATED_IMAGES)),
        config.get(ComputeOptions.RESTRICT_ISOLATED));
  }

  private static Set<String> words(String text) {
    return Arrays.stream(text.split(","))
        .map(String::strip)
        .filter(w -> !w.isEmpty())
        .collect(Collectors.toUnmodifiableSet());
  }

  private static LiveOptions live(Config config) {
    return new LiveOptions(
        config.get(ComputeOptions.LIVE_TIMEOUT),
        config.get(ComputeOptions.LIVE_TIMEOUT_ACTION).equals("force_complete")
            ? LiveOptions.TimeoutAction.FORCE_COMPLETE
            : LiveOptions.TimeoutAction.ABORT,
        config.get(ComputeOptions.LIVE_DOWNTIME),
        config.get(ComputeOptions.LIVE_BANDWIDTH),
        config.get(ComputeOptions.LIVE_AUTO_CONVERGE),
        config.get(ComputeOptions.LIVE_POST_COPY));
  }

  /** What the metadata proxies share with Compute; also in {@code HOME/metadata.secret}. */
  public Secret metadataSecret() {
    return metadataSecret.secret();
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
    return reconciler.pass();
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
    return List.of(api, metadata);
  }

  @Override
  public Database database() {
    return database;
  }

  @Override
  public Events events() {
    return events;
  }

  /** The options it reads; any other name in the configuration stops the start. */
  public static List<Config.Key<?>> options() {
    var all = new ArrayList<Config.Key<?>>(ComputeOptions.all());
    all.add(METADATA_SECRET);
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
    Thread.ofVirtual().name("server-reconciler").start(this::keep);
  }

  /** Looks at hosts that (re)appear at once, and at everything every minute, one worker for all. */
  private void keep() {
    var turns = new Turns(database, platform.ids());
    var purge =
        new ServerPurge(
            database,
            platform.clock(),
            Duration.ofDays(platform.config().get(ComputeOptions.PURGE_AFTER)));
    try {
      while (!closed) {
        var arrived = arrivals.poll(RECONCILE_LOOK.toSeconds(), TimeUnit.SECONDS);
        if (closed) {
          return;
        }
        if (arrived != null && !arrived.isEmpty()) {
          reconciler.hostQuietly(arrived);
        } else if (turn(turns, "server-reconciler", RECONCILE_EVERY)) {
          reconciler.passQuietly();
        } else if (turn(turns, "server-purge", PURGE_EVERY)) {
          purge.passQuietly();
        }
      }
    } catch (InterruptedException e) {
      // nobody interrupts it; if somebody does, it is over
    }
  }

  private static boolean turn(Turns turns, String job, Duration every) {
    try {
      return turns.take(job, every);
    } catch (RuntimeException e) {
      return false; // the database is away; whoever has it next takes the turn
    }
  }

  @Override
  public void close() {
    closed = true;
    arrivals.add("");
    if (offer != null) {
      offer.close();
    }
    engine.close();
    hosts.close();
    database.close();
  }
}
