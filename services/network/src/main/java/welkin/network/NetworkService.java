package welkin.network;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import welkin.core.Config;
import welkin.http.Routes;
import welkin.http.Service;
import welkin.http.policy.PolicyTable;
import welkin.network.agent.AgentApi;
import welkin.network.agent.Agents;
import welkin.network.availability.AvailabilityApi;
import welkin.network.dhcp.DhcpServers;
import welkin.network.extension.ExtensionApi;
import welkin.network.extension.VersionApi;
import welkin.network.floatingip.FloatingIps;
import welkin.network.host.ComputeNotifier;
import welkin.network.host.HostLog;
import welkin.network.host.HostPlugin;
import welkin.network.ip.Ipam;
import welkin.network.network.Networks;
import welkin.network.network.Segments;
import welkin.network.port.BindingApi;
import welkin.network.port.PortBindings;
import welkin.network.port.Ports;
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
import welkin.network.router.RouterHosts;
import welkin.network.router.RouterInterfaces;
import welkin.network.router.Routers;
import welkin.network.scheduler.SchedulerApi;
import welkin.network.securitygroup.SecurityGroupRules;
import welkin.network.securitygroup.SecurityGroups;
import welkin.network.stores.Stores;
import welkin.network.subnet.Subnets;
import welkin.peers.CloudService;
import welkin.peers.IdentityLimits;
import welkin.peers.Platform;
import welkin.peers.Roles;
import welkin.store.Database;
import welkin.store.Events;
import welkin.workflow.Turns;

/** Network's table of contents: its nouns, its routes, and what runs beside them. */
public final class NetworkService implements CloudService {
  private static final Config.Key<String> DNS_DOMAIN =
      Config.Key.text("network.dns_domain", "openstacklocal", "Domain of the names of ports.");

  private static final Config.Key<Integer> AGENT_DOWN_TIME =
      Config.Key.number(
          "network.agent_down_time",
          75,
          "Seconds of silence after which an agent is taken for dead.");
  private static final Config.Key<Boolean> L3_FAILOVER =
      Config.Key.flag(
          "network.allow_automatic_l3agent_failover",
          true,
          "Whether the routers of a dead L3 agent go to another host.");
  private static final Config.Key<Boolean> DHCP_FAILOVER =
      Config.Key.flag(
          "network.allow_automatic_dhcp_failover",
          true,
          "Whether the DHCP servers of a dead DHCP agent go to another host.");

  private final Database database;
  private final Events events;
  private final Service api;
  private final HostPlugin hosts;

  public NetworkService(Platform platform) {
    var config = platform.config();
    var unified = IdentityLimits.chosen(platform, "network", config.get(Limits.DRIVER));
    var schema =
        platform.database(
            "network",
            List.of(
                "/welkin/network/V001__network.sql",
                "/welkin/network/V002__port_bindings.sql",
                "/welkin/network/V003__several_processes.sql"));
    database = unified == null ? schema : schema.asking(unified);
    events = new Events(platform.clock());
    var journal = new Journal(platform.clock(), platform.ids(), events);
    var policy =
        PolicyTable.beside(NetworkService.class)
            .engine()
            .withOverrides(platform.home().resolve("policy").resolve("network.yaml"));
    var access = new Access(policy);

    var stores = Stores.of(journal);
    var limits = new Limits(config, unified);
    var log = new HostLog();
    var agents = new Agents(database, journal, config.get(AGENT_DOWN_TIME));
    var ipam = new Ipam(platform.ids());
    var compute = new ComputeNotifier(database, platform.ids(), platform.peers());

    var groups = new SecurityGroups(stores.groups(), log, limits, access);
    var rules = new SecurityGroupRules(stores.groups(), groups, log, limits, access);
    var ports =
        new Ports(
            stores, groups, ipam, agents, log, limits, access, compute, config.get(DNS_DOMAIN));
    var bindings = new PortBindings(stores, ports, agents, log);
    var dhcp = new DhcpServers(stores, ports, ipam, agents, log);
    var floatingIps = new FloatingIps(stores, ports, log, limits, access, compute);
    var segments = new Segments(stores.networks(), config);
    var networks = new Networks(stores, segments, dhcp, floatingIps, log, limits);
    var subnets = new Subnets(stores, ports, dhcp, ipam, log, limits, access);
    var routerHosts = new RouterHosts(stores, ports, agents, log);
    var interfaces = new RouterInterfaces(stores, ports, routerHosts, log, access);
    var routers = new Routers(stores, ports, interfaces, routerHosts, limits);
    var rbac = new RbacPolicies(stores, limits, access);

    var nouns = List.<Noun>of(networks, subnets, ports, groups, rules, floatingIps, rbac);
    var v2 = new Routes("/v2.0");
    for (var noun : nouns) {
      new ResourceApi(database, access, noun).routes(v2);
    }
    var tags = new Tags(database, access);
    new RouterApi(database, access, routers, interfaces).routes(v2);
    new BindingApi(database, access, ports, bindings).routes(v2);
    for (var noun : List.<Noun>of(networks, subnets, ports, groups, routers, floatingIps)) {
      tags.routes(v2, noun);
    }
    new AvailabilityApi(database, stores.networks(), stores.subnets()).routes(v2);
    new QuotaApi(database, limits).routes(v2);
    var agentApi = new AgentApi(agents);
    agentApi.routes(v2);
    new SchedulerApi(database, agentApi, stores, dhcp, routerHosts).routes(v2);
    new ExtensionApi().routes(v2);
    api =
        Service.of(
            "network",
            "/network",
            new VersionApi(nouns).routes().include(v2),
            Faults::render,
            policy,
            database);

    hosts =
        new HostPlugin(
            database,
            platform.bus(),
            log,
            stores,
            agents,
            bindings,
            compute,
            new Turns(database, platform.ids()),
            () -> {
              place(dhcp, routerHosts);
              rescue(
                  config.get(DHCP_FAILOVER) ? dhcp : null,
                  config.get(L3_FAILOVER) ? routerHosts : null);
            });
  }

  /** Takes what dead hosts had to living ones; null for what stays where it is. */
  private void rescue(DhcpServers dhcp, RouterHosts routers) {
    if (dhcp != null) {
      database.read(dhcp::stranded).forEach(id -> database.change(sql -> dhcp.rescue(sql, id)));
    }
    if (routers != null) {
      database
          .read(routers::stranded)
          .forEach(id -> database.change(sql -> routers.rescue(sql, id)));
    }
  }

  /** Places what waits for a host. */
  private void place(DhcpServers dhcp, RouterHosts routers) {
    for (var id : database.read(dhcp::waiting)) {
      database.change(sql -> dhcp.settle(sql, id));
    }
    for (var id : database.read(routers::waiting)) {
      database.change(sql -> routers.place(sql, id));
    }
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
    out.addAll(List.of(DNS_DOMAIN, AGENT_DOWN_TIME, L3_FAILOVER, DHCP_FAILOVER));
    out.addAll(Segments.options());
    out.addAll(Limits.options());
    return out;
  }

  @Override
  public void start(Roles roles) {
    if (roles.has(type())) {
      hosts.start(roles.worker(type()));
    }
  }

  @Override
  public void close() {
    hosts.close();
    database.close();
  }
}
