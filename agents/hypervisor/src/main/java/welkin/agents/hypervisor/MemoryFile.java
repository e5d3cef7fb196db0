package welkin.agents.hypervisor;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.Channel;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Carries a guest's memory between a file and QEMU's migration socket: QEMU before 8.2 cannot
 * migrate to a file, and its sandbox forbids it to start a program that could.
 */
final class MemoryFile implements AutoCloseable {
  private final FutureTask<Void> work;
  private final Channel[] channels;
  private final Path socket;

  private MemoryFile(Path socket, Callable<Void> work, Channel... channels) {
    this.socket = socket;
    this.work = new FutureTask<>(work);
    this.channels = channels;
    Thread.ofVirtual().name("memory " + socket.getParent()).start(this.work);
  }

  /** Takes what QEMU sends to {@link GuestDirectory#MIGRATION} into a file. */
  static MemoryFile saving(GuestDirectory dir, Path file, Confinement confinement)
      throws IOException {
    var socket = dir.socket(GuestDirectory.MIGRATION);
    Files.deleteIfExists(socket);
    Files.deleteIfExists(file);
    var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    confinement.own(socket);
    var out =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return new MemoryFile(
        socket,
        () -> {
          try (var in = server.accept()) {
            copy(in, out);
          }
          out.force(true);
          return null;
        },
        server,
        out);
  }

  /** Sends a file to QEMU, which listens at {@link GuestDirectory#MIGRATION}. */
  static MemoryFile loading(GuestDirectory dir, Path file) throws IOException {
    var socket = dir.socket(GuestDirectory.MIGRATION);
    var in = FileChannel.open(file, StandardOpenOption.READ);
    ByteChannel out = SocketChannel.open(UnixDomainSocketAddress.of(socket));
    return new MemoryFile(
        socket,
        () -> {
          copy(in, out);
          out.close();
          return null;
        },
        in,
        out);
  }

  private static void copy(ReadableByteChannel from, WritableByteChannel to) throws IOException {
    var buffer = ByteBuffer.allocateDirect(1 << 20);
    while (from.read(buffer.clear()) >= 0) {
      buffer.flip();
      while (buffer.hasRemaining()) {
        to.write(buffer);
      }
    }
  }

  boolean isDone() {
    return work.isDone();
  }

  /** Waits until all is carried and, when saving, safe on disk. */
  void finish() throws IOException {
    try {
      work.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Override
  public void close() throws IOException {
    for (var c : channels) {
      c.close();
    }
    Files.deleteIfExists(socket);
  }
}
