package welkin.compute;

import java.time.Duration;
import welkin.agents.contracts.LiveOptions;
import welkin.compute.action.ActionStore;
import welkin.compute.action.InstanceActionApi;
import welkin.compute.host.Reports;
import welkin.compute.metadata.GuestDocuments;
import welkin.compute.metadata.GuestPasswords;
import welkin.compute.migration.MigrationApi;
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
import welkin.compute.server.InterfaceApi;
import welkin.compute.server.Interfaces;
import welkin.compute.server.Lookup;
import welkin.compute.server.Means;
import welkin.compute.server.MigrateLive;
import welkin.compute.server.MoveActionsApi;
import welkin.compute.server.MoveKeeper;
import welkin.compute.server.MoveServer;
import welkin.compute.server.Networking;
import welkin.compute.server.PasswordApi;
import welkin.compute.server.RebuildApi;
import welkin.compute.server.RebuildServer;
import welkin.compute.server.RequestSpecs;
import welkin.compute.server.RevertMove;
import welkin.compute.server.ServerActions;
import welkin.compute.server.ServerApi;
import welkin.compute.server.ServerMoves;
import welkin.compute.server.ServerReconciler;
import welkin.compute.server.Servers;
import welkin.compute.server.Snapshot;
import welkin.compute.server.SnapshotApi;
import welkin.compute.server.Snapshots;
import welkin.compute.server.SweepHost;
import welkin.core.Config;
import welkin.http.Routes;
import welkin.http.policy.PolicyEngine;
import welkin.peers.Backend;
import welkin.peers.Platform;
import welkin.workflow.Workflow;
import welkin.workflow.WorkflowEngine;

/** Servers, and the work on them: server, action, migration. */
final class ServerPart {
  private final Backend backend;
  private final PolicyEngine policy;
  private final WorkflowEngine engine;
  private final Networking networking;
  private final GuestDocuments documents;
  private final ActionStore actions;
  private final Means means;
  private final RequestSpecs specs;
  private final Servers servers;
  private final ServerActions serverActions;
  private final Snapshots snapshots;
  private final Interfaces interfaces;
  private final ServerMoves moves;
  private final HostFence fence;
  private final ServerReconciler reconciler;
  private final Upkeep upkeep;

  ServerPart(
      Backend backend,
      Platform platform,
      WorkflowEngine engine,
      HostPart hosts,
      ProjectPart project,
      PolicyEngine policy) {
    this.backend = backend;
    this.engine = engine;
    this.policy = policy;
    var config = platform.config();
    networking = new Networking(platform.peers());
    documents = new GuestDocuments(networking::subnets);
    actions = new ActionStore(backend.clock());
    means =
        new Means(
            backend,
            actions,
            project.quotas(),
            hosts.hosts(),
            hosts.finder(),
            new Claims(hosts.placement()),
            networking,
            new GuestSpecs(platform.peers(), documents::configDrive),
            platform.peers(),
            Duration.ofSeconds(config.get(ComputeOptions.VIF_TIMEOUT)),
            config.get(ComputeOptions.MAX_ATTEMPTS));
    boolean forceDrive = config.get(ComputeOptions.FORCE_CONFIG_DRIVE);
    specs = new RequestSpecs(means, project.flavors(), project.keypairs(), policy, forceDrive);
    var create = register(new CreateServer(means));
    var delete = register(new DeleteServer(means));
    servers = new Servers(means, engine, create, delete, specs);
    var power = register(new ChangePower(means));
    var rebuild = register(new RebuildServer(means));
    serverActions = new ServerActions(means, engine, power, rebuild);
    snapshots = new Snapshots(means, engine, register(new Snapshot(means)));
    var attach = register(new AttachInterface(means));
    var detach = register(new DetachInterface(means));
    interfaces = new Interfaces(means, engine, attach, detach);
    var finishLive = register(new FinishLive(means));
    var sweep = register(new SweepHost(means));
    moves =
        new ServerMoves(
            means,
            engine,
            register(new MoveServer(means, config.get(ComputeOptions.SAME_HOST))),
            register(new ConfirmMove(means)),
            register(new RevertMove(means, engine, sweep)),
            register(new MigrateLive(means, engine, finishLive, live(config))),
            register(new EvacuateServer(means)));
    fence = new HostFence(means);
    var window = Duration.ofSeconds(config.get(ComputeOptions.CONFIRM_WINDOW));
    var keeper = new MoveKeeper(means, engine, moves, finishLive, window);
    boolean resume = config.get(ComputeOptions.RESUME_GUESTS);
    reconciler = new ServerReconciler(means, engine, keeper, fence, sweep, resume);
    upkeep =
        new Upkeep(backend, reconciler, Duration.ofDays(config.get(ComputeOptions.PURGE_AFTER)));
  }

  private <W extends Workflow<?>> W register(W workflow) {
    engine.register(workflow);
    return workflow;
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

  GuestDocuments documents() {
    return documents;
  }

  ServerReconciler reconciler() {
    return reconciler;
  }

  Upkeep upkeep() {
    return upkeep;
  }

  /** What hosts speak to. */
  Reports reports() {
    return new Reports(means.hosts(), reconciler::changed, upkeep::arrived, fence::clear);
  }

  Routes routes(GuestPasswords passwords) {
    var database = backend.database();
    var lookup = new Lookup(database);
    var serverApi = new ServerApi(servers, lookup, database, means.hosts(), policy);
    return new Routes("")
        .include(serverApi.routes())
        .include(new ActionsApi(serverActions, servers, lookup, policy).routes())
        .include(new SnapshotApi(snapshots, lookup).routes())
        .include(new RebuildApi(serverActions, servers, specs, serverApi, lookup).routes())
        .include(new PasswordApi(lookup, passwords).routes())
        .include(new MoveActionsApi(moves, specs, lookup).routes())
        .include(new MigrationApi(database, lookup, moves).routes())
        .include(new InterfaceApi(interfaces, networking, lookup).routes())
        .include(new InstanceActionApi(actions, lookup, database, policy).routes())
        .include(new ExternalEventsApi(means, engine, new AddressRefresh(means)).routes());
  }
}
