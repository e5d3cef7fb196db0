package welkin.compute.scheduler;

import java.util.List;
import java.util.function.ToDoubleFunction;

/** Upstream's default weighers: each normalised over the hosts that are left, then added up. */
enum Weigher {
  RAM(1.0, h -> h.free().getOrDefault("MEMORY_MB", 0L)),
  CPU(1.0, h -> h.free().getOrDefault("VCPU", 0L)),
  DISK(1.0, h -> h.free().getOrDefault("DISK_GB", 0L)),
  IO_OPS(-1.0, HostState::busy),
  BUILD_FAILURE(-1_000_000.0, HostState::failures);

  private final double multiplier;
  private final ToDoubleFunction<HostState> raw;

  Weigher(double multiplier, ToDoubleFunction<HostState> raw) {
    this.multiplier = multiplier;
    this.raw = raw;
  }

  /** Adds this weigher's part to each host's weight. */
  void add(List<HostState> hosts, double[] weights) {
    double least = Double.POSITIVE_INFINITY;
    double most = Double.NEGATIVE_INFINITY;
    for (var h : hosts) {
      double v = raw.applyAsDouble(h);
      least = Math.min(least, v);
      most = Math.max(most, v);
    }
    if (most == least) {
      return;
    }
    for (int i = 0; i < weights.length; i++) {
      weights[i] += multiplier * (raw.applyAsDouble(hosts.get(i)) - least) / (most - least);
    }
  }
}
