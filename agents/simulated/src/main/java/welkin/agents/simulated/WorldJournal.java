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
      Instant made,
      SimulatedMoves.Moving moving) {}

  /** How many bytes of history are kept beside four times what is true now. */
  private final long history;

  private final Path file;
  private final Map<String, String> latest = new LinkedHashMap<>();
  private BufferedWriter out;
  private long live;
  private long written;

  WorldJournal(Path file, SimulatedWorld world) {
    this(file, world, 16 << 20);
  }

  /** Reads what was kept into {@code world} and goes on from there. */
  WorldJournal(Path file, SimulatedWorld world, long history) {
    this.file = file;
    this.history = history;
    try {
      var last = new LinkedHashMap<String, Line>();
      if (Files.exists(file)) {
        for (var text : Files.readAllLines(file)) {
          keepLast(last, text);
        }
      }
      last.forEach((key, line) -> remember(key, Json.text(line)));
      rewrite();
      last.values().forEach(line -> restore(world, line));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void remember(String key, String text) {
    var old = latest.put(key, text);
    live += text.length() - (old == null ? 0 : old.length());
  }

  /** Leaves the history out. */
  private void rewrite() throws IOException {
    var fresh = file.resolveSibling(file.getFileName() + ".new");
    try (var compact = Files.newBufferedWriter(fresh)) {
      for (var text : latest.values()) {
        compact.write(text);
        compact.write('\n');
      }
    }
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    if (out != null) {
      out.close();
    }
    out = Files.newBufferedWriter(file, StandardOpenOption.APPEND);
    written = live;
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
    if (line.moving != null) {
      guest.moving = line.moving;
    }
    var host = world.host(line.host);
    host.guests.put(line.id, guest);
    host.use(line.spec, 1);
    host.plugged(guest);
  }

  /** Writes how a guest of {@code host} is now. */
  void keep(SimulatedHost host, String serverId) {
    var guest = host.guests.get(serverId);
    if (guest == null) {
      write(new Line(host.name, serverId, null, null, null, null, 0, null, null));
    } else {
      // written under the guest's lock, so that its last line is its last state
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
        write(
            new Line(
                host.name,
                serverId,
                spec,
                new ArrayList<>(guest.nics.values()),
                guest.power,
                guest.reason,
                guest.boots,
                guest.made,
                guest.moving.equals(SimulatedMoves.Moving.NOT) ? null : guest.moving));
      }
    }
  }

  private void write(Line line) {
    var text = Json.text(line);
    synchronized (this) {
      try {
        out.write(text);
        out.write('\n');
        out.flush();
        written += text.length();
        var key = line.host + "/" + line.id;
        if (line.spec == null) {
          var old = latest.remove(key);
          live -= old == null ? 0 : old.length();
        } else {
          remember(key, text);
        }
        if (written > history + 4 * live) {
          rewrite();
        }
      } catch (IOException e) {
        throw Fault.of(507, "DiskFull", "The simulated world cannot be kept: " + e.getMessage());
      }
    }
  }
}
