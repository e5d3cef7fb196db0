package welkin.agents.network;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.core.Exec;

/**
 * Devices for guests that wait in the root namespace. A tap is ready once a program holds it: moved
 * before, the program would not find it and make another.
 */
final class Taps {
  private static final Logger log = LoggerFactory.getLogger(Taps.class);
  private static final Path SYSFS = Path.of("/sys/class/net");
  private static final Path IPV6 = Path.of("/proc/sys/net/ipv6/conf");

  private Taps() {}

  static boolean present(String device) {
    return Files.exists(SYSFS.resolve(device));
  }

  /** Those of the wanted devices that may be moved now. */
  static Set<String> ready(Set<String> wanted) {
    var ready = new HashSet<String>();
    var names = SYSFS.toFile().list();
    for (var name : names == null ? new String[0] : names) {
      if (wanted.contains(name) && held(name)) {
        ready.add(name);
      }
    }
    return ready;
  }

  private static boolean held(String device) {
    var files = SYSFS.resolve(device);
    if (!Files.exists(files.resolve("tun_flags"))) {
      return Files.exists(files);
    }
    try {
      return read(files.resolve("carrier")).equals("1");
    } catch (IOException e) {
      // a device that is down does not say; up it does, and must not speak IPv6 to the host
      raise(device);
      try {
        return read(files.resolve("carrier")).equals("1");
      } catch (IOException gone) {
        return false;
      }
    }
  }

  private static void raise(String device) {
    try {
      Files.writeString(IPV6.resolve(device).resolve("disable_ipv6"), "1");
    } catch (IOException e) {
      log.debug("{} without IPv6 switch", device, e);
    }
    Exec.run("ip", "link", "set", "dev", device, "up");
  }

  private static String read(Path file) throws IOException {
    return Files.readString(file).strip();
  }

  /**
   * Moves devices into a namespace.
   *
   * @return what failed, empty when all went well
   */
  static String move(Set<String> devices, String ns) {
    return Netns.ipEach(
        null, devices.stream().map(d -> "link set dev " + d + " netns " + ns).toList());
  }

  static List<String> deletions(Set<String> devices) {
    return devices.stream().map(d -> "link del " + d).toList();
  }
}
