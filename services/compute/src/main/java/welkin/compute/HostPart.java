package welkin.compute;

import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import welkin.compute.aggregate.AggregateApi;
import welkin.compute.aggregate.Aggregates;
import welkin.compute.host.Hosts;
import welkin.compute.hypervisor.HypervisorApi;
import welkin.compute.scheduler.Placement;
import welkin.compute.scheduler.Scheduler;
import welkin.compute.server.HostFinder;
import welkin.compute.service.ComputeServices;
import welkin.compute.service.ServiceApi;
import welkin.compute.zone.ZoneApi;
import welkin.core.Config;
import welkin.http.Routes;
import welkin.peers.Backend;
import welkin.peers.Platform;

/** Where servers may be: host, service, hypervisor, zone, aggregate, scheduler. */
final class HostPart {
  private final Backend backend;
  private final Config config;
  private final Placement placement;
  private final Hosts hosts;

  HostPart(Backend backend, Platform platform) {
    this.backend = backend;
    config = platform.config();
    placement = new Placement(platform.peers());
    hosts =
        new Hosts(backend.database(), backend.ids(), platform.bus(), placement, settings(config));
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

  Hosts hosts() {
    return hosts;
  }

  Placement placement() {
    return placement;
  }

  /** Chooses hosts for servers. */
  HostFinder finder() {
    var scheduler = new Scheduler(config.get(ComputeOptions.FILTERS));
    return new HostFinder(backend.database(), hosts, placement, scheduler, isolation(config));
  }

  Routes routes() {
    var database = backend.database();
    var services = new ComputeServices(database, hosts);
    int reserved = config.get(ComputeOptions.RESERVED_RAM_MB);
    return new Routes("")
        .include(new ServiceApi(services).routes())
        .include(new HypervisorApi(database, hosts, reserved).routes())
        .include(new ZoneApi(hosts, services).routes())
        .include(new AggregateApi(new Aggregates(backend, hosts)).routes());
  }
}
