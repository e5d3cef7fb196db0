package welkin.agents.simulated;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import welkin.agents.contracts.HostReport;
import welkin.agents.contracts.ImageTarget;
import welkin.agents.contracts.InstanceAgent;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceState;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.agents.contracts.LiveOptions;
import welkin.agents.contracts.MigrationProgress;
import welkin.agents.contracts.MoveTicket;
import welkin.agents.contracts.NicSpec;
import welkin.core.Fault;

/** The agent of one simulated host. It holds nothing: all state is the world's. */
public final class SimulatedInstanceAgent implements InstanceAgent {
  private static final int CONSOLE_LIMIT = 100 * 1024;

  private static final class Http {
    static final HttpClient CLIENT =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
  }

  private final SimulatedWorld world;
  private final SimulatedHost host;

  public SimulatedInstanceAgent(SimulatedWorld world, String host) {
    this.world = world;
    this.host = world.host(host);
  }

  private <T> T doing(String operation, Supplier<T> work) {
    world.switches().before(operation, host.name);
    var result = work.get();
    world.switches().after(operation, host.name);
    return result;
  }

  private void does(String operation, Runnable work) {
    world.switches().before(operation, host.name);
    work.run();
    world.switches().after(operation, host.name);
  }

  @Override
  public HostReport describe() {
    return doing("describe", this::report);
  }

  /** As large as upstream's fake driver says it is. */
  HostReport report() {
    return new HostReport(
        host.name,
        "fake",
        1,
        "{\"arch\":\"x86_64\",\"model\":\"Nehalem\",\"vendor\":\"Intel\","
            + "\"features\":[\"pge\",\"clflush\"],"
            + "\"topology\":{\"cores\":1,\"threads\":1,\"sockets\":4}}",
        1000,
        800_000,
        host.usedMb.get(),
        600_000,
        host.usedGb.get(),
        host.ip(),
        List.of(
            "COMPUTE_NODE",
            "COMPUTE_DEVICE_TAGGING",
            "COMPUTE_NET_ATTACH_INTERFACE",
            "COMPUTE_VOLUME_ATTACH_WITH_TAG",
            "COMPUTE_NET_ATTACH_INTERFACE_WITH_TAG",
            "COMPUTE_IMAGE_TYPE_RAW",
            "COMPUTE_IMAGE_TYPE_QCOW2"),
        "tcg",
        world.storageId(host),
        uptime());
  }

  /** As the program {@code uptime} would say on a host that started with the world. */
  private String uptime() {
    var up = Duration.between(world.began(), world.clock().instant());
    return " %tT up %d days, %2d:%02d,  0 users,  load average: 0.00, 0.00, 0.00"
        .formatted(
            world.clock().instant().atZone(ZoneOffset.UTC),
            up.toDays(),
            up.toHoursPart(),
            up.toMinutesPart());
  }

  @Override
  public void spawn(InstanceSpec spec) {
    does(
        "spawn",
        () -> {
          var guest = new SimulatedGuest(spec, world.clock().instant());
          if (host.guests.putIfAbsent(spec.serverId(), guest) == null) {
            host.use(spec, 1);
            world.changed(host, spec.serverId());
            host.plugged(guest);
          }
        });
  }

  @Override
  public void destroy(String serverId) {
    does(
        "destroy",
        () -> {
          var guest = host.guests.remove(serverId);
          if (guest != null) {
            host.use(guest.spec, -1);
            world.changed(host, serverId);
            host.plugged(guest);
          }
        });
  }

  @Override
  public void power(String serverId, PowerAction action, int graceSeconds) {
    does(
        "power",
        () -> {
          var guest = host.guest(serverId);
          world.moves().look(host, serverId);
          synchronized (guest) {
            SimulatedMoves.requireHere(
                guest,
                action != PowerAction.STOP,
                action.name().toLowerCase(Locale.ROOT).replace('_', ' '));
            move(guest, action);
          }
          world.changed(host, serverId);
          host.plugged(guest);
        });
  }

