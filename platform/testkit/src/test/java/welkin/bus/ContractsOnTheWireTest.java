package welkin.bus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import welkin.agents.contracts.InstanceAgent;
import welkin.core.Secret;

/** Whatever services and hosts have agreed on survives the wire, secrets included. */
class ContractsOnTheWireTest {

  static Stream<Contract.Operation> operations() throws Exception {
    var root =
        Path.of(InstanceAgent.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    if (Files.isDirectory(root)) {
      return operations(root);
    }
    try (var jar = FileSystems.newFileSystem(root)) { // Maven tests what it has packaged
      return operations(jar.getPath("/"));
    }
  }

  private static Stream<Contract.Operation> operations(Path root) throws IOException {
    try (var files =
        Files.list(root.resolve(InstanceAgent.class.getPackageName().replace('.', '/')))) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(f -> f.endsWith(".class") && !f.contains("-info"))
          .sorted()
          .map(ContractsOnTheWireTest::load)
          .filter(c -> c.isInterface() && !c.isAnnotation() && !c.isSealed())
          .flatMap(c -> Contract.of(c).operations().values().stream())
          .toList()
          .stream();
    }
  }

  private static Class<?> load(String file) {
    try {
      return Class.forName(
          InstanceAgent.class.getPackageName() + "." + file.replaceAll("\\.class$", ""));
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("operations")
  void argumentsAndResultsSurvive(Contract.Operation operation) {
    var method = operation.method();
    for (boolean full : new boolean[] {true, false}) {
      var args =
          Arrays.stream(method.getGenericParameterTypes()).map(t -> sample(t, full)).toArray();
      assertThat(Wire.arguments(operation, Wire.arguments(args))).isEqualTo(args);
      if (method.getReturnType() != void.class) {
        var result = sample(method.getGenericReturnType(), full);
        assertThat(Wire.result(operation, Wire.result(result))).isEqualTo(result);
      }
    }
  }

  /**
   * A value of a type.
   *
   * @param full with everything in it; otherwise every reference is null
   */
  private static Object sample(Type type, boolean full) {
    var raw = type instanceof ParameterizedType p ? (Class<?>) p.getRawType() : (Class<?>) type;
    if (raw == int.class || raw == Integer.class && full) {
      return 42;
    }
    if (raw == long.class || raw == Long.class && full) {
      return 1L << 50;
    }
    if (raw == double.class || raw == Double.class && full) {
      return 0.125;
    }
    if (raw == boolean.class || raw == Boolean.class && full) {
      return true;
    }
    if (!full) {
      return raw.isRecord() && type == raw ? record(raw, false) : null;
    }
    if (raw == String.class || raw == Object.class) {
      return "Wörter, \"quoted\"";
    }
    if (raw == Secret.class) {
      return Secret.of("a token");
    }
    if (raw == Instant.class) {
      return Instant.parse("2026-11-21T07:00:00.123456789Z");
    }
    if (raw == Duration.class) {
      return Duration.ofMillis(1500);
    }
    if (raw.isEnum()) {
      return raw.getEnumConstants()[raw.getEnumConstants().length - 1];
    }
    if (raw == List.class) {
      return List.of(part(type, 0), part(type, 0));
    }
    if (raw == Set.class) {
      return new LinkedHashSet<>(List.of(part(type, 0)));
    }
    if (raw == Map.class) {
      var m = new LinkedHashMap<Object, Object>();
      m.put(part(type, 0), part(type, 1));
      return m;
    }
    if (raw.isRecord()) {
      return record(raw, true);
    }
    throw new AssertionError("no contract should speak of " + type);
  }

  private static Object part(Type type, int index) {
    return sample(((ParameterizedType) type).getActualTypeArguments()[index], true);
  }

  private static Object record(Class<?> raw, boolean full) {
    var components = raw.getRecordComponents();
    try {
      var constructor =
          raw.getDeclaredConstructor(
              Arrays.stream(components).map(c -> c.getType()).toArray(Class<?>[]::new));
      constructor.setAccessible(true);
      return constructor.newInstance(
          Arrays.stream(components)
              .map(
                  c ->
                      // a record within a record may be missing
                      !full && !c.getType().isPrimitive() ? null : sample(c.getGenericType(), full))
              .toArray());
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(raw + " refuses " + (full ? "samples" : "nulls"), e);
    }
  }
}
