package welkin.network;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import welkin.core.Config;
import welkin.http.Routes;
import welkin.http.Service;
import welkin.http.policy.PolicyTable;
import welkin.network.agent.AgentApi;
import welkin.network.availability.AvailabilityApi;
import welkin.network.extension.ExtensionApi;
import welkin.network.extension.VersionApi;
import welkin.network.host.HostLog;
import welkin.network.ip.Ipam;
import welkin.network.network.Segments;
import welkin.network.port.BindingApi;
import welkin.network.quota.Limits;
import welkin.network.quota.QuotaApi;
import welkin.network.rbac.RbacPolicies;
import welkin.network.resource.Access;
import welkin.network.resource.Faults;
import welkin.network.resource.Journal;
import welkin.network.resource.Noun;
import welkin.network.resource.ResourceApi;
import welkin.network.resource.Tags;
import welkin.network.router.RouterApi;
import welkin.network.scheduler.Rescheduler;
import welkin.network.scheduler.SchedulerApi;
import welkin.network.stores.Stores;
import welkin.peers.CloudService;
import welkin.peers.IdentityLimits;
import welkin.peers.Platform;
import welkin.peers.Roles;
import welkin.store.Database;
import welkin.store.Events;

/** Network's table of contents: its nouns, its routes, and what runs beside them. */
public final class NetworkService implements CloudService {
  private final Database database;
  private final Events events;
  private final PortPart ports;
  private final RouterPart routers;
  private final HostPart hosts;
  private final Rescheduler rescheduler;
  private final Service api;

  public NetworkService(Platform platform) {
    var config = platform.config();
    var unified = IdentityLimits.chosen(platform, "network", config.get(Limits.DRIVER));
    var schema = platform.database("network", Stores.MIGRATIONS);
    database = unified == null ? schema : schema.asking(unified);
    events = new Events(platform.clock());
    var journal = new Journal(platform.clock(), platform.ids(), events);
    var policy =
        PolicyTable.beside(NetworkService.class)
            .engine()
            .withOverrides(platform.home().resolve("policy").resolve("network.yaml"));
    var access = new Access(policy);
    var limits = new Limits(config, unified);
    var stores = Stores.of(journal);
    var backend = new Backend(database, stores, new HostLog(), limits, access);

    // the nouns
    var ipam = new Ipam(platform.ids());
    hosts = new HostPart(platform, backend, journal);
    var agents = hosts.agents();
    ports = new PortPart(backend, config, ipam, agents, hosts.compute());
    routers = new RouterPart(backend, ports.ports(), ports.bindings(), agents, hosts.compute());
    var networks =
        new NetworkPart(backend, config, ipam, agents, ports.ports(), routers.floatingIps());
    var rbac = new RbacPolicies(stores, limits, access);
    rescheduler = new Rescheduler(database, config, networks.dhcp(), routers.hosts());

    // the door
    var nouns =
        List.<Noun>of(
            networks.networks(),
            networks.subnets(),
            ports.ports(),
            ports.groups(),
            ports.rules(),
            routers.floatingIps(),
            rbac);
    var tagged =
        List.<Noun>of(
            networks.networks(),
            networks.subnets(),
            ports.ports(),
            ports.groups(),
            routers.routers(),
            routers.floatingIps());
    var v2 = new Routes("/v2.0");
    nouns.forEach(noun -> new ResourceApi(database, access, noun).routes(v2));
    new RouterApi(database, access, routers.routers(), routers.interfaces()).routes(v2);
    new BindingApi(database, access, ports.ports(), ports.bindings()).routes(v2);
    var tags = new Tags(database, access);
    tagged.forEach(noun -> tags.routes(v2, noun));
    new AvailabilityApi(database, stores.networks(), stores.subnets()).routes(v2);
    new QuotaApi(database, limits).routes(v2);
    var agentApi = new AgentApi(agents);
    agentApi.routes(v2);
    new SchedulerApi(database, agentApi, stores, networks.dhcp(), routers.hosts()).routes(v2);
    new ExtensionApi().routes(v2);
    api =
        Service.of(
            "network",
            "/network",
            new VersionApi(nouns).routes().include(v2),
            Faults::render,
            policy,
            database);
  }

  @Override
  public String type() {
    return "network";
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

  /** The options it reads; any other name in the configuration stops the start. */
  public static List<Config.Key<?>> options() {
    var out = new ArrayList<Config.Key<?>>();
    out.addAll(PortPart.options());
    out.addAll(HostPart.options());
    out.addAll(Rescheduler.options());
    out.addAll(Segments.options());
    out.addAll(Limits.options());
    return out;
  }

  @Override
  public void start(Roles roles) {
    if (roles.has(type())) {
      hosts.start(roles.worker(type()), ports.bindings(), routers.hosts(), rescheduler);
    }
  }

  @Override
  public void close() {
    hosts.close();
    database.close();
  }
}
