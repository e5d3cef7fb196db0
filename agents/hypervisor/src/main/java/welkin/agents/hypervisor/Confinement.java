package welkin.agents.hypervisor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import welkin.core.Exec;

/**
 * Drops what a program working on guests' bytes does not need: user, groups, capabilities, and the
 * way to get any back.
 *
 * <p>Such a program is started inside the directory it works in and given relative names only, so
 * that it needs no way through the directories above.
 */
final class Confinement {
  private final int uid;
  private final int gid;
  private final boolean root = number("unix:uid", Path.of("/proc/self")) == 0;

  Confinement(int uid, int gid) {
    this.uid = uid;
    this.gid = gid;
  }

  /** The user that programs really run as: an agent without root cannot change it. */
  int uid() {
    return root ? uid : number("unix:uid", Path.of("/proc/self"));
  }

  /**
   * The words to put before a command.
   *
   * @param kvm whether it may open {@code /dev/kvm}, by that device's group
   */
  List<String> words(boolean kvm) {
    if (!root) {
      return List.of("setpriv", "--no-new-privs");
    }
    var words = new ArrayList<String>();
    words.addAll(List.of("setpriv", "--reuid=" + uid, "--regid=" + gid));
    int group = kvm ? number("unix:gid", Path.of("/dev/kvm")) : 0;
    words.add(group > 0 ? "--groups=" + group : "--clear-groups");
    words.addAll(List.of("--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"));
    return words;
  }

  /**
   * Words that give a program {@code /dev/net/tun} when this host keeps it from ordinary users
   * (distributions let everyone open it, minimal systems and containers often nobody): in a mount
   * namespace of its own the program sees a node that belongs to it. None when not needed.
   *
   * @param state where that node is kept
   */
  synchronized List<String> tunWords(Path state) {
    if (!root || openToOthers(Path.of("/dev/net/tun"))) {
      return List.of();
    }
    var node = state.resolve("tun");
    try {
      if (!Files.exists(node)) {
        Exec.must("mknod", "-m", "600", node.toString(), "c", "10", "200");
      }
      own(node);
    } catch (IOException e) {
      throw HostFiles.fault("making " + node, e);
    }
    return List.of(
        "unshare",
        "--mount",
        "--propagation",
        "slave",
        "sh",
        "-c",
        "mount --bind \"$1\" /dev/net/tun && shift && exec \"$@\"",
        "sh",
        node.toString());
  }

  private static boolean openToOthers(Path file) {
    try {
      var p = Files.getPosixFilePermissions(file);
      return p.contains(PosixFilePermission.OTHERS_READ)
          && p.contains(PosixFilePermission.OTHERS_WRITE);
    } catch (IOException e) {
      return true;
    }
  }

  /** Makes a directory that the confined programs own. */
  void directory(Path directory) throws IOException {
    Files.createDirectories(directory);
    Files.setPosixFilePermissions(
        directory, java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));
    own(directory);
  }

  /** Gives a file or socket to the confined user. */
  void own(Path file) throws IOException {
    if (root) {
      Files.setAttribute(file, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
      Files.setAttribute(file, "unix:gid", gid, LinkOption.NOFOLLOW_LINKS);
    }
  }

  /** Takes a file back from the confined user, for reading only. */
  void take(Path file) throws IOException {
    if (root) {
      Files.setAttribute(file, "unix:uid", 0, LinkOption.NOFOLLOW_LINKS);
      Files.setAttribute(file, "unix:gid", 0, LinkOption.NOFOLLOW_LINKS);
    }
    Files.setPosixFilePermissions(
        file, java.nio.file.attribute.PosixFilePermissions.fromString("r--r--r--"));
  }

  private static int number(String attribute, Path file) {
    try {
      return Files.exists(file) ? (Integer) Files.getAttribute(file, attribute) : 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
