package welkin.placement;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;

/** The standard names everybody shares, read once from this package's resources. */
public final class Names {
  /** os-traits. */
  public static final Set<String> TRAITS = read("traits.txt");

  /** os-resource-classes, in upstream's order. */
  public static final Set<String> RESOURCE_CLASSES = read("resource-classes.txt");

  /** The trait of a provider that serves every member of its aggregates. */
  public static final String SHARING = "MISC_SHARES_VIA_AGGREGATE";

  private Names() {}

  private static Set<String> read(String resource) {
    try (var in = Names.class.getResourceAsStream(resource)) {
      var names = new LinkedHashSet<String>();
      new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(l -> !l.isBlank() && !l.startsWith("#"))
          .forEach(names::add);
      return Collections.unmodifiableSet(names);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
