package welkin.trials;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Route;
import welkin.http.Service;
import welkin.http.Version;

/**
 * An administrator who may do everything says nonsense to every row of every service: no answer is
 * a 500, and the cloud works afterwards. {@code -Dtrials.seed=N} repeats the choices of a run,
 * {@code -Dtrials.seconds=N} makes it longer.
 */
class NonsenseTrialTest {
  private static final Pattern ID =
      Pattern.compile("[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
  private static final Set<String> CHANGING = Set.of("POST", "PUT", "PATCH");

  @TempDir Path home;

  private final long seed = Long.getLong("trials.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final Nonsense nonsense = new Nonsense(random);

  /** What the cloud itself lives on: looked at, never changed. */
  private final Set<String> itsOwn = new TreeSet<>();

  private final List<String> ids = new ArrayList<>();
  private final Map<String, String> wrong = new LinkedHashMap<>();
  private final Map<Integer, Integer> statuses = new HashMap<>();
  private TestCloud cloud;
  private TestCloud.Client admin;

  private record Row(Service service, Route route) {}

  @Test
  void noNonsenseIsAnsweredByAFailure() {
    System.out.println("seed " + seed + " (again with -Dtrials.seed=" + seed + ")");
    cloud = new TestCloud(home, 2);
    try {
      admin = cloud.admin();
      for (var path :
          List.of("projects", "users", "domains", "roles", "services", "endpoints", "regions")) {
        for (var one : admin.get("/v3/" + path).get(path)) {
          itsOwn.add(one.get("id").asString());
        }
      }
      furnish();
      var rows = rows();
      long end =
          System.nanoTime() + Duration.ofSeconds(Long.getLong("trials.seconds", 20)).toNanos();
      int sent = 0;
      for (; sent < rows.size() || System.nanoTime() < end; sent++) {
        // every row once at least, then any
        say(sent < rows.size() ? rows.get(sent) : rows.get(random.nextInt(rows.size())));
      }
      System.out.println(
          sent
              + " requests to "
              + rows.size()
              + " rows, answered by "
              + new TreeMap<>(statuses)
              + "; failures: "
              + wrong.size());
      assertThat(wrong.values()).as("seed " + seed).isEmpty();
      assertThat(cloud.admin().send("GET", "/compute/v2.1/servers/detail", null).status())
          .isEqualTo(200);
    } finally {
      cloud.close();
    }
  }

  /** One of each thing, so that there is something to talk about. */
  private void furnish() {
    var image = Things.image(admin);
    var flavor = Things.flavor(admin);
    var network = Things.network(admin, "net", "10.9.0.0/24");
    var server = Things.boot(admin, image, flavor, network);
    Things.awaitStatus(admin, server, "ACTIVE");
    admin.post("/network/v2.0/routers", "{\"router\": {\"name\": \"r\"}}");
    admin.post("/network/v2.0/security-groups", "{\"security_group\": {\"name\": \"s\"}}");
    admin.post("/compute/v2.1/os-keypairs", "{\"keypair\": {\"name\": \"k\"}}");
    admin.post(
        "/compute/v2.1/os-aggregates",
        "{\"aggregate\": {\"name\": \"a\", \"availability_zone\": \"z\"}}");
    cloud.newcomer("somebody", "member");
    for (var row : rows()) {
      if (row.route.method().equals("GET") && !row.route.path().contains("{")) {
        learn(admin.send("GET", row.service.mount() + row.route.path(), null));
      }
    }
  }

  private List<Row> rows() {
    var out = new ArrayList<Row>();
    for (var service : cloud.cloud().door().services()) {
      for (var route : service.rows()) {
        out.add(new Row(service, route));
      }
    }
    return out;
  }

  private void say(Row row) {
    var route = row.route;
    boolean changes = !route.method().equals("GET") && !route.method().equals("HEAD");
    var path = row.service.mount() + path(route.path(), changes);
    if (random.nextInt(100) < 30) {
      path += nonsense.query();
    }
    var headers = headers(row);
    var version = row.service.negotiation() == null ? null : version(row, headers);
    var body = CHANGING.contains(route.method()) ? nonsense.body(route, version) : null;
    long begin = System.nanoTime();
    var answer = admin.send(route.method(), path, body, headers.toArray(String[]::new));
    long millis = (System.nanoTime() - begin) / 1_000_000;
    statuses.merge(answer.status(), 1, Integer::sum);
    if (millis > 1000) {
      System.out.println(millis + " ms: " + row.service.name() + " " + route);
    }
    if (answer.status() >= 500 && answer.status() != 501 || millis > 20_000) {
      var told = row.service.name() + " " + route + " -> " + answer.status();
      wrong.putIfAbsent(
          told,
          "\n%s after %d ms: %s %s %s %s\n   %s"
              .formatted(
                  told, millis, route.method(), cut(path), headers, cut(body), cut(answer.body())));
    }
    learn(answer);
    if (answer.status() == 401 && !path.contains("/auth/")) {
      admin = cloud.admin();
    }
  }

  private static String cut(String text) {
    return text == null || text.length() < 700 ? text : text.substring(0, 700) + "...";
  }

  private String path(String template, boolean changes) {
    var out = new StringBuilder();
    var before = "";
    for (var segment : template.substring(1).split("/")) {
      out.append('/');
      if (!segment.startsWith("{")) {
        out.append(segment);
        before = segment;
      } else {
        int dice = random.nextInt(100);
        var id = dice < 80 ? nonsense.id(before) : dice < 90 ? nonsense.pick(ids) : null;
        out.append(
            id == null || changes && itsOwn.contains(id)
                ? nonsense.segment()
                : Nonsense.encoded(id));
      }
    }
    return out.toString();
  }

  private List<String> headers(Row row) {
    var out = new ArrayList<String>();
    if (random.nextInt(100) < 8) {
      out.add("idempotency-key");
      out.add(nonsense.pick(List.of("a", "b", "x".repeat(200), "")));
    }
    if (random.nextInt(100) < 4) {
      out.add(
          nonsense.pick(
              List.of(
                  "content-type", "accept", "range", "x-subject-token", "x-openstack-request-id")));
      out.add(nonsense.pick(List.of("", "text/plain", "bytes=9-1", "application/json; v=9", "\t")));
    }
    if (random.nextInt(100) < 2) {
      out.add("openstack-api-version");
      out.add(
          nonsense.pick(
              List.of("compute", "compute 2", "compute 9.99", "placement latest", "x y z")));
    }
    return out;
  }

  /** Asks for any version. */
  private Version version(Row row, List<String> headers) {
    var max = row.service.negotiation().max();
    var version = Version.of(max.major(), random.nextInt(max.minor() + 1));
    if (random.nextInt(3) == 0 || headers.contains("openstack-api-version")) {
      return max;
    }
    headers.add("openstack-api-version");
    headers.add(row.service.name() + " " + version);
    return version;
  }

  private void learn(Answer answer) {
    if (answer.status() >= 300
        || answer.bytes() == null
        || answer.bytes().length == 0
        || answer.bytes()[0] != '{') {
      return;
    }
    var node = Json.parse(answer.bytes());
    nonsense.learn(node);
    var found = new TreeSet<String>();
    ids(node, found);
    for (var id : found) {
      if (ids.size() < 300) {
        ids.add(id);
      } else {
        ids.set(random.nextInt(ids.size()), id);
      }
    }
  }

  private static void ids(JsonNode node, Set<String> out) {
    if (node.isString() && ID.matcher(node.asString()).matches()) {
      out.add(node.asString());
    } else {
      node.forEach(child -> ids(child, out));
    }
  }
}
