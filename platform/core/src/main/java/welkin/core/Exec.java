package welkin.core;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a program: arguments are a vector, never a shell string; a deadline always applies. */
public final class Exec {
  private Exec() {}

  /** What a finished program said. Output beyond 1 MiB is cut. */
  public record Result(int status, String out, String err) {
    public boolean ok() {
      return status == 0;
    }
  }

  /** Runs and waits; a non-zero status is the caller's to judge. */
  public static Result run(Duration limit, String input, List<String> command) {
    try {
      var process = new ProcessBuilder(command).start();
      var out = new StringBuilder();
      var err = new StringBuilder();
      var readers =
          List.of(
              Thread.startVirtualThread(() -> drain(process.getInputStream(), out)),
              Thread.startVirtualThread(() -> drain(process.getErrorStream(), err)));
      try (var in = process.getOutputStream()) {
        if (input != null) {
          in.write(input.getBytes(StandardCharsets.UTF_8));
        }
      } catch (IOException e) {
        // the program ended without reading its input: its status says why
      }
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        throw Fault.of(
            504,
            "Timeout",
            command.getFirst() + " did not finish within " + limit.toSeconds() + " s");
      }
      for (var r : readers) {
        r.join();
      }
      return new Result(process.exitValue(), out.toString(), err.toString());
    } catch (IOException e) {
      throw Fault.of(
          500, "ProgramMissing", "cannot run " + command.getFirst() + ": " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Fault.of(503, "Interrupted", command.getFirst() + " was interrupted");
    }
  }

  public static Result run(String... command) {
    return run(Duration.ofSeconds(30), null, List.of(command));
  }

  /** Runs and insists on status 0; otherwise a fault with the last words of the program. */
  public static String must(String... command) {
    var r = run(command);
    if (!r.ok()) {
      throw Fault.of(
          500,
          "ProgramFailed",
          String.join(" ", command) + ": status " + r.status() + ": " + r.err().strip());
    }
    return r.out();
  }

  private static void drain(InputStream in, StringBuilder into) {
    try (in) {
      var buffer = new byte[8192];
      for (int n; (n = in.read(buffer)) > 0; ) {
        if (into.length() < 1 << 20) {
          into.append(new String(buffer, 0, n, StandardCharsets.UTF_8));
        }
      }
    } catch (IOException e) {
      // the program closed the pipe
    }
  }
}
