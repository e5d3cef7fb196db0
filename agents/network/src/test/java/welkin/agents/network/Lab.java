package welkin.agents.network;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import welkin.core.Exec;

/** Namespaces that stand for guests and the outside world, beside the agent's own. */
final class Lab {
  static final String TAG = "wkt";
  static final String BRIDGE = "wkt-ex";
  static final String OUTSIDE = "wkt-out";
  private final List<Process> processes = new ArrayList<>();
  private final Path directory;

  Lab(Path directory) {
    this.directory = directory;
  }

  void up() throws Exception {
    Exec.must("ip", "link", "add", BRIDGE, "type", "bridge", "forward_delay", "0");
    Exec.must("ip", "link", "set", BRIDGE, "up");
    space(OUTSIDE);
    Netns.ip(
        null,
        List.of(
            "link add wkt-o0 type veth peer name eth0 netns " + OUTSIDE,
            "link set wkt-o0 master " + BRIDGE + " up"));
    Netns.ip(OUTSIDE, List.of("addr add 203.0.113.1/24 dev eth0", "link set eth0 up"));
    Files.writeString(
        directory.resolve("udhcpc.sh"),
        """
        #!/bin/sh
        [ "$1" = bound ] || exit 0
        ip addr add $ip/${mask:-24} dev $interface
        ip link set $interface mtu $mtu
        if [ -n "$staticroutes" ]; then
          set -- $staticroutes
          while [ $# -ge 2 ]; do
            case $2 in 0.0.0.0) ip route replace $1 dev $interface;; *) ip route replace $1 via $2;; esac
            shift 2
          done
        elif [ -n "$router" ]; then ip route replace default via $router; fi
        echo "lease $ip mtu $mtu dns $dns name $hostname"
        """);
    directory.resolve("udhcpc.sh").toFile().setExecutable(true);
  }

  private void space(String ns) {
    Netns.add(ns);
  }

  /** A guest: a namespace whose network device appears in the root namespace as the port's tap. */
  void guest(String ns, String mac, String tap) {
    space(ns);
    Netns.ip(null, List.of("link add " + tap + " type veth peer name eth0 netns " + ns));
    Netns.ip(ns, List.of("link set eth0 address " + mac + " up"));
  }

  String lease(String ns) {
    var r =
        Exec.run(
            Duration.ofSeconds(15),
            null,
            Netns.in(
                ns,
                List.of(
                    "busybox",
                    "udhcpc",
                    "-i",
                    "eth0",
                    "-f",
                    "-q",
                    "-n",
                    "-t",
                    "8",
                    "-T",
                    "1",
                    "-O",
                    "mtu",
                    "-O",
                    "staticroutes",
                    "-s",
                    directory.resolve("udhcpc.sh").toString())));
    return r.out() + r.err();
  }

  boolean ping(String from, String to, String... more) {
    var c = new ArrayList<>(List.of("ping", "-c", "1", "-W", "1"));
    c.addAll(List.of(more));
    c.add(to);
    return Netns.run(from, c).ok();
  }

  Exec.Result run(String ns, String... command) {
    return Netns.run(ns, List.of(command));
  }

  Process background(String ns, String... command) throws Exception {
    var p =
        new ProcessBuilder(Netns.in(ns, List.of(command)))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    processes.add(p);
    return p;
  }

  void down() {
    processes.forEach(Process::destroyForcibly);
    Netns.list(TAG + "-").forEach(Netns::delete);
    Exec.run("ip", "link", "del", "wkt-o0");
    Exec.run("ip", "link", "del", BRIDGE);
  }

  /** Waits until it holds, at most so long. */
  static boolean within(Duration limit, BooleanSupplier holds) throws InterruptedException {
    var end = System.nanoTime() + limit.toNanos();
    while (!holds.getAsBoolean()) {
      if (System.nanoTime() > end) {
        return false;
      }
      Thread.sleep(10);
    }
    return true;
  }
}
