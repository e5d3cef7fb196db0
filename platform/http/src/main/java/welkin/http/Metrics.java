package welkin.http;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import welkin.store.Statements;

/** What the process counts, at {@code /metrics} in Prometheus' text format. */
public final class Metrics {
  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final Counter requests =
      Counter.builder()
          .name("welkin_http_requests_total")
          .help("Requests by service, route and status.")
          .labelNames("service", "route", "status")
          .withoutExemplars() // there are no traces to give examples from
          .register(registry);
  private final Counter statements =
      Counter.builder()
          .name("welkin_http_statements_total")
          .help("SQL statements by service and route, those of services asked in this process too.")
          .labelNames("service", "route")
          .withoutExemplars()
          .register(registry);
  private final Histogram seconds =
      Histogram.builder()
          .name("welkin_http_request_seconds")
          .help("Time to answer by service.")
          .labelNames("service")
          .classicUpperBounds(0.001, 0.005, 0.02, 0.1, 0.5, 2, 10)
          .classicOnly()
          .withoutExemplars()
          .register(registry);
  private final Map<String, io.prometheus.metrics.core.datapoints.DistributionDataPoint> byService =
      new ConcurrentHashMap<>();

  public Metrics() {
    JvmMetrics.builder().register(registry);
    CounterWithCallback.builder()
        .name("welkin_statements_total")
        .help("SQL statements of this process, those of its background work too.")
        .callback(told -> told.call(Statements.ofAllThreads()))
        .register(registry);
  }

  public PrometheusRegistry registry() {
    return registry;
  }

  void served(String service, String route, int status, long nanos, long asked) {
    requests.labelValues(service, route, Integer.toString(status)).inc();
    statements.labelValues(service, route).inc(asked);
    byService.computeIfAbsent(service, seconds::labelValues).observe(nanos / 1e9);
  }

  Answer scrape() {
    var writer = PrometheusTextFormatWriter.create();
    return Answer.stream(
        200,
        writer.getContentType(),
        -1,
        out -> {
          try {
            writer.write(out, registry.scrape());
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        });
  }
}
