package welkin.compute.scheduler;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import welkin.core.Fault;

/**
 * Chooses hosts: a pure function of the wish and what is known of the hosts, with a reason for each
 * that was rejected.
 */
public final class Scheduler {
  /** What {@code filter_scheduler.enabled_filters} says when nobody says otherwise. */
  public static final String STANDARD =
      Filter.STANDARD.stream().map(f -> f.title).collect(Collectors.joining(","));

  /** Why the hosts beside one that was named are rejected. */
  public static final String OTHER_HOST = "RequestedDestination";

  /**
   * A host's place takes so much of the key it is sorted by; what is left tells weights apart that
   * differ by a billionth.
   */
  private static final long HOSTS_MAX = 1 << 20;

  private final Set<Filter> filters;

  /**
   * @param filters upstream's names of filters, separated by commas
   * @throws Fault 500 for a name that is no filter
   */
  public Scheduler(String filters) {
    this.filters = EnumSet.noneOf(Filter.class);
    for (var name : filters.split(",")) {
      if (!name.isBlank()) {
        this.filters.add(Filter.named(name.strip()));
      }
    }
  }

  /** A host that cannot have the server. */
  public record Rejection(String host, String filter, String reason) {}

  /** The hosts that can, best first, and those that cannot. */
  public record Choice(List<HostState> ranked, List<Rejection> rejected) {}

  public Choice choose(Wish wish, List<HostState> hosts) {
    var left = new ArrayList<HostState>(hosts.size());
    var rejected = new ArrayList<Rejection>();
    var asked = filters.stream().filter(f -> f.concerns(wish)).toList();
    for (var host : hosts) {
      var rejection = rejection(wish, host, asked);
      if (rejection == null) {
        left.add(host);
      } else {
        rejected.add(rejection);
      }
    }
    return new Choice(ranked(wish, left), rejected);
  }

  private static Rejection rejection(Wish wish, HostState host, List<Filter> filters) {
    var only = wish.forced() != null ? wish.forced() : wish.wanted();
    if (only != null && !only.equals(host.host())) {
      return new Rejection(host.host(), OTHER_HOST, "host " + only + " was asked for");
    }
    var barred = wish.barred().get(host.host());
    if (barred != null) {
      return new Rejection(host.host(), "IgnoredHosts", barred);
    }
    var failed = wish.tried().get(host.host());
    if (failed != null) {
      return new Rejection(host.host(), "Retry", "it was tried: " + failed);
    }
    if (wish.forced() == null) {
      for (var filter : filters) {
        var reason = filter.rejects(host, wish);
        if (reason != null) {
          return new Rejection(host.host(), filter.title, reason);
        }
      }
    }
    return host.offered()
        ? null
        : new Rejection(host.host(), "Placement", "not enough resources or traits");
  }

  private static List<HostState> ranked(Wish wish, List<HostState> hosts) {
    var weights = new double[hosts.size()];
    for (var weigher : Weigher.values()) {
      weigher.add(wish, hosts, weights);
    }
    var order = new long[weights.length];
    for (int i = 0; i < order.length; i++) {
      order[i] = sortable(0.0 - weights[i]) & -HOSTS_MAX | i;
    }
    Arrays.sort(order);
    var out = new ArrayList<HostState>(order.length);
    for (long key : order) {
      out.add(hosts.get((int) (key & HOSTS_MAX - 1)));
    }
    return out;
  }

  /** Bits that, as whole numbers, are in the order of the numbers they are the bits of. */
  private static long sortable(double v) {
    long bits = Double.doubleToLongBits(v);
    return bits ^ (bits >> 63 & Long.MAX_VALUE);
  }
}
