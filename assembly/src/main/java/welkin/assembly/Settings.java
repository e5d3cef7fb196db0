package welkin.assembly;

import java.io.PrintStream;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import welkin.core.Config.Key;

/** What can be written into {@code welkin.yaml}. */
@Command(
    name = "settings",
    description =
        "Lists the options that welkin.yaml may have: name, value when it does not say, and what"
            + " it is.",
    mixinStandardHelpOptions = true)
final class Settings implements Callable<Integer> {
  @Parameters(
      arity = "0..1",
      paramLabel = "WORD",
      description = "Only those that have this word in their name or sentence.")
  String word;

  @Override
  public Integer call() {
    return print(Options.ofAllServices(), word, System.out);
  }

  /** 0, or 1 when there is none. */
  static int print(List<Key<?>> all, String word, PrintStream out) {
    var found =
        all.stream()
            .filter(k -> word == null || has(k.name(), word) || has(k.help(), word))
            .sorted(
                Comparator.<Key<?>, Boolean>comparing(k -> k.name().contains("."))
                    .thenComparing(Key::name))
            .toList();
    for (var key : found) {
      out.println(key.name() + ": " + value(key.fallback()));
      out.println("    " + key.help());
    }
    if (found.isEmpty()) {
      out.println("no option has '" + word + "' in its name or sentence");
    }
    return found.isEmpty() ? 1 : 0;
  }

  private static boolean has(String text, String word) {
    return text.toLowerCase(Locale.ROOT).contains(word.toLowerCase(Locale.ROOT));
  }

  private static String value(Object fallback) {
    return fallback == null || fallback.equals("") ? "(none)" : String.valueOf(fallback);
  }
}