  private static void move(SimulatedGuest g, PowerAction action) {
    var now = g.power;
    switch (action) {
      case START -> {
        if (now == PowerState.SHUTDOWN || now == PowerState.CRASHED || now == PowerState.NOSTATE) {
          boot(g);
        } else {
          run(g);
        }
      }
      case STOP -> g.power = PowerState.SHUTDOWN;
      case REBOOT_SOFT, REBOOT_HARD -> boot(g);
      case PAUSE -> {
        require(g, action, g.isOn());
        g.power = PowerState.PAUSED;
      }
      case RESUME -> {
        require(g, action, g.isOn());
        run(g);
      }
      case SUSPEND -> {
        require(g, action, g.isOn() || now == PowerState.SUSPENDED);
        g.power = PowerState.SUSPENDED;
      }
      case RESTORE -> {
        require(g, action, now == PowerState.RUNNING || now == PowerState.SUSPENDED);
        run(g);
      }
    }
    g.reason = null;
  }

  private static void boot(SimulatedGuest g) {
    g.boots++;
    g.power = PowerState.RUNNING;
  }

  /** Goes on, or begins to boot when it has never run. */
  private static void run(SimulatedGuest g) {
    if (g.boots == 0) {
      g.boots = 1;
    }
    g.power = PowerState.RUNNING;
  }

  private static void require(SimulatedGuest g, PowerAction action, boolean ok) {
    if (!ok) {
      throw invalid(g, action.name().toLowerCase(Locale.ROOT));
    }
  }

  private static Fault invalid(SimulatedGuest g, String what) {
    return Fault.of(
        409,
        "InstanceInvalidState",
        "Server " + g.spec.serverId() + " is " + g.power + ": cannot " + what + " it.");
  }

  @Override
  public List<InstanceState> instances() {
    return doing(
        "instances",
        () -> {
          var all = new ArrayList<InstanceState>(host.guests.size());
          for (var g : host.guests.values()) {
            if (g.moving != SimulatedMoves.Moving.NOT) {
              world.moves().look(host, g.spec.serverId());
            }
            synchronized (g) {
              all.add(g.state());
            }
          }
          return all;
        });
  }

  @Override
  public InstanceState instance(String serverId) {
    return doing(
        "instance",
        () -> {
          var g = host.guest(serverId);
          if (g.moving != SimulatedMoves.Moving.NOT) {
            world.moves().look(host, serverId);
          }
          synchronized (g) {
            return g.state();
          }
        });
  }

  @Override
  public String consoleLog(String serverId, Integer lines) {
    return doing(
        "consoleLog",
        () -> {
          var g = host.guest(serverId);
          String all;
          synchronized (g) {
            all = g.console();
          }
          var log =
              all.length() > CONSOLE_LIMIT ? all.substring(all.length() - CONSOLE_LIMIT) : all;
          if (lines == null) {
            return log;
          }
          if (lines <= 0) {
            return "";
          }
          var each = log.split("\n", -1);
          return String.join(
              "\n", List.of(each).subList(Math.max(0, each.length - lines), each.length));
        });
  }

  @Override
  public void attachNic(String serverId, NicSpec nic) {
    does(
        "attachNic",
        () -> {
          var g = host.guest(serverId);
          synchronized (g) {
            g.nics.put(nic.portId(), nic);
          }
          world.changed(host, serverId);
          host.plugged(g);
        });
  }

  @Override
  public void detachNic(String serverId, String portId) {
    does(
        "detachNic",
        () -> {
          var g = host.guest(serverId);
          synchronized (g) {
            g.nics.remove(portId);
          }
          world.changed(host, serverId);
          host.unplug(portId);
        });
  }

  @Override
  public void snapshot(String serverId, ImageTarget target) {
    does(
        "snapshot",
        () -> {
          var g = host.guest(serverId);
          long gib;
          synchronized (g) {
            gib = Math.max(1, g.spec.rootGb());
          }
          upload(EmptyDisk.qcow2(gib << 30), target);
        });
  }

