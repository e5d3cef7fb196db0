package welkin.agents.hypervisor;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.core.Secret;

/**
 * Serves a guest's files to the host it moves to: one process of QEMU's storage daemon, confined as
 * QEMU is, read-only, over TLS with a key of this move's own. It outlives the agent.
 */
final class DiskServer {
  /** The exported copy of the console log: its length in eight bytes, then its end. */
  private static final int CONSOLE_COPY = GuestDirectory.CONSOLE_BYTES + 1024;

  private static final Duration START = Duration.ofSeconds(20);
  private static final String DESCRIPTION = "disk-server.json";

  private final HostKit kit;
  private final GuestDirectory dir;
  private final String id;
  private final MoveKey key;

  /**
   * What was started; with the key in its file this is the whole ticket.
   *
   * @param signs the folder of its pid file
   */
  private record Description(long pid, int port, boolean disks, String signs) {}

  DiskServer(HostKit kit, GuestDirectory dir, String id) {
    this.kit = kit;
    this.dir = dir;
    this.id = id;
    this.key = new MoveKey(dir, "key-out", kit.confinement());
  }

  /**
   * An export: a file of the guest under the name others ask for it by.
   *
   * @param nodes block nodes as for {@code --blockdev}, the last one is exported
   */
  private record Export(String name, List<String> nodes) {}

  /** Whether it runs now. */
  boolean open() {
    return running() != null;
  }

  private Description running() {
    try {
      var file = dir.root().resolve(DESCRIPTION);
      if (!Files.exists(file)) {
        return null;
      }
      var d = Json.read(Files.readAllBytes(file), Description.class);
      return process(d.pid()).isPresent() && key.read() != null ? d : null;
    } catch (IOException e) {
      throw HostFiles.fault("looking for a disk server", e);
    }
  }

  private java.util.Optional<ProcessHandle> process(long pid) {
    try {
      var words = Files.readString(Path.of("/proc/" + pid + "/cmdline"));
      return words.contains(mark()) && new File("/proc/" + pid + "/cwd").exists()
          ? ProcessHandle.of(pid)
          : java.util.Optional.empty();
    } catch (IOException e) {
      return java.util.Optional.empty();
    }
  }

  /** What its command line has and no other has. */
  private String mark() {
    return "serves-" + kit.settings().host() + "-" + id;
  }

  /**
   * Starts it unless it runs and serves the same.
   *
   * @param disks whether the disks are served, too, or just what may be read of a running guest
   * @return the port it listens at
   */
  int ensure(GuestRecord record, boolean disks) {
    var there = running();
    if (there != null && there.disks() == disks) {
      copyConsole();
      return there.port();
    }
    close();
    copyConsole();
    key.make();
    Fault last = null;
    for (int attempt = 0; attempt < 5; attempt++) {
      try {
        return start(record, disks);
      } catch (Fault f) {
        // the port may have been taken between looking and listening
        last = f;
      }
    }
    close();
    throw last;
  }

  Secret key() {
    return key.read();
  }

  private int start(GuestRecord record, boolean disks) {
    int port = MoveKey.freePort(kit.settings().hostIp());
    var words = new ArrayList<String>();
    words.add("setsid");
    words.addAll(kit.confinement().words(false));
    words.addAll(
        List.of(
            kit.settings().storageDaemon(),
            "--object",
            "tls-creds-psk,id=tls0,endpoint=server,dir=" + key.relative()));
    var exports = exports(record, disks);
    exports.forEach(
        e ->
            e.nodes()
                .forEach(
                    n -> {
                      words.add("--blockdev");
                      words.add(n);
                    }));
    words.add("--nbd-server");
    words.add(
        "addr.type=inet,addr.host="
            + kit.settings().hostIp()
            + ",addr.port="
            + port
            + ",tls-creds=tls0,max-connections=16");
    exports.forEach(
        e -> {
          words.add("--export");
          words.add(
              "type=nbd,id="
                  + e.name()
                  + ",node-name="
                  + e.name()
                  + ",name="
                  + e.name()
                  + ",description="
                  + mark());
        });
    var messages = dir.root().resolve("disk-server.log");
    Path signs = null;
    try {
      // it resolves the path from the root on, as a user who may have no way into the state folder
      signs = Files.createTempDirectory("welkin-disk-server");
      kit.confinement().own(signs);
      var pidFile = signs.resolve("pid");
      words.addAll(List.of("--pidfile", pidFile.toString()));
      var process =
          new ProcessBuilder(words)
              .directory(dir.vm().toFile())
              .redirectInput(new File("/dev/null"))
              .redirectErrorStream(true)
              .redirectOutput(messages.toFile())
              .start();
      HostFiles.write(
          dir.root().resolve(DESCRIPTION),
          Json.bytes(new Description(process.pid(), port, disks, signs.toString())));
      var deadline = System.nanoTime() + START.toNanos();
      // it writes its pid when it listens
      while (!Files.exists(pidFile, LinkOption.NOFOLLOW_LINKS)) {
        if (!process.isAlive() || System.nanoTime() > deadline) {
          process.destroyForcibly();
          forget(signs);
          throw Fault.of(
              500,
              "HypervisorError",
              "The disk server did not start: "
                  + new String(HostFiles.tail(messages, 2000), StandardCharsets.UTF_8).strip());
        }
        LockSupport.parkNanos(10_000_000);
      }
      return port;
    } catch (IOException e) {
      forget(signs);
      throw HostFiles.fault("starting a disk server", e);
    }
  }

