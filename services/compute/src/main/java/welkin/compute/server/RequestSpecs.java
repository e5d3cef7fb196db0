package welkin.compute.server;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import welkin.compute.flavor.Flavor;
import welkin.compute.flavor.Flavors;
import welkin.compute.keypair.Keypair;
import welkin.compute.keypair.Keypairs;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.http.policy.PolicyEngine;
import welkin.peers.ImagePeer;

/** Makes the names of a request ids, and refuses what can be refused. */
public final class RequestSpecs {
  private final Means means;
  private final Flavors flavors;
  private final Keypairs keypairs;
  private final PolicyEngine policy;
  private final boolean forceConfigDrive;

  /**
   * @param forceConfigDrive whether every server has one
   */
  public RequestSpecs(
      Means means,
      Flavors flavors,
      Keypairs keypairs,
      PolicyEngine policy,
      boolean forceConfigDrive) {
    this.means = means;
    this.flavors = flavors;
    this.keypairs = keypairs;
    this.policy = policy;
    this.forceConfigDrive = forceConfigDrive;
  }

  /** Where a server was asked to be. */
  private record Destination(String zone, String host, String node) {}

  /**
   * @throws Fault 400 for what does not exist or does not fit
   */
  RequestSpec of(Caller caller, CreateRequest wish) {
    var flavor = flavor(caller, wish.flavorId());
    var image = image(caller, wish.imageId(), "Can not find requested image");
    fits(image, flavor);
    var key = key(caller.userId(), wish.keyName());
    var destination = destination(caller, wish);
    var nics = means.networking().resolve(caller, wish);
    var groups = means.networking().groups(caller.projectId(), wish.securityGroups());
    var groupId = wish.hints().getOrDefault("group", List.of()).stream().findFirst().orElse(null);
    var boot =
        new Boot(
            image(image),
            key.map(Keypair::publicKey).orElse(null),
            key.map(Keypair::type).orElse(null),
            wish.files(),
            nics,
            destination.host(),
            destination.node(),
            wish.hosts(),
            groups.stream().map(Server.Group::id).filter(Objects::nonNull).toList(),
            wish.hints(),
            groupId,
            wish.trustedCertificates());
    boolean configDrive = wish.configDrive() || forceConfigDrive || !wish.files().isEmpty();
    return new RequestSpec(flavor, boot, destination.zone(), groups, configDrive);
  }

  static FlavorCopy copy(Flavor f) {
    return new FlavorCopy(
        f.id(),
        f.name(),
        f.vcpus(),
        f.ramMb(),
        f.diskGb(),
        f.ephemeralGb(),
        f.swapMb(),
        f.extraSpecs());
  }

  /**
   * @throws Fault 400 for one that does not exist
   */
  Flavor flavor(Caller caller, String id) {
    try {
      return flavors.show(caller, id);
    } catch (Fault f) {
      throw f.status() == 404 ? Fault.badRequest(f.getMessage()) : f;
    }
  }

  /**
   * @throws Fault 400 for one the caller cannot see, with that text
   */
  ImagePeer.Image image(Caller caller, String id, String absent) {
    try {
      return new ImagePeer(means.peers().as(caller.token())).image(id);
    } catch (Fault f) {
      throw f.status() == 404 ? Fault.badRequest(absent) : f;
    }
  }

  static Boot.Image image(ImagePeer.Image i) {
    return new Boot.Image(
        i.id(),
        i.name(),
        i.diskFormat(),
        i.containerFormat(),
        i.size(),
        i.minRamMb(),
        i.minDiskGb(),
        "sha512".equals(i.hashAlgorithm()) ? i.hash() : null,
        i.properties());
  }

