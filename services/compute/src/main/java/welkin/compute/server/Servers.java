package welkin.compute.server;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import welkin.compute.flavor.Flavor;
import welkin.compute.flavor.Flavors;
import welkin.compute.keypair.Keypair;
import welkin.compute.keypair.Keypairs;
import welkin.compute.servergroup.ServerGroupStore;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.Ids;
import welkin.http.policy.PolicyEngine;
import welkin.peers.ImagePeer;
import welkin.store.Sql;
import welkin.workflow.WorkflowEngine;

/** Makes, changes and deletes servers. */
public final class Servers {
  private final Means means;
  private final WorkflowEngine engine;
  private final CreateServer createServer;
  private final DeleteServer deleteServer;
  private final Flavors flavors;
  private final Keypairs keypairs;
  private final PolicyEngine policy;
  private final Ids ids;
  private final boolean forceConfigDrive;

  public Servers(
      Means means,
      WorkflowEngine engine,
      CreateServer createServer,
      DeleteServer deleteServer,
      Flavors flavors,
      Keypairs keypairs,
      PolicyEngine policy,
      Ids ids,
      boolean forceConfigDrive) {
    this.means = means;
    this.engine = engine;
    this.createServer = createServer;
    this.deleteServer = deleteServer;
    this.flavors = flavors;
    this.keypairs = keypairs;
    this.policy = policy;
    this.ids = ids;
    this.forceConfigDrive = forceConfigDrive;
  }

  /** Where a server was asked to be. */
  private record Destination(String zone, String host, String node) {}

  /**
   * Stores as many servers as can be had (at least {@code minCount}) and begins to build them.
   *
   * @throws Fault 400 for what does not exist or does not fit, 403 over quota
   */
  List<Server> create(Caller caller, CreateRequest wish) {
    // names become ids, and what can be refused is refused
    var flavor = flavor(caller, wish.flavorId());
    var image = image(caller, wish.imageId());
    fits(image, flavor);
    var key = key(caller, wish.keyName());
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
            groups.stream().map(Server.Group::id).filter(java.util.Objects::nonNull).toList(),
            wish.hints(),
            groupId,
            wish.trustedCertificates());
    var now = means.clock().instant();
    var reservation = reservation();

