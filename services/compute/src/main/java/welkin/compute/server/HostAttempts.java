package welkin.compute.server;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import welkin.core.Fault;
import welkin.workflow.Run;

/**
 * Takes a server to one host after another: where it fails, that is undone and the next is found.
 */
final class HostAttempts {
  private HostAttempts() {}

  /**
   * @param most how many hosts at most
   * @param place finds a host, given those where it failed and why
   * @param work what is done with the host that was found
   * @throws Fault why it failed on the last one, or that the time is over
   */
  static void run(
      Run run,
      int most,
      Function<Map<String, String>, HostFinder.Found> place,
      Consumer<HostFinder.Found> work) {
    var tried = new LinkedHashMap<String, String>();
    for (int attempt = 1; ; attempt++) {
      var before = run.mark();
      var found = place.apply(tried);
      try {
        work.accept(found);
        return;
      } catch (Fault failure) {
        if (failure.code().equals("DeadlineExceeded") || attempt >= most) {
          throw failure;
        }
        run.unwind(before);
        tried.put(found.host(), failure.getMessage());
      }
    }
  }
}
