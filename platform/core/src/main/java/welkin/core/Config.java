package welkin.core;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * Configuration: one YAML file of {@code group: {option: value}}, upstream's option names where
 * they exist. Options are declared as {@link Key}s by whoever reads them; an option nobody declared
 * stops the start and the nearest name is suggested.
 *
 * <p>A text {@code file:PATH} stands for what that file holds (a relative path starts at the
 * configuration's folder) and {@code env:NAME} for that environment variable, so that no secret
 * need stand in the file itself.
 */
public final class Config {
  /**
   * One option.
   *
   * @param name {@code group.option}, e.g. {@code compute.ram_allocation_ratio}
   * @param fallback the value when the file does not say
   * @param help one sentence for the operator
   */
  public record Key<T>(String name, T fallback, String help, Function<Object, T> read) {
    public static Key<String> text(String name, String fallback, String help) {
      return new Key<>(name, fallback, help, String::valueOf);
    }

    public static Key<Integer> number(String name, int fallback, String help) {
      return new Key<>(name, fallback, help, v -> Integer.valueOf(String.valueOf(v)));
    }

    public static Key<Double> decimal(String name, double fallback, String help) {
      return new Key<>(name, fallback, help, v -> Double.valueOf(String.valueOf(v)));
    }

    public static Key<Boolean> flag(String name, boolean fallback, String help) {
      return new Key<>(
          name,
          fallback,
          help,
          v ->
              switch (String.valueOf(v).toLowerCase(java.util.Locale.ROOT)) {
                case "true", "yes", "on", "1" -> true;
                case "false", "no", "off", "0" -> false;
                default -> throw new IllegalArgumentException("not a boolean: " + v);
              });
    }

    /** A list of texts; in the file a YAML list or a comma-separated text. */
    public static Key<List<String>> list(String name, List<String> fallback, String help) {
      return new Key<>(
          name,
          fallback,
          help,
          v ->
              v instanceof Collection<?> c
                  ? c.stream().map(String::valueOf).toList()
                  : List.of(String.valueOf(v).split("\\s*,\\s*")));
    }
  }

  private final Map<String, Object> values;

  private Config(Map<String, Object> values) {
    this.values = values;
  }

  public static Config empty() {
    return new Config(Map.of());
  }

  /** Settings given in code, {@code "group.option", value, ...}: tests and command-line flags. */
  public static Config of(Object... pairs) {
    var m = new LinkedHashMap<String, Object>();
    for (int i = 0; i < pairs.length; i += 2) {
      m.put((String) pairs[i], pairs[i + 1]);
    }
    return new Config(m);
  }

  /** Reads a file; a missing file is an empty configuration. */
  public static Config load(Path file) throws IOException {
    if (!Files.exists(file)) {
      return empty();
    }
    var root =
        new Load(LoadSettings.builder().setLabel(file.toString()).build())
            .loadFromString(Files.readString(file));
    var flat = new LinkedHashMap<String, Object>();
    if (root instanceof Map<?, ?> groups) {
      groups.forEach(
          (group, options) -> {
            if (options instanceof Map<?, ?> m) {
              m.forEach((k, v) -> flat.put(group + "." + k, v));
            } else {
              flat.put(String.valueOf(group), options);
            }
          });
    } else if (root != null) {
      throw new IllegalArgumentException(file + ": expected 'group:' with options below it");
    }
    flat.replaceAll((name, value) -> resolved(file, name, value));
    return new Config(flat);
  }

  private static Object resolved(Path config, String name, Object value) {
    if (value instanceof List<?> list) {
      return list.stream().map(v -> resolved(config, name, v)).toList();
    }
    if (value instanceof Map<?, ?> map) {
      var out = new LinkedHashMap<Object, Object>();
      map.forEach((k, v) -> out.put(k, resolved(config, name, v)));
      return out;
    }
    if (!(value instanceof String text)) {
      return value;
    }
    if (text.startsWith("env:")) {
      var variable = text.substring("env:".length());
      var found = System.getenv(variable);
      if (found == null) {
        throw new IllegalArgumentException(
            "option " + name + ": the environment has no " + variable);
      }
      return found;
    }
    if (text.startsWith("file:")) {
      var path = config.resolveSibling(text.substring("file:".length()));
      try {
        return Files.readString(path).strip();
      } catch (IOException e) {
        throw new IllegalArgumentException("option " + name + ": cannot read " + path);
      }
    }
    return value;
  }

  /** This configuration with {@code over} laid on top. */
  public Config with(Config over) {
    var m = new LinkedHashMap<>(values);
    m.putAll(over.values);
    return new Config(m);
  }

  public <T> T get(Key<T> key) {
    var v = values.get(key.name());
    if (v == null) {
      return key.fallback();
    }
    try {
      return key.read().apply(v);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("option " + key.name() + ": " + e.getMessage());
    }
  }

  /**
   * Refuses options that nobody declared, naming the nearest declared one; checks every declared
   * value.
   */
  public void check(Collection<Key<?>> declared) {
    var names = new TreeMap<String, Key<?>>();
    declared.forEach(k -> names.put(k.name(), k));
    var wrong = new ArrayList<String>();
    for (var name : values.keySet()) {
      if (!names.containsKey(name)) {
        var near = nearest(name, names.keySet());
        wrong.add(
            "unknown option '"
                + name
                + "'"
                + (near == null ? "" : ", did you mean '" + near + "'?"));
      }
    }
    if (!wrong.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", wrong));
    }
    declared.forEach(this::get);
  }

  /** The known name that {@code name} was probably meant to be, or null when none is near. */
  public static String nearest(String name, Collection<String> known) {
    String best = null;
    int least = Math.max(3, name.length() / 3);
    for (var k : known) {
      int d = distance(name, k);
      if (d < least) {
        least = d;
        best = k;
      }
    }
    return best;
  }

  /** Levenshtein distance, two rows. */
  private static int distance(String a, String b) {
    var row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int next =
            Math.min(
                Math.min(row[j], row[j - 1]) + 1,
                diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1));
        diagonal = row[j];
        row[j] = next;
      }
    }
    return row[b.length()];
  }
}
