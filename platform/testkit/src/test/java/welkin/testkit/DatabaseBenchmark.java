package welkin.testkit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import welkin.store.Database;
import welkin.store.DatabaseUrl;
import welkin.store.Databases;
import welkin.store.Events;
import welkin.store.Quotas;

/**
 * What a write transaction costs (a quota taken, an event appended: what every create does) and
 * what a read by key costs, with 1 and with 32 threads. Durable on every engine: the servers run
 * with {@code welkin.test.durable}. Arguments: engines to measure.
 */
public final class DatabaseBenchmark {
  private static final Duration WARM = Duration.ofSeconds(4);
  private static final Duration TIME = Duration.ofSeconds(6);

  private DatabaseBenchmark() {}

  public static void main(String[] engines) throws Exception {
    System.setProperty("welkin.test.durable", "true");
    System.out.println(
        "| engine | work | threads | per second | p50 ms | p99 ms | CPU ms/op here |");
    System.out.println("|---|---|---:|---:|---:|---:|---:|");
    for (var engine : engines) {
      var url =
          switch (engine) {
            case "postgresql" -> PostgresServer.get().fresh();
            case "mariadb" -> MariadbServer.get().fresh();
            default -> DatabaseUrl.SQLITE;
          };
      var home = Files.createTempDirectory(Path.of("."), "benchmark");
      var databases = new Databases(url, home, Database.Durability.FULL, InstantSource.system());
      try (var db = databases.open("things", List.of());
          var second =
              url.equals(DatabaseUrl.SQLITE) ? null : databases.open("things", List.of())) {
        var quotas = new Quotas(Map.of("servers", -1L), 403);
        var events = new Events(InstantSource.system());
        Database.Action write =
            sql -> {
              quotas.take(sql, "p", "servers", 1);
              events.append(sql, "compute.instance.create.start", "p", "r", Map.of("a", "b"));
            };
        Database.Work<Long> read =
            sql -> sql.number("SELECT used FROM quota_usage WHERE project_id = ?", "p");
        for (int threads : new int[] {1, 32}) {
          measure(engine, "write", threads, n -> db.change(write));
        }
        if (second != null) {
          measure(engine, "write, 2 processes", 32, n -> (n % 2 == 0 ? db : second).change(write));
        }
        for (int threads : new int[] {1, 32}) {
          measure(engine, "read", threads, n -> db.<Long>read(read));
        }
      }
      try (var all = Files.walk(home)) {
        all.sorted(java.util.Comparator.reverseOrder()).forEach(p -> p.toFile().delete());
      }
    }
    System.exit(0);
  }

  private interface Work {
    void run(int thread);
  }

  private static void measure(String engine, String name, int threads, Work work)
      throws InterruptedException {
    run(threads, WARM, work);
    long cpu = cpu();
    var nanos = run(threads, TIME, work);
    cpu = cpu() - cpu;
    Arrays.sort(nanos);
    System.out.printf(
        "| %s | %s | %d | %.0f | %.2f | %.2f | %.3f |%n",
        engine,
        name,
        threads,
        nanos.length / (double) TIME.toSeconds(),
        nanos[nanos.length / 2] / 1e6,
        nanos[nanos.length * 99 / 100] / 1e6,
        cpu / 1e6 / nanos.length);
  }

  private static long cpu() {
    return ((com.sun.management.OperatingSystemMXBean)
            java.lang.management.ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static long[] run(int threads, Duration time, Work work) throws InterruptedException {
    var all = new long[4_000_000];
    var count = new AtomicInteger();
    var over = new AtomicBoolean();
    var started = new Thread[threads];
    for (int t = 0; t < threads; t++) {
      int n = t;
      started[t] =
          Thread.startVirtualThread(
              () -> {
                while (!over.get()) {
                  long begin = System.nanoTime();
                  work.run(n);
                  all[count.getAndIncrement()] = System.nanoTime() - begin;
                }
              });
    }
    Thread.sleep(time);
    over.set(true);
    for (var t : started) {
      t.join();
    }
    return Arrays.copyOf(all, count.get());
  }
}
