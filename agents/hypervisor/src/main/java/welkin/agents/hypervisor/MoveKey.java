package welkin.agents.hypervisor;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import welkin.core.Secret;

/**
 * The pre-shared key of one move in a file QEMU and its tools read ({@code tls-creds-psk}): never
 * on a command line, gone when the move is over. It stands in a directory of the agent's own.
 */
final class MoveKey {
  /** The identity the key belongs to; both sides must name the same. */
  static final String USER = "welkin";

  private static final SecureRandom RANDOM = new SecureRandom();

  private final Path directory;
  private final Confinement confinement;

  /**
   * @param name tells the keys of one guest apart
   */
  MoveKey(GuestDirectory dir, String name, Confinement confinement) {
    this.directory = dir.root().resolve(name);
    this.confinement = confinement;
  }

  /** The directory as seen from QEMU's working directory. */
  String relative() {
    return "../" + directory.getFileName();
  }

  private Path file() {
    return directory.resolve("keys.psk");
  }

  /** The key that is there, or null. */
  Secret read() {
    var text = new String(HostFiles.tail(file(), 200), StandardCharsets.UTF_8).strip();
    return text.startsWith(USER + ":") ? Secret.of(text.substring(USER.length() + 1)) : null;
  }

  /** Makes a key, or takes the one that is there. */
  Secret make() {
    var there = read();
    if (there != null) {
      return there;
    }
    var bytes = new byte[32];
    RANDOM.nextBytes(bytes);
    var key = Secret.of(HexFormat.of().formatHex(bytes));
    put(key);
    return key;
  }

  /** Writes a key that another host made. */
  void put(Secret key) {
    if (key == null || !key.reveal().matches("[0-9a-f]{32,256}")) {
      throw welkin.core.Fault.badRequest("The ticket has no key.");
    }
    try {
      Files.createDirectories(directory);
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
      HostFiles.write(file(), (USER + ":" + key.reveal() + "\n").getBytes(StandardCharsets.UTF_8));
      Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("r--------"));
      confinement.own(file());
    } catch (IOException e) {
      throw HostFiles.fault("writing a key", e);
    }
  }

  void remove() {
    try {
      if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
        HostFiles.removeTree(directory);
      }
    } catch (IOException e) {
      throw HostFiles.fault("removing a key", e);
    }
  }

  /** A TCP port nobody listens at now; whoever takes it must be ready to find it taken. */
  static int freePort(String address) {
    try (var socket = new ServerSocket(0, 1, InetAddress.getByName(address))) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw welkin.core.Fault.unavailable(
          "This host cannot listen at its own address " + address + ": " + e.getMessage(), 30);
    }
  }
}
