package welkin.compute.scheduler;

import java.util.List;
import java.util.function.ToDoubleBiFunction;

/** Upstream's default weighers: each normalised over the hosts that are left, then added up. */
enum Weigher {
  RAM(1.0, (h, w) -> h.free().getOrDefault("MEMORY_MB", 0L)),
  CPU(1.0, (h, w) -> h.free().getOrDefault("VCPU", 0L)),
  DISK(1.0, (h, w) -> h.free().getOrDefault("DISK_GB", 0L)),
  IO_OPS(-1.0, (h, w) -> h.busy()),
  SOFT_AFFINITY(1.0, Weigher::together),
  SOFT_ANTI_AFFINITY(-1.0, Weigher::together),
  BUILD_FAILURE(-1_000_000.0, (h, w) -> h.failures());

  /** So that a group's wish outweighs the others, whose sum is at most 4. */
  private static final double SOFT = 10;

  private final double multiplier;
  private final ToDoubleBiFunction<HostState, Wish> raw;

  Weigher(double multiplier, ToDoubleBiFunction<HostState, Wish> raw) {
    this.multiplier = multiplier;
    this.raw = raw;
  }

  private static int together(HostState host, Wish wish) {
    return wish.groupHosts().getOrDefault(host.host(), 0);
  }

  private boolean concerns(Wish wish) {
    return switch (this) {
      case SOFT_AFFINITY -> "soft-affinity".equals(wish.groupPolicy());
      case SOFT_ANTI_AFFINITY -> "soft-anti-affinity".equals(wish.groupPolicy());
      default -> true;
    };
  }

  /** Adds this weigher's part to each host's weight. */
  void add(Wish wish, List<HostState> hosts, double[] weights) {
    if (!concerns(wish)) {
      return;
    }
    double least = Double.POSITIVE_INFINITY;
    double most = Double.NEGATIVE_INFINITY;
    var values = new double[weights.length];
    for (int i = 0; i < values.length; i++) {
      double v = raw.applyAsDouble(hosts.get(i), wish);
      least = Math.min(least, v);
      most = Math.max(most, v);
      values[i] = v;
    }
    if (most == least) {
      return;
    }
    for (int i = 0; i < weights.length; i++) {
      weights[i] +=
          multiplier
              * (this == SOFT_AFFINITY || this == SOFT_ANTI_AFFINITY ? SOFT : 1)
              * (values[i] - least)
              / (most - least);
    }
  }
}
