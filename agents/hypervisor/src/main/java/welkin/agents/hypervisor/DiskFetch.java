package welkin.agents.hypervisor;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import welkin.agents.contracts.MoveTicket;
import welkin.core.Fault;

/**
 * Fetches a guest's files from the {@link DiskServer} of the host it comes from. A file that is
 * there under its own name is whole. {@link #cancel} ends it from another thread.
 */
final class DiskFetch {
  private final HostKit kit;
  private final GuestDirectory dir;
  private final MoveTicket from;
  private final MoveKey key;
  private volatile Process process;
  private volatile boolean cancelled;

  DiskFetch(HostKit kit, GuestDirectory dir, MoveTicket from) {
    this.kit = kit;
    this.dir = dir;
    this.from = from;
    this.key = new MoveKey(dir, "key-from", kit.confinement());
  }

  /** Ends whatever is being fetched; the thread that does gets a fault. */
  void cancel() {
    cancelled = true;
    var p = process;
    if (p != null) {
      p.destroyForcibly();
    }
  }

  /**
   * Fetches one export.
   *
   * @param directory {@link GuestDirectory#disks} or {@link GuestDirectory#vm}
   * @param format raw (holes stay holes) or qcow2
   * @param bytesMax what the result can be at most, before the format's own tables
   */
  void fetch(String export, Path directory, String file, String format, long bytesMax) {
    var part = directory.resolve(file + ".part");
    if (from.diskPort() == 0) {
      throw Fault.unavailable("Host '" + from.host() + "' does not serve its disks.", 5);
    }
    key.put(from.key());
    var words = new ArrayList<String>();
    words.addAll(kit.confinement().words(false));
    words.addAll(
        List.of(
            "prlimit",
            "--as=" + (4L << 30),
            "--fsize=" + (bytesMax + bytesMax / 1000 + (64L << 20)),
            "--core=0",
            kit.settings().qemuImg(),
            "convert",
            "-q",
            "--object",
            "tls-creds-psk,id=tls0,endpoint=client,username="
                + MoveKey.USER
                + ",dir="
                + key.relative(),
            "--image-opts",
            "driver=raw,file.driver=nbd,file.server.type=inet,file.server.host="
                + from.address()
                + ",file.server.port="
                + from.diskPort()
                + ",file.export="
                + export
                + ",file.tls-creds=tls0",
            "-O",
            format,
            directory.equals(dir.vm())
                ? part.getFileName().toString()
                : dir.disk(part.getFileName().toString())));
    var messages = dir.root().resolve("fetch.log");
    try {
      Files.deleteIfExists(part);
      process =
          new ProcessBuilder(words)
              .directory(dir.vm().toFile())
              .redirectInput(new File("/dev/null"))
              .redirectErrorStream(true)
              .redirectOutput(messages.toFile())
              .start();
      if (cancelled) {
        process.destroyForcibly();
      }
      int status = process.waitFor();
      if (cancelled) {
        throw Fault.of(409, "Cancelled", "The server was deleted while its disks arrived.");
      }
      if (status != 0) {
        throw failed(status, HostFiles.tail(messages, 2000));
      }
      if (!Files.isRegularFile(part, LinkOption.NOFOLLOW_LINKS)) {
        throw Fault.of(500, "ImageToolFailed", "nothing came out of the copy of " + export);
      }
      HostFiles.rename(part, directory.resolve(file));
    } catch (IOException e) {
      throw HostFiles.fault("fetching disks", e);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw Fault.unavailable("Interrupted.", 1);
    } finally {
      try {
        Files.deleteIfExists(part);
        Files.deleteIfExists(messages);
      } catch (IOException e) {
        // left until the guest goes
      }
    }
  }

  private Fault failed(int status, byte[] said) {
    var words = new String(said, StandardCharsets.UTF_8).strip();
    if (HostFiles.isDiskFull(words)) {
      return HostFiles.diskFull("copying a disk from host '" + from.host() + "'");
    }
    return words.contains("Failed to connect") || words.contains("Connection re")
        ? Fault.unavailable("Host '" + from.host() + "' does not give its disks: " + words, 5)
        : Fault.of(
            500,
            "ImageToolFailed",
            "Copying a disk from host '"
                + from.host()
                + "' failed with status "
                + status
                + ": "
                + words);
  }

  /** The console log as it is at the other host now. */
  byte[] console() {
    var file = "console.fetched";
    fetch("console", dir.vm(), file, "raw", 1 << 20);
    var copy = dir.vm().resolve(file);
    var bytes = DiskServer.console(HostFiles.tail(copy, 1 << 20));
    try {
      Files.deleteIfExists(copy);
    } catch (IOException e) {
      throw HostFiles.fault("fetching the console log", e);
    }
    return bytes;
  }

  /** The config drive as the guest knows it. */
  void configDrive() {
    fetch("config", dir.vm(), "config.fetched", "raw", 128L << 20);
    var fetched = dir.vm().resolve("config.fetched");
    try {
      kit.confinement().take(fetched);
      Files.move(fetched, dir.configDrive(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw HostFiles.fault("taking a config drive", e);
    }
  }

  /** Nothing more will be fetched. */
  void done() {
    key.remove();
  }
}
