package welkin.agents.simulated;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.agents.contracts.NicSpec;
import welkin.core.Fault;
import welkin.core.Json;

/**
 * Keeps a simulated world in a file, a line a change, so that it outlives a killed process as real
 * guests do. Lines go to the kernel at once and not to the disk: the world need not survive a power
 * cut, no real guest would.
 */
final class WorldJournal {
  /** One guest as it is now; {@code spec} null says that it is gone. */
  private record Line(
      String host,
      String id,
      InstanceSpec spec,
      List<NicSpec> nics,
      PowerState power,
      String reason,
      int boots,
      Instant made) {}

  private final BufferedWriter out;

  /** Reads what was kept into {@code world} and goes on from there. */
  WorldJournal(Path file, SimulatedWorld world) {
    try {
      var last = new LinkedHashMap<String, Line>();
      if (Files.exists(file)) {
        for (var text : Files.readAllLines(file)) {
          keepLast(last, text);
        }
      }
      var fresh = file.resolveSibling(file.getFileName() + ".new");
      try (var compact = Files.newBufferedWriter(fresh)) {
        for (var line : last.values()) {
          compact.write(Json.text(line));
          compact.write('\n');
        }
      }
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      last.values().forEach(line -> restore(world, line));
      out = Files.newBufferedWriter(file, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void keepLast(Map<String, Line> last, String text) {
    try {
      var line = Json.read(text, Line.class);
      var key = line.host + "/" + line.id;
      if (line.spec == null) {
        last.remove(key);
      } else {
        last.put(key, line);
      }
    } catch (RuntimeException e) {
      // the line the process died in
    }
  }

  private static void restore(SimulatedWorld world, Line line) {
    var guest = new SimulatedGuest(line.spec, line.made);
    guest.nics.clear();
    line.nics.forEach(n -> guest.nics.put(n.portId(), n));
    guest.power = line.power;
    guest.reason = line.reason;
    guest.boots = line.boots;
    var host = world.host(line.host);
    host.guests.put(line.id, guest);
    host.use(line.spec, 1);
    host.plugged(guest);
  }

  /** Writes how a guest of {@code host} is now. */
  void keep(SimulatedHost host, String serverId) {
    var guest = host.guests.get(serverId);
    Line line;
    if (guest == null) {
      line = new Line(host.name, serverId, null, null, null, null, 0, null);
    } else {
      synchronized (guest) {
        var s = guest.spec;
        // neither token nor config drive: a simulated guest reads neither
        var spec =
            new InstanceSpec(
                s.serverId(),
                s.name(),
                s.hostname(),
                s.projectId(),
                s.vcpus(),
                s.memoryMb(),
                s.rootGb(),
                s.ephemeralGb(),
                s.swapMb(),
                null,
                s.nics(),
                null,
                s.extraSpecs(),
                s.imageProperties());
        line =
            new Line(
                host.name,
                serverId,
                spec,
                new ArrayList<>(guest.nics.values()),
                guest.power,
                guest.reason,
                guest.boots,
                guest.made);
      }
    }
    var text = Json.text(line);
    synchronized (this) {
      try {
        out.write(text);
        out.write('\n');
        out.flush();
      } catch (IOException e) {
        throw Fault.of(507, "DiskFull", "The simulated world cannot be kept: " + e.getMessage());
      }
    }
  }
}