  private static void upload(byte[] image, ImageTarget target) {
    var request =
        HttpRequest.newBuilder(URI.create(target.url()))
            .timeout(Duration.ofSeconds(60))
            .header("X-Auth-Token", target.token().reveal())
            .header("Content-Type", "application/octet-stream")
            .PUT(HttpRequest.BodyPublishers.ofByteArray(image))
            .build();
    try {
      var answer = Http.CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() >= 300) {
        throw Fault.of(
            answer.statusCode() == 413 ? 413 : 500,
            "SnapshotNotStored",
            "The image service refused image "
                + target.imageId()
                + " with status "
                + answer.statusCode()
                + ".");
      }
    } catch (IOException e) {
      throw Fault.unavailable("The image service does not answer: " + e.getMessage(), 5);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Fault.unavailable("The upload was interrupted.", 1);
    }
  }

  @Override
  public void update(InstanceSpec spec) {
    does(
        "update",
        () -> {
          var g = host.guest(spec.serverId());
          synchronized (g) {
            host.use(g.spec, -1);
            g.spec = spec;
            host.use(spec, 1);
          }
          world.changed(host, spec.serverId());
        });
  }

  @Override
  public Map<String, Object> diagnostics(String serverId) {
    return doing(
        "diagnostics",
        () -> {
          var g = host.guest(serverId);
          synchronized (g) {
            if (!g.isOn()) {
              throw invalid(g, "diagnose");
            }
            return counters(g);
          }
        });
  }

  @Override
  public MoveTicket openDisks(String serverId) {
    return doing("openDisks", () -> world.moves().open(host, serverId));
  }

  @Override
  public void closeDisks(String serverId) {
    does("closeDisks", () -> world.moves().close(host, serverId));
  }

  @Override
  public void adopt(InstanceSpec spec, MoveTicket from) {
    does("adopt", () -> world.moves().adopt(host, spec, from));
  }

  @Override
  public MoveTicket prepareIncoming(InstanceSpec spec, MoveTicket from, boolean blockMigration) {
    return doing("prepareIncoming", () -> world.moves().prepare(host, spec, from, blockMigration));
  }

  @Override
  public void migrateLive(String serverId, MoveTicket to, LiveOptions options) {
    does("migrateLive", () -> world.moves().migrate(host, serverId, to, options));
  }

  @Override
  public MigrationProgress migration(String serverId) {
    return doing("migration", () -> world.moves().progress(host, serverId));
  }

  @Override
  public void networkMoved(String serverId) {
    does("networkMoved", () -> world.moves().networkMoved(host, serverId));
  }

  @Override
  public void abortMigration(String serverId) {
    does("abortMigration", () -> world.moves().abort(host, serverId));
  }

  @Override
  public void forceComplete(String serverId) {
    does("forceComplete", () -> world.moves().force(host, serverId));
  }

  @Override
  public void completeIncoming(String serverId) {
    does("completeIncoming", () -> world.moves().complete(host, serverId));
  }

  /** As a guest that idles since it was made would count. */
  private Map<String, Object> counters(SimulatedGuest g) {
    long seconds = Math.max(0, Duration.between(g.made, world.clock().instant()).toSeconds());
    var d = new LinkedHashMap<String, Object>();
    for (int i = 0; i < g.spec.vcpus(); i++) {
      d.put("cpu" + i + "_time", seconds * 10_000_000L);
    }
    d.put("memory", g.spec.memoryMb() * 1024L);
    d.put("memory-actual", g.spec.memoryMb() * 1024L);
    d.put("memory-rss", g.spec.memoryMb() * 256L);
    d.put("vda_read", 262_144L * g.boots);
    d.put("vda_read_req", 112L * g.boots);
    d.put("vda_write", 5_778_432L * g.boots);
    d.put("vda_write_req", 488L * g.boots);
    d.put("vda_errors", -1L);
    for (var nic : g.nics.values()) {
      var tap = nic.deviceName();
      for (var way : List.of("rx", "tx")) {
        d.put(tap + "_" + way, seconds * 60);
        d.put(tap + "_" + way + "_packets", seconds);
        d.put(tap + "_" + way + "_errors", 0L);
        d.put(tap + "_" + way + "_drop", 0L);
      }
    }
    return d;
  }
}
