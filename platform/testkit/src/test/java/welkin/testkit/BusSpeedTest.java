package welkin.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import welkin.bus.Bus;
import welkin.bus.Buses;
import welkin.core.Ids;

/**
 * What a call over RabbitMQ costs: two processes' buses in one JVM, a body of about 600 bytes each
 * way. {@code -Dbus.seconds=5} measures longer; docs/benchmarks.md has the figures.
 */
@Tag("real")
class BusSpeedTest {
  private static final int SECONDS = Integer.getInteger("bus.seconds", 1);

  @Test
  void aCallCostsAFractionOfAMillisecond() throws Exception {
    try (var server = RabbitServer.start();
        var host = Buses.open(server.url(), InstantSource.system(), Ids.system());
        var caller = Buses.open(server.url(), InstantSource.system(), Ids.system())) {
      host.offer(
          BusContract.Desk.class,
          "node-1",
          new BusContract.Clerk("clerk") {
            @Override
            public BusContract.Parcel echo(BusContract.Parcel parcel) {
              return parcel;
            }
          });
      assertThat(caller.awaitHost(BusContract.Desk.class, "node-1", Duration.ofSeconds(30)))
          .isTrue();
      measure("warm-up", server, caller, 32);
      System.out.println(
          "| callers | calls/s | p50 ms | p99 ms | CPU us/call, both JVM sides | CPU us/call,"
              + " broker |");
      for (int callers : new int[] {1, 32}) {
        System.out.println(measure("| " + callers, server, caller, callers));
      }
    }
  }

  private static String measure(String label, RabbitServer server, Bus bus, int callers)
      throws Exception {
    var desk = bus.client(BusContract.Desk.class, "node-1");
    var parcel = BusContract.parcel("x".repeat(250));
    long jvm = jvmNanos();
    long broker = ticks(server.pid());
    long begun = System.nanoTime();
    long end = begun + Duration.ofSeconds(SECONDS).toNanos();
    var latencies = new long[callers][];
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int c = 0; c < callers; c++) {
        int mine = c;
        threads.submit(
            () -> {
              var all = new long[SECONDS * 20_000];
              int n = 0;
              for (long t = System.nanoTime(); t < end && n < all.length; n++) {
                assertThat(desk.echo(parcel)).isNotNull();
                long now = System.nanoTime();
                all[n] = now - t;
                t = now;
              }
              latencies[mine] = Arrays.copyOf(all, n);
            });
      }
    }
    double seconds = (System.nanoTime() - begun) / 1e9;
    var all = Arrays.stream(latencies).flatMapToLong(Arrays::stream).sorted().toArray();
    assertThat(all.length).isPositive();
    return "%s | %.0f | %.2f | %.2f | %.0f | %.0f |"
        .formatted(
            label,
            all.length / seconds,
            all[all.length / 2] / 1e6,
            all[(int) (all.length * 0.99)] / 1e6,
            (jvmNanos() - jvm) / 1e3 / all.length,
            (ticks(server.pid()) - broker) * 10_000.0 / all.length);
  }

  private static long jvmNanos() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  /** User and system time of a process in ticks of 10 ms. */
  private static long ticks(long pid) throws Exception {
    var stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
  }
}