    // one transaction: quota, rows, events, work
    return means
        .database()
        .tx(
            sql -> {
              int count = take(sql, caller.projectId(), flavor, wish);
              joinable(sql, caller, groupId, count);
              var servers = new ArrayList<Server>();
              for (int i = 0; i < count; i++) {
                var server =
                    server(
                        caller,
                        wish,
                        flavor,
                        boot,
                        groups,
                        destination,
                        reservation,
                        i,
                        count,
                        now);
                ServerStore.insert(sql, server);
                if (groupId != null) {
                  ServerGroupStore.join(sql, groupId, server.id());
                }
                means.actions().begin(sql, server.id(), "create");
                means.tell(sql, server, "create.start");
                engine.enqueue(sql, createServer, server.id(), new OnServer(server.id()));
                servers.add(server);
              }
              return servers;
            });
  }

  private Server server(
      Caller caller,
      CreateRequest wish,
      Flavor flavor,
      Boot boot,
      List<Server.Group> groups,
      Destination destination,
      String reservation,
      int index,
      int count,
      Instant now) {
    var id = ids.uuid();
    var name = count == 1 ? wish.name() : wish.name() + "-" + (index + 1);
    var wanted = wish.hostname() == null ? name : wish.hostname();
    var hostname =
        count > 1 && wish.hostname() != null ? wanted + "-" + (index + 1) : hostname(wanted, id);
    return new Server(
        id,
        caller.projectId(),
        caller.userId(),
        name,
        hostname,
        wish.description(),
        States.BUILDING,
        States.SCHEDULING,
        0,
        0,
        null,
        null,
        null,
        null,
        null,
        destination.zone(),
        boot.image().id(),
        copy(flavor),
        wish.keyName(),
        wish.configDrive() || forceConfigDrive || !wish.files().isEmpty(),
        reservation,
        index,
        "/dev/vda",
        wish.accessIpV4(),
        wish.accessIpV6(),
        wish.diskConfig(),
        wish.metadata(),
        wish.tags(),
        groups,
        List.of(),
        wish.userData(),
        null,
        now,
        now,
        null,
        null,
        false,
        boot);
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

  private ImagePeer.Image image(Caller caller, String id) {
    try {
      return new ImagePeer(means.peers().as(caller.token())).image(id);
    } catch (Fault f) {
      throw f.status() == 404 ? Fault.badRequest("Can not find requested image") : f;
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

  private Optional<Keypair> key(Caller caller, String name) {
    if (name == null) {
      return Optional.empty();
    }
    var found = keypairs.find(caller.userId(), name);
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

  /** Counts the servers; says how many of those wanted may be had. */
  private int take(Sql sql, String project, Flavor flavor, CreateRequest wish) {
    metadataFits(sql, project, wish.metadata().size());
    for (int n = wish.maxCount(); ; n--) {
      if (n > wish.minCount() && !fitsQuota(sql, project, flavor, n)) {
        continue;
      }
      var amounts = new LinkedHashMap<String, Long>();
      amounts.put("instances", (long) n);
      amounts.put("cores", (long) n * flavor.vcpus());
      amounts.put("ram", (long) n * flavor.ramMb());
      means.quotas().take(sql, project, amounts);
      return n;
    }
  }

  private boolean fitsQuota(Sql sql, String project, Flavor flavor, int n) {
    var limits = means.quotas().limits(sql, project);
    var used = means.quotas().usage(sql, project);
    var wanted =
        Map.of(
            "instances", (long) n,
            "cores", (long) n * flavor.vcpus(),
            "ram", (long) n * flavor.ramMb());
    return wanted.entrySet().stream()
        .allMatch(
            e ->
                limits.get(e.getKey()) < 0
                    || used.get(e.getKey()) + e.getValue() <= limits.get(e.getKey()));
  }

  void metadataFits(Sql sql, String project, int items) {
    means
        .quotas()
        .fits(
            sql,
            project,
            "metadata_items",
            any -> 0,
            items,
            "Maximum number of metadata items exceeds "
                + means.quotas().limit(sql, project, "metadata_items"));
  }

  private void joinable(Sql sql, Caller caller, String groupId, int more) {
    if (groupId == null) {
      return;
    }
    if (!ServerGroupStore.exists(sql, groupId, caller.projectId())) {
      throw Fault.badRequest("Instance group " + groupId + " could not be found.");
    }
    long there = ServerGroupStore.countMembers(sql, groupId);
    means
        .quotas()
        .fits(
            sql,
            caller.projectId(),
            "server_group_members",
            any -> there,
            more,
            "Quota exceeded, too many servers in group");
  }

  private String reservation() {
    var chars = "0123456789abcdefghijklmnopqrstuvwxyz";
    var out = new StringBuilder("r-");
    var bytes = ids.hex().getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < 8; i++) {
      out.append(chars.charAt(bytes[i] % chars.length()));
    }
    return out.toString();
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

  /** A password as servers are given one; shown once and kept nowhere. */
  static String password() {
    var chars = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    var random = new SecureRandom();
    var out = new StringBuilder();
    for (int i = 0; i < 12; i++) {
      out.append(chars.charAt(random.nextInt(chars.length())));
    }
    return out.toString();
  }

  /** Begins to delete a server, whatever is being done to it. */
  void delete(Server server, boolean forced) {
    means
        .database()
        .change(
            sql -> {
              var now = ServerStore.find(sql, server.id()).orElse(null);
              if (now == null) {
                throw Lookup.absent(server.id());
              }
              means.actions().begin(sql, server.id(), forced ? "forceDelete" : "delete");
              if (States.DELETING.equals(now.taskState()) && engine.isBusy(sql, server.id())) {
                return;
              }
              engine.cancel(sql, server.id(), Fault.conflict("The server is being deleted."));
              means.set(sql, server.id(), "task_state", States.DELETING);
              means.tell(sql, now, "delete.start");
              engine.enqueue(sql, deleteServer, server.id(), new OnServer(server.id()));
            });
  }

  /** Sets columns and answers the server as it is then. */
  Server update(Server server, Object... pairs) {
    return means
        .database()
        .tx(
            sql -> {
              means.set(sql, server.id(), pairs);
              var changed = ServerStore.find(sql, server.id()).orElseThrow();
              means.tell(sql, changed, "update");
              return changed;
            });
  }

  /** Changes metadata; the move must be legal. */
  Map<String, String> metadata(Server server, Moves move, Map<String, String> items) {
    move.check(server);
    return means
        .database()
        .tx(
            sql -> {
              metadataFits(sql, server.projectId(), items.size());
              means.set(sql, server.id(), "metadata", items);
              means.tell(sql, server, "update");
              return items;
            });
  }

  List<String> tags(Server server, List<String> tags) {
    if (tags.size() > 50) {
      throw Fault.badRequest("The number of tags exceeded the per-server limit 50");
    }
    Moves.UPDATE_TAGS.check(server);
    update(server, "tags", tags);
    return tags;
  }
}