  /** Whether a guest of this size can hold the image. */
  static void fits(ImagePeer.Image image, Flavor flavor) {
    if (!"active".equals(image.status())) {
      throw Fault.badRequest("Image " + image.id() + " is not active.");
    }
    if (flavor.ramMb() < image.minRamMb()) {
      throw Fault.badRequest("Flavor's memory is too small for requested image.");
    }
    long root = flavor.diskGb() * (1L << 30);
    if (root == 0) {
      return;
    }
    long needs = Math.max(image.size(), image.virtualSize());
    if (needs > root) {
      throw Fault.badRequest(
          "Flavor's disk is too small for requested image. Flavor disk is "
              + root
              + " bytes, image is "
              + needs
              + " bytes.");
    }
    if (flavor.diskGb() < image.minDiskGb()) {
      throw Fault.badRequest(
          "Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk"
              + " is "
              + root
              + " bytes, minimum size is "
              + image.minDiskGb() * (1L << 30)
              + " bytes.");
    }
  }

  /** A user's keypair; none for no name. */
  Optional<Keypair> key(String userId, String name) {
    if (name == null) {
      return Optional.empty();
    }
    var found = keypairs.find(userId, name);
    if (found.isEmpty()) {
      throw Fault.badRequest("Invalid key_name provided.");
    }
    return found;
  }

  /** A zone, {@code zone:host} or {@code zone:host:node}, or a host that filters still judge. */
  private Destination destination(Caller caller, CreateRequest wish) {
    var parts = wish.zone() == null ? new String[] {""} : wish.zone().split(":", -1);
    if (parts.length > 3) {
      throw Fault.badRequest("Invalid input received: Unable to parse availability_zone");
    }
    var zone = parts[0].isEmpty() ? null : parts[0];
    var host = parts.length > 1 && !parts[1].isEmpty() ? parts[1] : null;
    var node = parts.length > 2 && !parts[2].isEmpty() ? parts[2] : null;
    if (host != null || node != null) {
      policy.enforce("os_compute_api:servers:create:forced_host", caller, own(caller));
    }
    if (wish.hosts() != null) {
      policy.enforce("compute:servers:create:requested_destination", caller, own(caller));
      if (host != null || node != null) {
        throw Fault.badRequest(
            "One mechanism with host and/or hypervisor_hostname and another mechanism with"
                + " zone:host:node are mutually exclusive.");
      }
      mustExist(wish.hosts());
    }
    if (host == null && node == null) {
      if (zone != null && !offered(zone)) {
        throw Fault.badRequest("The requested availability zone is not available");
      }
      return new Destination(zone, null, null);
    }
    var forced = host == null ? node : host;
    mustExist(forced);
    // a host that is not in the zone wins: bound to that zone the server could never move
    var its = means.hosts().zones().getOrDefault(forced, means.hosts().defaultZone());
    return new Destination(its.equals(zone) ? zone : null, forced, node);
  }

  private void mustExist(String host) {
    if (means.hosts().find(host).isEmpty()) {
      throw Fault.badRequest("Compute host " + host + " could not be found.");
    }
  }

  /** Whether a zone has a host that is not disabled. */
  private boolean offered(String zone) {
    var zones = means.hosts().zones();
    return means.hosts().list().stream()
        .filter(h -> !h.disabled())
        .anyMatch(h -> zones.getOrDefault(h.host(), means.hosts().defaultZone()).equals(zone));
  }

  private static Map<String, Object> own(Caller caller) {
    return Map.of("project_id", caller.projectId(), "user_id", caller.userId());
  }

  /** A host name made from a display name (RFC 952 letters, at most 63 of them). */
  static String hostname(String name, String id) {
    var out =
        name.replaceAll("[ _]", "-")
            .replaceAll("[^a-zA-Z0-9.-]+", "")
            .toLowerCase(Locale.ROOT)
            .replaceAll("^[.-]+|[.-]+$", "");
    if (out.length() > 63) {
      out = out.substring(0, 63).replaceAll("[.-]+$", "");
    }
    return out.isEmpty() ? "server-" + id : out;
  }
}
