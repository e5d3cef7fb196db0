package welkin.trials;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import welkin.http.Route;
import welkin.http.Service;

/**
 * Visits every row of every service: guarded without a token, closed to strangers, read-only to
 * readers, never a 500.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RouteWalkTest {
  private static final String NOBODYS = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";

  TestCloud cloud;
  TestCloud.Client stranger;
  TestCloud.Client reader;

  @BeforeAll
  void start(@TempDir Path home) {
    cloud = new TestCloud(home, 1);
    stranger = cloud.newcomer("stranger", "member");
    reader = cloud.newcomer("reader", "reader");
  }

  @AfterAll
  void stop() {
    cloud.close();
  }

  private record Visit(Service service, Route row) {
    String path() {
      return service.mount() + row.path().replaceAll("\\{[^}]*}", NOBODYS);
    }

    String body() {
      if (row.action() != null) {
        return "{\"" + row.action() + "\": {}}";
      }
      return List.of("POST", "PUT", "PATCH").contains(row.method()) ? "{}" : null;
    }

    @Override
    public String toString() {
      return service.name() + " " + row;
    }
  }

  private List<Visit> visits() {
    var out = new ArrayList<Visit>();
    for (var service : cloud.cloud().door().services()) {
      for (var row : service.rows()) {
        if (!row.isOpen()) {
          out.add(new Visit(service, row));
        }
      }
    }
    return out;
  }

  @Test
  void thereAreRowsToVisit() {
    assertThat(visits()).hasSizeGreaterThan(200);
  }

  @Test
  void everyRowIsClosedWithoutAToken() {
    var wrong = new ArrayList<String>();
    for (var visit : visits()) {
      for (var client : List.of(cloud.new Client(null), cloud.new Client("gAAAAABnot-a-token"))) {
        var answer = client.send(visit.row.method(), visit.path(), visit.body());
        if (answer.status() != 401 || TestCloud.header(answer, "WWW-Authenticate") == null) {
          wrong.add(visit + " -> " + answer.status());
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  /** Bodies and ids of the wrong kind, with every right: validation must stop them, not a crash. */
  @Test
  void noRowBreaksOnWhatAnAdministratorMistypes() {
    var admin = cloud.admin();
    var wrong = new ArrayList<String>();
    var bodies = List.of("[]", "null", "\"text\"", "{\"a\": [1, {\"b\": null}]}", "{", "\u0000");
    for (var visit : visits()) {
      for (var id : List.of("0", "%00", "..", "a%20b", "%F0%9F%98%80", "x".repeat(300), "-1")) {
        var path = visit.service.mount() + visit.row.path().replaceAll("\\{[^}]*}", id);
        if (!visit.row.method().equals("GET") && visit.row.path().contains("{")) {
          note(admin, visit, path, visit.body(), wrong);
        } else if (visit.row.method().equals("GET")) {
          note(admin, visit, path + "?limit=x&marker=" + id + "&sort_key=" + id, null, wrong);
        }
      }
      if (visit.body() != null) {
        for (var body : bodies) {
          note(admin, visit, visit.path(), body, wrong);
        }
        if (visit.row.action() != null) {
          for (var value : List.of("null", "[]", "1", "\"x\"", "{\"x\": {}}")) {
            var body = "{\"" + visit.row.action() + "\": " + value + "}";
            note(admin, visit, visit.path(), body, wrong);
          }
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  private static void note(
      TestCloud.Client who, Visit visit, String path, String body, List<String> wrong) {
    var answer = who.send(visit.row.method(), path, body);
    if (answer.status() >= 500 && answer.status() != 501) {
      wrong.add(visit + " at " + path + " with " + body + " -> " + answer.status());
    }
  }

  @Test
  void noRowBreaksOnAStrangersNonsense() {
    var wrong = new ArrayList<String>();
    for (var visit : visits()) {
      var answer = stranger.send(visit.row.method(), visit.path(), visit.body());
      boolean aboutOne = visit.row.path().contains("{");
      if (answer.status() >= 500 && answer.status() != 501) {
        wrong.add(visit + " -> " + answer.status() + " " + answer.body());
      } else if (aboutOne && answer.status() < 300 && visit.row.method().equals("DELETE")) {
        wrong.add(visit + " -> " + answer.status() + " for something that is not there");
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void aReaderChangesNothing() {
    var wrong = new ArrayList<String>();
    for (var visit : visits()) {
      if (visit.row.method().equals("GET") || visit.row.method().equals("HEAD")) {
        continue;
      }
      var answer = reader.send(visit.row.method(), visit.path(), visit.body());
      if (answer.status() < 300) {
        wrong.add(visit + " -> " + answer.status());
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void unknownPathsAndMethodsAreToldApart() {
    var admin = cloud.admin();
    assertThat(admin.send("GET", "/compute/v2.1/no-such-thing", null).status()).isEqualTo(404);
    assertThat(admin.send("PATCH", "/compute/v2.1/os-keypairs", "{}").status()).isEqualTo(405);
    assertThat(admin.send("GET", "/nowhere", null).status()).isEqualTo(404);
  }

  @Test
  void aBodyTooLargeIsRefused() {
    var big = "{\"keypair\": {\"name\": \"" + "x".repeat(2 << 20) + "\"}}";
    assertThat(stranger.send("POST", "/compute/v2.1/os-keypairs", big).status()).isEqualTo(413);
  }
}