  private static void forget(Path signs) {
    try {
      if (signs != null) {
        Files.deleteIfExists(signs.resolve("pid"));
        Files.deleteIfExists(signs);
      }
    } catch (IOException e) {
      // an empty folder among temporary files
    }
  }

  private List<Export> exports(GuestRecord record, boolean disks) {
    var all = new ArrayList<Export>();
    var spec = record.spec();
    if (disks) {
      all.add(raw("root-file", GuestDirectory.DISK));
      var nodes = new ArrayList<String>();
      nodes.add(file("root-proto", dir.disk(GuestDirectory.DISK)));
      if (record.base() != null) {
        nodes.add(file("base-proto", QemuCommand.base(dir, record.base())));
        nodes.add("driver=raw,read-only=on,node-name=base,file=base-proto");
      }
      nodes.add(
          "driver=qcow2,read-only=on,node-name=root,file=root-proto"
              + (record.base() == null ? "" : ",backing=base"));
      all.add(new Export("root", nodes));
      if (has(GuestDirectory.EPHEMERAL)) {
        all.add(raw("ephemeral", GuestDirectory.EPHEMERAL));
      }
      if (has(GuestDirectory.SWAP)) {
        all.add(raw("swap", GuestDirectory.SWAP));
      }
    }
    if (spec.configDrive() != null && Files.exists(dir.configDrive())) {
      all.add(raw("config", GuestDirectory.CONFIG_DRIVE));
    }
    all.add(
        new Export(
            "console",
            List.of(
                file("console-proto", "../console.copy"),
                "driver=raw,read-only=on,node-name=console,file=console-proto")));
    return all;
  }

  private boolean has(String disk) {
    return Files.isRegularFile(dir.disks().resolve(disk), LinkOption.NOFOLLOW_LINKS);
  }

  private Export raw(String name, String disk) {
    return new Export(
        name,
        List.of(
            file(name + "-proto", dir.disk(disk)),
            "driver=raw,read-only=on,node-name=" + name + ",file=" + name + "-proto"));
  }

  private String file(String node, String name) {
    // on shared storage the next host may want to lock the file before this server is closed
    return "driver=file,read-only=on,node-name="
        + node
        + (kit.settings().sharesStorage() ? ",force-share=on" : "")
        + ",filename="
        + name;
  }

  /** Brings what is served of the console log up to date. */
  void copyConsole() {
    var copy = dir.root().resolve("console.copy");
    var console = dir.consoleBytes();
    var bytes = ByteBuffer.allocate(CONSOLE_COPY).putLong(console.length).put(console).array();
    try {
      if (Files.exists(copy)) {
        // in place: the server has the file open
        Files.write(copy, bytes, java.nio.file.StandardOpenOption.WRITE);
      } else {
        HostFiles.write(copy, bytes);
        kit.confinement().own(copy);
      }
    } catch (IOException e) {
      throw HostFiles.fault("copying the console log", e);
    }
  }

  /** The console log out of such a copy; empty when it is none. */
  static byte[] console(byte[] copy) {
    if (copy.length < 8) {
      return new byte[0];
    }
    long length = ByteBuffer.wrap(copy).getLong();
    return length < 0 || length > copy.length - 8
        ? new byte[0]
        : java.util.Arrays.copyOfRange(copy, 8, 8 + (int) length);
  }

  /** Ends it; nothing listens any more and the key is worth nothing. */
  void close() {
    try {
      var description = dir.root().resolve(DESCRIPTION);
      if (Files.exists(description)) {
        var d = Json.read(Files.readAllBytes(description), Description.class);
        process(d.pid())
            .ifPresent(
                p -> {
                  p.destroyForcibly();
                  p.onExit().join();
                });
        forget(d.signs() == null ? null : Path.of(d.signs()));
      }
      Files.deleteIfExists(description);
      Files.deleteIfExists(dir.root().resolve("console.copy"));
      key.remove();
    } catch (IOException e) {
      throw HostFiles.fault("ending a disk server", e);
    }
  }
}
