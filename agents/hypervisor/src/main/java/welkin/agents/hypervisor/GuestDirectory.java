package welkin.agents.hypervisor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import welkin.core.Fault;
import welkin.core.Json;

/**
 * A guest's files on its host, {@code guests/SERVER/}. What the agent relies on ({@code
 * guest.json}, saved memory, QEMU's own messages, the config drive) stands in the directory itself,
 * which only the agent may write to; what QEMU writes (disks, console log, sockets) stands in
 * {@code vm/} below, which is QEMU's and its working directory.
 */
final class GuestDirectory {
  static final String DISK = "disk.qcow2";
  static final String EPHEMERAL = "ephemeral.raw";
  static final String SWAP = "swap.raw";
  static final String CONFIG_DRIVE = "../config.iso";
  static final String CONSOLE = "console.log";
  static final String MONITOR = "qmp";
  static final String MONITOR_LOG = "qmp.log";
  static final String MIGRATION = "mig";

  /** As upstream, at most this much of a console log is shown. */
  static final int CONSOLE_BYTES = 100 << 10;

  private static final long LOG_BYTES = 8L << 20;
  private static final int MESSAGE_BYTES = 4096;

  private final Path root;
  private final Path sockets;
  private final Path store;

  /**
   * @param guests the directory of all guests
   * @param alias the same directory by a name short enough for socket addresses
   * @param storage the directory {@code guests/} with disks lies in
   */
  GuestDirectory(Path guests, Path alias, Path storage, String serverId) {
    root = guests.resolve(serverId);
    store = storage.resolve("guests").resolve(serverId);
    sockets = alias.resolve(serverId).resolve("vm");
  }

  void create(Confinement confinement) throws IOException {
    Files.createDirectories(root);
    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx--x--x"));
    confinement.directory(vm());
    if (shared()) {
      Files.createDirectories(store);
      Files.setPosixFilePermissions(store, PosixFilePermissions.fromString("rwx--x--x"));
      confinement.directory(disks());
    }
  }

  /** Removes what QEMU had, so that a guest can be made anew. */
  void clear(Confinement confinement) throws IOException {
    HostFiles.removeTree(vm());
    HostFiles.removeTree(disks());
    Files.deleteIfExists(memory());
    Files.deleteIfExists(oldConsole());
    create(confinement);
  }

  void remove() throws IOException {
    // the record first: a directory without one is rubbish that the next start sweeps away
    Files.deleteIfExists(recordFile());
    HostFiles.removeTree(root);
  }

  /** Removes the disks on shared storage. */
  void removeDisks() throws IOException {
    if (shared()) {
      HostFiles.removeTree(store);
    }
  }

  Path root() {
    return root;
  }

  /** Whether the disks lie on storage that other hosts have, too. */
  boolean shared() {
    return !store.equals(root);
  }

  /** The directory of the disks and the console log; {@link #vm()} unless storage is shared. */
  Path disks() {
    return store.resolve("vm");
  }

  /** A file of {@link #disks()} as QEMU is told: relative to {@link #vm()} where it can be. */
  String disk(String name) {
    return shared() ? disks().resolve(name).normalize().toString() : name;
  }

  /** The host a guest on shared storage belongs to, null when none does. */
  String owner() {
    var text = new String(HostFiles.tail(store.resolve("owner"), 300), StandardCharsets.UTF_8);
    return text.isBlank() ? null : text.strip();
  }

