package welkin.assembly;

import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import welkin.compute.ComputeService;
import welkin.core.Config;
import welkin.identity.IdentityService;
import welkin.image.ImageService;
import welkin.network.NetworkService;
import welkin.peers.CloudService;
import welkin.peers.Platform;
import welkin.placement.PlacementService;

/**
 * A service that a process may play: how it is made, and the options it knows whether it is played
 * here or not.
 */
record ServiceKind(
    String type, Supplier<List<Config.Key<?>>> options, Function<Platform, CloudService> make) {

  /** All of them, in the order they start. */
  static final List<ServiceKind> ALL =
      List.of(
          new ServiceKind("identity", IdentityService::options, IdentityService::new),
          new ServiceKind("image", ImageService::options, ImageService::new),
          new ServiceKind("placement", PlacementService::options, PlacementService::new),
          new ServiceKind("network", NetworkService::options, NetworkService::new),
          new ServiceKind("compute", ComputeService::options, ComputeService::new));

  static List<String> types() {
    return ALL.stream().map(ServiceKind::type).toList();
  }
}
