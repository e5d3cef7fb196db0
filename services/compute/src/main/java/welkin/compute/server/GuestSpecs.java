package welkin.compute.server;

import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.NicSpec;
import welkin.peers.ImagePeer;
import welkin.peers.Peers;

/** Turns a server into what a host needs to make it. */
public final class GuestSpecs {
  private final Peers peers;
  private final ImagePeer images;
  private final BiFunction<Server, List<Nic>, Map<String, String>> configDrive;

  /**
   * @param configDrive the files a guest reads, path to Base64
   */
  public GuestSpecs(Peers peers, BiFunction<Server, List<Nic>, Map<String, String>> configDrive) {
    this.peers = peers;
    this.images = new ImagePeer(peers);
    this.configDrive = configDrive;
  }

  InstanceSpec of(Server server, List<Nic> nics) {
    return of(server, server.flavor(), nics);
  }

  /**
   * @param flavor the size it has there
   */
  InstanceSpec of(Server server, FlavorCopy flavor, List<Nic> nics) {
    var image = server.boot().image();
    return new InstanceSpec(
        server.id(),
        server.name(),
        server.hostname(),
        server.projectId(),
        flavor.vcpus(),
        flavor.ramMb(),
        flavor.diskGb(),
        flavor.ephemeralGb(),
        flavor.swapMb(),
        new InstanceSpec.ImageSource(
            image.id(),
            images.fileUrl(image.id()),
            peers.serviceToken(),
            image.diskFormat(),
            image.size(),
            image.sha512()),
        nics.stream().map(GuestSpecs::nic).toList(),
        server.configDrive() ? configDrive.apply(server, nics) : null,
        flavor.extraSpecs(),
        image.properties());
  }

  static NicSpec nic(Nic nic) {
    return new NicSpec(nic.portId(), nic.networkId(), nic.mac(), nic.mtu());
  }
}