  /** From now on the guest belongs to a host: the others can neither start it nor remove it. */
  void own(String host) {
    if (shared()) {
      try {
        HostFiles.write(store.resolve("owner"), (host + "\n").getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        throw HostFiles.fault("taking " + store, e);
      }
    }
  }

  /** Whether a host may start the guest and remove its disks. */
  boolean belongsTo(String host) {
    return !shared() || host.equals(owner());
  }

  /** What the next host must know of the guest when this one cannot be asked any more. */
  GuestRecord.Model model() throws IOException {
    var file = store.resolve("model.json");
    return Files.exists(file) ? Json.read(Files.readAllBytes(file), GuestRecord.Model.class) : null;
  }

  void writeModel(GuestRecord record) {
    var file = store.resolve("model.json");
    var bytes = Json.bytes(record.model());
    try {
      if (!Files.exists(file) || !Arrays.equals(Files.readAllBytes(file), bytes)) {
        HostFiles.write(file, bytes);
      }
    } catch (IOException e) {
      throw HostFiles.fault("writing " + file, e);
    }
  }

  /** QEMU's working directory. */
  Path vm() {
    return root.resolve("vm");
  }

  /** A socket below {@link #vm()}, by a path that fits into a socket address. */
  Path socket(String name) {
    return sockets.resolve(name);
  }

  /** Memory saved by suspend. */
  Path memory() {
    return store.resolve("memory");
  }

  /** What QEMU says on standard output and error. */
  Path messages() {
    return root.resolve("qemu.log");
  }

  /** The process id of QEMU, written by the agent: QEMU would want the whole path to it open. */
  Path pidFile() {
    return root.resolve("pid");
  }

  private Path recordFile() {
    return root.resolve("guest.json");
  }

  void write(GuestRecord record) {
    try {
      HostFiles.write(recordFile(), Json.bytes(record));
    } catch (IOException e) {
      throw HostFiles.fault("writing " + recordFile(), e);
    }
  }

  /** The record, or null when there is none. */
  GuestRecord read() throws IOException {
    return Files.exists(recordFile())
        ? Json.read(Files.readAllBytes(recordFile()), GuestRecord.class)
        : null;
  }

  void writeConfigDrive(Map<String, String> files) {
    try {
      var iso = configDrive();
      ConfigDrive.write(files, root.resolve("config"), iso);
      Files.setPosixFilePermissions(iso, PosixFilePermissions.fromString("r--r--r--"));
    } catch (IOException e) {
      throw HostFiles.fault("writing a config drive", e);
    }
  }

  Path configDrive() {
    return store.resolve("config.iso");
  }

  /** Puts what another host had of the console before what is here. */
  void continueConsole(byte[] before) {
    try {
      HostFiles.write(oldConsole(), before);
    } catch (IOException e) {
      throw HostFiles.fault("writing " + oldConsole(), e);
    }
  }

  /** All of the console log that is shown, as bytes. */
  byte[] consoleBytes() {
    var now = HostFiles.tail(disks().resolve(CONSOLE), CONSOLE_BYTES);
    var before = HostFiles.tail(oldConsole(), CONSOLE_BYTES - now.length);
    var all = Arrays.copyOf(before, before.length + now.length);
    System.arraycopy(now, 0, all, before.length, now.length);
    return all;
  }

  /** The console log's last lines, all of them when null. */
  String console(Integer lines) {
    var text = new String(consoleBytes(), StandardCharsets.UTF_8);
    if (lines == null || lines < 0) {
      return text;
    }
    if (lines == 0) {
      return "";
    }
    var all = text.split("(?<=\n)", -1);
    var full = all[all.length - 1].isEmpty() ? Arrays.copyOf(all, all.length - 1) : all;
    return String.join("", Arrays.copyOfRange(full, Math.max(0, full.length - lines), full.length));
  }

  /** The end of QEMU's own messages, for a reason; empty when it gave only warnings. */
  String lastMessages() {
    return new String(HostFiles.tail(messages(), MESSAGE_BYTES), StandardCharsets.UTF_8)
        .lines()
        .filter(l -> !l.contains(" warning: "))
        .collect(Collectors.joining("\n"))
        .strip();
  }

  /** The last part of what QEMU told over the monitor, across restarts of the agent. */
  String monitorLog() {
    return new String(HostFiles.tail(vm().resolve(MONITOR_LOG), 64 << 10), StandardCharsets.UTF_8);
  }

  /** Whether QEMU's last word about a migration was that it is complete. */
  boolean migrationCompleted() {
    var last = "";
    for (var line : monitorLog().split("\n")) {
      if (line.contains("\"MIGRATION\"")) {
        last = line;
      }
    }
    return last.contains("\"completed\"");
  }

  private Path oldConsole() {
    return store.resolve("console.old");
  }

  /** Keeps the logs from filling the disk; as much of a console as is ever shown is kept. */
  void tidy() {
    var console = disks().resolve(CONSOLE);
    try {
      if (Files.isRegularFile(console, LinkOption.NOFOLLOW_LINKS)
          && Files.size(console) > LOG_BYTES) {
        HostFiles.write(oldConsole(), HostFiles.tail(console, CONSOLE_BYTES));
      }
    } catch (IOException e) {
      // the disk may be full, which makes it only the more urgent to shorten the log
    }
    HostFiles.shorten(console, LOG_BYTES);
    HostFiles.shorten(vm().resolve(MONITOR_LOG), 1 << 20);
  }

  /** The id as a directory name; anything but a UUID is a fault. */
  static String checked(String serverId) {
    if (serverId == null || !serverId.matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")) {
      throw Fault.badRequest("not a server id: " + serverId);
    }
    return serverId;
  }
}
