package welkin.compute.scheduler;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import tools.jackson.databind.JsonNode;
import welkin.core.Fault;
import welkin.core.Json;

/** Upstream's filters: each says why a host cannot have a server, or nothing. */
enum Filter {
  COMPUTE("ComputeFilter", (host, wish) -> host.down()),
  ZONE(
      "AvailabilityZoneFilter",
      (host, wish) ->
          wish.zone().equals(host.zone())
              ? null
              : "it is in zone " + host.zone() + ", not in " + wish.zone()),
  CAPABILITIES("ComputeCapabilitiesFilter", Filter::capabilities),
  IMAGE("ImagePropertiesFilter", Filter::image),
  AGGREGATE_SPECS("AggregateInstanceExtraSpecsFilter", Filter::aggregateSpecs),
  AGGREGATE_IMAGE("AggregateImagePropertiesIsolation", Filter::aggregateImage),
  AGGREGATE_TENANT(
      "AggregateMultiTenancyIsolation",
      (host, wish) -> {
        var tenants = words(host, "filter_tenant_id");
        return tenants.isEmpty() || tenants.contains(wish.projectId())
            ? null
            : "its aggregate is for other projects";
      }),
  AGGREGATE_TYPE(
      "AggregateTypeAffinityFilter",
      (host, wish) -> {
        var types = words(host, "instance_type");
        return types.isEmpty() || types.contains(wish.flavor())
            ? null
            : "its aggregate is for flavors " + types;
      }),
  ISOLATED(
      "IsolatedHostsFilter",
      (host, wish) ->
          !host.isolated() && wish.isolatedImage()
              ? "the image runs only on isolated hosts"
              : host.isolated() && !wish.isolatedImage() && wish.sparesIsolated()
                  ? "it is kept for isolated images"
                  : null),
  IO_OPS(
      "IoOpsFilter",
      (host, wish) -> host.busy() >= 8 ? host.busy() + " servers there are worked on" : null),
  INSTANCES(
      "NumInstancesFilter",
      (host, wish) -> host.servers() >= 50 ? "it has " + host.servers() + " servers" : null),
  SAME_HOST(
      "SameHostFilter",
      (host, wish) ->
          wish.sameHosts().contains(host.host())
              ? null
              : "the servers this one must be with are on " + wish.sameHosts()),
  DIFFERENT_HOST(
      "DifferentHostFilter",
      (host, wish) ->
          wish.differentHosts().contains(host.host())
              ? "it has a server this one must be apart from"
              : null),
  ANTI_AFFINITY(
      "ServerGroupAntiAffinityFilter",
      (host, wish) ->
          wish.groupHosts().getOrDefault(host.host(), 0) >= wish.groupMax()
              ? "it has "
                  + wish.groupHosts().get(host.host())
                  + " of the server's anti-affinity group already"
              : null),
  AFFINITY(
      "ServerGroupAffinityFilter",
      (host, wish) ->
          !wish.groupHosts().isEmpty() && !wish.groupHosts().containsKey(host.host())
              ? "the server's affinity group is on " + wish.groupHosts().keySet()
              : null);

  final String title;
  private final BiFunction<HostState, Wish, String> rule;

  Filter(String title, BiFunction<HostState, Wish, String> rule) {
    this.title = title;
    this.rule = rule;
  }

  /** Those that change nothing for who does not use what they look at. */
  static final List<Filter> STANDARD =
      List.of(
          COMPUTE,
          ZONE,
          CAPABILITIES,
          IMAGE,
          AGGREGATE_SPECS,
          AGGREGATE_TENANT,
          ISOLATED,
          SAME_HOST,
          DIFFERENT_HOST,
          ANTI_AFFINITY,
          AFFINITY);

  static Filter named(String title) {
    return Arrays.stream(values())
        .filter(f -> f.title.equals(title))
        .findFirst()
        .orElseThrow(
            () ->
                Fault.of(
                    500,
                    "SchedulerHostFilterNotFound",
                    "Scheduler Host Filter "
                        + title
                        + " could not be found; there are "
                        + Arrays.stream(values()).map(f -> f.title).toList()));
  }

  /** A key's values in the aggregates' metadata; several may stand in one, by commas. */
  private static Set<String> words(HostState host, String key) {
    var given = host.metadata().get(key);
    if (given == null) {
      return Set.of();
    }
    var out = new TreeSet<String>();
    given.forEach(v -> Arrays.stream(v.split(",")).map(String::strip).forEach(out::add));
    return out;
  }

  /** Extra specs in the scope {@code aggregate_instance_extra_specs} against the aggregates. */
  private static String aggregateSpecs(HostState host, Wish wish) {
    var scope = "aggregate_instance_extra_specs:";
    for (var spec : wish.extraSpecs().entrySet()) {
      boolean scoped = spec.getKey().startsWith(scope);
      if (!scoped
          && (spec.getKey().contains(":") || capability(host, List.of(spec.getKey())) != null)) {
        continue; // it asks something else than aggregates
      }
      var key = scoped ? spec.getKey().substring(scope.length()) : spec.getKey();
      var has = words(host, key);
      if (has.stream().noneMatch(h -> matches(h, spec.getValue()))) {
        return "its aggregates say of " + key + " " + has + ", not " + spec.getValue();
      }
    }
    return null;
  }

