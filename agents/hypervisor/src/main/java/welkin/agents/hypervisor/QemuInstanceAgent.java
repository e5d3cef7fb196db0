package welkin.agents.hypervisor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.HostReport;
import welkin.agents.contracts.ImageTarget;
import welkin.agents.contracts.InstanceAgent;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceState;
import welkin.agents.contracts.LiveOptions;
import welkin.agents.contracts.MigrationProgress;
import welkin.agents.contracts.MoveTicket;
import welkin.agents.contracts.NicSpec;
import welkin.core.Fault;

/**
 * Guests under QEMU on this host. Everything it knows is in its state directory and in the
 * processes that run: a new agent on the same directory finds what an old one left.
 */
final class QemuInstanceAgent implements InstanceAgent, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(QemuInstanceAgent.class);

  /** Reason of a guest that was shut down because its host was. */
  public static final String HOST_DOWN = "The host was taken down.";

  /** A unix socket's path has room for 107 bytes; this much goes to {@code /UUID/vm/serial}. */
  private static final int SOCKET_DIRECTORY_MAX = 107 - 48;

  private final HypervisorSettings settings;
  private final HostFacts facts;
  private final ImageTransfer transfer = new ImageTransfer();
  private final ImageCache images;
  private final HostKit kit;
  private final Map<String, Guest> guests = new ConcurrentHashMap<>();
  private final Map<String, AtomicBoolean> spawning = new ConcurrentHashMap<>();

  /**
   * Starts the agent and finds the guests of the one before.
   *
   * @param changed told when a guest changes without being asked, also while nobody watched
   */
  public QemuInstanceAgent(
      HypervisorSettings settings, InstantSource clock, Consumer<InstanceState> changed) {
    this.settings = settings;
    try {
      var confinement = new Confinement(settings.uid(), settings.gid());
      var directory = directory(settings.state().resolve("guests"));
      this.facts = new HostFacts(settings, confinement, clock);
      var qemuImg = new QemuImg(settings.qemuImg(), confinement);
      this.images =
          new ImageCache(
              settings.storage(), settings.host(), transfer, qemuImg, confinement, clock);
      passable(settings.storage().resolve(ImageCache.DIRECTORY));
      directory(settings.storage().resolve("guests"));
      this.kit =
          new HostKit(
              settings,
              facts,
              confinement,
              new Taps(confinement.uid(), settings.tapNamespace()),
              qemuImg,
              transfer,
              directory,
              alias(directory),
              changed,
              clock);
      load(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Directories the confined programs pass through, without reading them. */
  private static Path directory(Path path) throws IOException {
    Files.createDirectories(path);
    passable(path.getParent());
    passable(path);
    return path;
  }

  private static void passable(Path path) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx--x--x"));
  }

  /** A short name for the guests' directory when its own is too long for socket addresses. */
  private static Path alias(Path directory) throws IOException {
    if (directory.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8).length
        <= SOCKET_DIRECTORY_MAX) {
      return directory;
    }
    var short8 = HexFormat.of().toHexDigits(directory.toString().hashCode());
    var link = Path.of("/run", "welkin-" + short8);
    if (!Files.isSymbolicLink(link) || !Files.readSymbolicLink(link).equals(directory)) {
      Files.deleteIfExists(link);
      Files.createSymbolicLink(link, directory);
    }
    return link;
  }

  private void load(Path directory) throws IOException {
    try (var all = Files.newDirectoryStream(directory);
        var together = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var d : all) {
        if (Files.isDirectory(d, LinkOption.NOFOLLOW_LINKS)) {
          together.submit(() -> load(new Guest(kit, d.getFileName().toString())));
        }
      }
    }
    log.info("host {}: {} guests found", settings.host(), guests.size());
  }

  private void load(Guest guest) {
    try {
      if (guest.load()) {
        guests.put(guest.id(), guest);
      }
    } catch (IOException | RuntimeException e) {
      log.error("guest {} cannot be read and is left alone", guest.id(), e);
    }
  }

  static Fault notFound(String serverId) {
    return Fault.of(404, "InstanceNotFound", "Instance " + serverId + " could not be found.");
  }

  private Guest guest(String serverId) {
    var guest = serverId == null ? null : guests.get(serverId);
    if (guest == null || !guest.ready()) {
      throw notFound(serverId);
    }
    return guest;
  }

  @Override
  public HostReport describe() {
    return facts.report();
  }

  @Override
  public void spawn(InstanceSpec spec) {
    var id = GuestDirectory.checked(spec.serverId());
    var there = guests.get(id);
    if (there != null && there.ready()) {
      return;
    }
    GuestFeatures.check(spec);
    var cancelled = spawning.computeIfAbsent(id, i -> new AtomicBoolean());
    try {
      // outside the guest's lock: a server may be deleted while its image still arrives
      var base = images.fetch(spec.image(), spec.rootGb());
      var guest = guests.computeIfAbsent(id, i -> new Guest(kit, i));
      try {
        if (cancelled.get()) {
          throw notFound(id);
        }
        guest.spawn(spec, base);
      } catch (RuntimeException e) {
        guests.remove(id, guest);
        throw e;
      }
    } finally {
      spawning.remove(id, cancelled);
    }
  }

  @Override
  public void destroy(String serverId) {
    var arriving = serverId == null ? null : spawning.get(serverId);
    if (arriving != null) {
      arriving.set(true);
    }
    var guest = serverId == null ? null : guests.get(serverId);
    if (guest != null) {
      guest.destroy();
      guests.remove(serverId, guest);
    }
  }

  @Override
  public void power(String serverId, PowerAction action, int graceSeconds) {
    guest(serverId).power().apply(action, Duration.ofSeconds(Math.max(0, graceSeconds)));
  }

  @Override
  public List<InstanceState> instances() {
    return guests.values().stream()
        .map(
            g -> {
              try {
                return g.state();
              } catch (Fault f) {
                // it went away while we looked
                return null;
              }
            })
        .filter(Objects::nonNull)
        .toList();
  }

  @Override
  public InstanceState instance(String serverId) {
    return guest(serverId).state();
  }

  @Override
  public String consoleLog(String serverId, Integer lines) {
    return guest(serverId).console(lines);
  }

  @Override
  public void attachNic(String serverId, NicSpec nic) {
    guest(serverId).nics().attach(nic);
  }

  @Override
  public void detachNic(String serverId, String portId) {
    guest(serverId).nics().detach(portId);
  }

  @Override
  public void snapshot(String serverId, ImageTarget target) {
    guest(serverId).snapshot(target);
  }

  @Override
  public void update(InstanceSpec spec) {
    GuestFeatures.check(spec);
    guest(spec.serverId()).update(spec);
  }

  @Override
  public Map<String, Object> diagnostics(String serverId) {
    return guest(serverId).diagnostics();
  }

  // ---- moving

  @Override
  public MoveTicket openDisks(String serverId) {
    return guest(serverId).moves().open();
  }

  @Override
  public void closeDisks(String serverId) {
    var guest = serverId == null ? null : guests.get(serverId);
    if (guest != null) {
      guest.moves().close();
    }
  }

  @Override
  public void adopt(InstanceSpec spec, MoveTicket from) {
    var id = GuestDirectory.checked(spec.serverId());
    GuestFeatures.check(spec);
    var there = guests.get(id);
    if (there != null && there.ready()) {
      if (there.moves().takeover().keep(spec, from == null)) {
        return;
      }
      destroy(id);
    }
    making(
        id,
        () -> from == null || from.storageId().equals(facts.storageId()) ? null : base(spec),
        (guest, base) -> guest.moves().takeover().adopt(spec, from, base));
  }

  @Override
  public MoveTicket prepareIncoming(InstanceSpec spec, MoveTicket from, boolean blockMigration) {
    var id = GuestDirectory.checked(spec.serverId());
    GuestFeatures.check(spec);
    if (blockMigration == from.storageId().equals(facts.storageId())) {
      throw Fault.badRequest(
          blockMigration
              ? "The hosts share their storage: nothing is to be copied."
              : "The hosts do not share their storage: the disks must be copied.");
    }
    var there = guests.get(id);
    if (there != null && there.ready()) {
      var ticket = there.moves().arrivals().prepared();
      if (ticket != null) {
        return ticket;
      }
      there.moves().arrivals().requireLeftover();
      destroy(id);
    }
    var ticket = new MoveTicket[1];
    making(
        id,
        () -> blockMigration ? base(spec) : null,
        (guest, base) ->
            ticket[0] = guest.moves().arrivals().prepare(spec, from, blockMigration, base));
    return ticket[0];
  }

  /** The image's base here, null when the image is gone: the disk is copied without it then. */
  private String base(InstanceSpec spec) {
    try {
      return spec.image() == null ? null : images.fetch(spec.image(), 0).file();
    } catch (Fault f) {
      if (f.status() == 400) {
        log.info("server {} comes without a base image: {}", spec.serverId(), f.getMessage());
        return null;
      }
      throw f;
    }
  }

  /** Makes a guest out of what another host has; a failure leaves nothing behind. */
  private void making(String id, Supplier<String> base, BiConsumer<Guest, String> how) {
    var cancelled = spawning.computeIfAbsent(id, i -> new AtomicBoolean());
    try {
      var file = base.get();
      var guest = guests.computeIfAbsent(id, i -> new Guest(kit, i));
      try {
        if (cancelled.get()) {
          throw notFound(id);
        }
        how.accept(guest, file);
      } catch (RuntimeException e) {
        guest.locked(guest::remove);
        guests.remove(id, guest);
        throw e;
      }
    } finally {
      spawning.remove(id, cancelled);
    }
  }

  @Override
  public void migrateLive(String serverId, MoveTicket to, LiveOptions options) {
    guest(serverId).moves().migrate(to, options);
  }

  @Override
  public MigrationProgress migration(String serverId) {
    return guest(serverId).moves().progress();
  }

  @Override
  public void networkMoved(String serverId) {
    guest(serverId).moves().networkMoved();
  }

  @Override
  public void abortMigration(String serverId) {
    guest(serverId).moves().abort();
  }

  @Override
  public void forceComplete(String serverId) {
    guest(serverId).moves().force();
  }

  @Override
  public void completeIncoming(String serverId) {
    guest(serverId).moves().arrivals().complete();
  }

  /** Keeps guests' logs within bounds; to be called every few seconds, as a guest writes fast. */
  public void shortenLogs() {
    guests.values().forEach(Guest::tidy);
  }

  /** Removes images nobody needs; to be called now and then. */
  public void evictImages() {
    var used =
        guests.values().stream()
            .map(Guest::base)
            .filter(Objects::nonNull)
            .collect(Collectors.toSet());
    if (settings.sharesStorage()) {
      used.addAll(basesOfOthers());
    }
    images.evict(used, settings.unusedBaseAge());
  }

  /** Bases of the guests that other hosts have on the same storage. */
  private Set<String> basesOfOthers() {
    var bases = new HashSet<String>();
    try (var all = Files.newDirectoryStream(settings.storage().resolve("guests"))) {
      for (var d : all) {
        var model =
            new GuestDirectory(
                    kit.guests(), kit.alias(), settings.storage(), d.getFileName().toString())
                .model();
        if (model != null && model.base() != null) {
          bases.add(model.base());
        }
      }
      return bases;
    } catch (IOException e) {
      throw HostFiles.fault("looking for base images in use", e);
    }
  }

  /**
   * Shuts every guest down because the host goes down; what they are is kept, and {@code START}
   * brings them back. Their reason is {@link #HOST_DOWN}; {@code changed} is not told.
   */
  public void stopAll(Duration grace) {
    var threads =
        guests.values().stream()
            .map(
                g ->
                    Thread.ofVirtual()
                        .start(
                            () -> {
                              try {
                                g.power().hostDown(grace, HOST_DOWN);
                              } catch (RuntimeException e) {
                                log.warn("guest {}: {}", g.id(), e.toString());
                              }
                            }))
            .toList();
    for (var t : threads) {
      try {
        t.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
    removeAlias();
  }

  /** Destroys every guest. */
  public void destroyAll() {
    List.copyOf(guests.keySet()).forEach(this::destroy);
    removeAlias();
  }

  private void removeAlias() {
    try {
      if (Files.isSymbolicLink(kit.alias())) {
        Files.delete(kit.alias());
      }
    } catch (IOException e) {
      log.warn("{}: {}", kit.alias(), e.toString());
    }
  }

  /** Ends the agent; the guests go on. */
  @Override
  public void close() {
    guests.values().forEach(Guest::detach);
    transfer.close();
  }
}
