package welkin.identity.federation.saml;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.core.Fault;

/**
 * The identity providers whose word counts: those whose metadata an operator put into the folder
 * {@code saml} of the state folder, {@code *.xml}. A file that comes, changes or goes is noticed at
 * the next login; one that cannot be read is told in the log and counts for nothing.
 */
final class TrustedIdps {
  private static final Logger log = LoggerFactory.getLogger(TrustedIdps.class);
  private static final int AGGREGATE = 64 << 20;

  private record Version(FileTime changed, long size) {}

  private record Loaded(Map<Path, Version> files, Map<String, TrustedIdp> byEntity) {}

  private final Path folder;
  private final InstantSource clock;
  private volatile Loaded loaded = new Loaded(Map.of(), Map.of());

  TrustedIdps(Path folder, InstantSource clock) {
    this.folder = folder;
    this.clock = clock;
  }

  /** The one of that entity id, unless its metadata ended. */
  Optional<TrustedIdp> find(String entityId) {
    return Optional.ofNullable(current().get(entityId))
        .filter(i -> i.validUntil() == null || clock.instant().isBefore(i.validUntil()));
  }

  private Map<String, TrustedIdp> current() {
    var files = files();
    var known = loaded;
    if (!files.equals(known.files)) {
      known = new Loaded(files, read(files.keySet().stream().sorted().toList()));
      loaded = known;
    }
    return known.byEntity;
  }

  private Map<Path, Version> files() {
    var out = new HashMap<Path, Version>();
    if (Files.isDirectory(folder)) {
      try (var list = Files.newDirectoryStream(folder, "*.xml")) {
        for (var f : list) {
          out.put(f, new Version(Files.getLastModifiedTime(f), Files.size(f)));
        }
      } catch (IOException e) {
        log.warn("identity providers: {} cannot be read: {}", folder, e.toString());
      }
    }
    return out;
  }

  private static Map<String, TrustedIdp> read(List<Path> files) {
    var out = new LinkedHashMap<String, TrustedIdp>();
    for (var file : files) {
      for (var idp : read(file)) {
        if (out.putIfAbsent(idp.entityId(), idp) != null) {
          log.warn("{}: {} is in another file, too; that one counts", file, idp.entityId());
        }
      }
    }
    return out;
  }

  private static List<TrustedIdp> read(Path file) {
    try {
      var found = TrustedIdp.read(Xml.parse(Files.readAllBytes(file), AGGREGATE));
      var names = new ArrayList<String>();
      found.forEach(i -> names.add(i.entityId()));
      log.info("{}: identity providers {}", file, names.size() > 5 ? names.size() : names);
      return found;
    } catch (IOException | Fault | IllegalArgumentException e) {
      log.warn("{}: no identity provider is trusted by it: {}", file, e.getMessage());
      return List.of();
    }
  }
}