  private static String aggregateImage(HostState host, Wish wish) {
    for (var key : host.metadata().keySet()) {
      var wanted = wish.imageProperties().get(key);
      if (wanted != null && !words(host, key).contains(wanted)) {
        return "its aggregate is for images with " + key + " of " + words(host, key);
      }
    }
    return null;
  }

  /** Whether it may reject any host at all for this wish; asked once, not of each host. */
  boolean concerns(Wish wish) {
    return switch (this) {
      case ZONE -> wish.zone() != null;
      case CAPABILITIES, AGGREGATE_SPECS -> !wish.extraSpecs().isEmpty();
      case IMAGE, AGGREGATE_IMAGE -> !wish.imageProperties().isEmpty();
      case ISOLATED -> wish.isolatedImage() || wish.sparesIsolated();
      case SAME_HOST -> wish.sameHosts() != null;
      case DIFFERENT_HOST -> !wish.differentHosts().isEmpty();
      case ANTI_AFFINITY -> "anti-affinity".equals(wish.groupPolicy());
      case AFFINITY -> "affinity".equals(wish.groupPolicy());
      case COMPUTE, AGGREGATE_TENANT, AGGREGATE_TYPE, IO_OPS, INSTANCES -> true;
    };
  }

  /** Why not, or null. */
  String rejects(HostState host, Wish wish) {
    return rule.apply(host, wish);
  }

  /** Extra specs in the scope {@code capabilities} (or in none) against what the host says. */
  private static String capabilities(HostState host, Wish wish) {
    for (var spec : wish.extraSpecs().entrySet()) {
      var scopes = spec.getKey().split(":");
      if (scopes.length > 1 && !scopes[0].equals("capabilities")) {
        continue;
      }
      var path =
          scopes.length > 1 ? List.of(scopes).subList(1, scopes.length) : Arrays.asList(scopes);
      var has = capability(host, path);
      if (has == null && scopes.length == 1 && host.metadata().containsKey(scopes[0])) {
        continue; // a word of its aggregates
      }
      if (has == null || !matches(has, spec.getValue())) {
        return spec.getKey() + " must be " + spec.getValue() + ", it is " + has;
      }
    }
    return null;
  }

  private static String capability(HostState host, List<String> path) {
    var report = host.report();
    return switch (path.getFirst()) {
      case "hypervisor_type" -> report.hypervisorType();
      case "hypervisor_version" -> String.valueOf(report.hypervisorVersion());
      case "hypervisor_hostname", "host" -> report.host();
      case "vcpus", "vcpus_total" -> String.valueOf(report.vcpus());
      case "memory_mb", "total_usable_ram_mb" -> String.valueOf(report.memoryMb());
      case "local_gb", "total_usable_disk_gb" -> String.valueOf(report.diskGb());
      case "cpu_info" -> {
        var node = cpu(host);
        for (var key : path.subList(1, path.size())) {
          node = node.path(key);
        }
        yield node.isMissingNode() ? null : node.asString(node.toString());
      }
      default -> null;
    };
  }

  private static JsonNode cpu(HostState host) {
    try {
      return Json.parse(host.report().cpuInfo() == null ? "{}" : host.report().cpuInfo());
    } catch (Fault unreadable) {
      return Json.object();
    }
  }

  /** The small language of extra specs: {@code >= 4}, {@code s== x}, {@code <in> x}, plain text. */
  static boolean matches(String has, String wanted) {
    var words = wanted.strip().split("\\s+");
    if (words.length < 2) {
      return has.equals(wanted.strip());
    }
    var value = words[1];
    return switch (words[0]) {
      case "=", ">=" -> number(has) >= number(value);
      case "==" -> number(has) == number(value);
      case "!=" -> number(has) != number(value);
      case "<=" -> number(has) <= number(value);
      case ">" -> number(has) > number(value);
      case "<" -> number(has) < number(value);
      case "s==" -> has.equals(value);
      case "s!=" -> !has.equals(value);
      case "s>=" -> has.compareTo(value) >= 0;
      case "s<=" -> has.compareTo(value) <= 0;
      case "s>" -> has.compareTo(value) > 0;
      case "s<" -> has.compareTo(value) < 0;
      case "<in>" -> has.contains(value);
      case "<all-in>" -> Arrays.stream(words).skip(1).allMatch(has::contains);
      case "<or>" -> Arrays.asList(words).contains(has);
      default -> has.equals(wanted);
    };
  }

  private static double number(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  private static final Map<String, String> ARCHITECTURES =
      Map.of("amd64", "x86_64", "x64", "x86_64", "arm64", "aarch64");

  private static String image(HostState host, Wish wish) {
    var properties = wish.imageProperties();
    var arch = properties.getOrDefault("hw_architecture", properties.get("architecture"));
    if (arch != null) {
      var has = cpu(host).path("arch").asString("");
      var wanted = ARCHITECTURES.getOrDefault(arch.toLowerCase(java.util.Locale.ROOT), arch);
      if (!has.isEmpty() && !has.equals(wanted)) {
        return "the image is for " + arch + ", the host is " + has;
      }
    }
    var type = properties.getOrDefault("img_hv_type", properties.get("hypervisor_type"));
    if (type != null
        && !type.equalsIgnoreCase(host.report().hypervisorType())
        && !host.report().hypervisorType().equals("fake")
        && !(type.equalsIgnoreCase("kvm")
            && host.report().hypervisorType().equalsIgnoreCase("qemu"))) {
      return "the image wants hypervisor "
          + type
          + ", the host has "
          + host.report().hypervisorType();
    }
    return null;
  }
}
