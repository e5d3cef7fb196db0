package welkin.image;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import welkin.bus.InProcessBus;
import welkin.core.Caller;
import welkin.core.Config;
import welkin.core.Ids;
import welkin.core.Json;
import welkin.core.Secret;
import welkin.http.Answer;
import welkin.http.Door;
import welkin.http.HttpRequest;
import welkin.http.Metrics;
import welkin.peers.Peers;
import welkin.peers.Platform;
import welkin.peers.Transport;
import welkin.testkit.TestDatabases;

/** The Image service behind its door, with callers named {@code admin} or {@code project:role}. */
final class TestImages implements AutoCloseable {
  final Door door;
  final ImageService service;

  TestImages(Path home, Config config) {
    var clock = InstantSource.system();
    var metrics = new Metrics();
    door = new Door(t -> caller(t.reveal()), Ids.system(), metrics);
    service =
        new ImageService(
            new Platform(
                home,
                config,
                clock,
                Ids.system(),
                new InProcessBus(),
                door,
                metrics,
                TestDatabases.in(home, clock),
                "http://test",
                new Peers(Transport.direct(door), "http://test", () -> Secret.of("admin"))));
    service.apis().forEach(door::mount);
    service.start();
  }

  private static Caller caller(String token) {
    int colon = token.indexOf(':');
    var project = colon < 0 ? token : token.substring(0, colon);
    var roles =
        switch (colon < 0 ? token : token.substring(colon + 1)) {
          case "admin" -> List.of("admin", "manager", "member", "reader");
          case "member" -> List.of("member", "reader");
          default -> List.of("reader");
        };
    return new Caller(
        "u-" + project,
        project,
        "default",
        project,
        project,
        "default",
        null,
        false,
        roles,
        null,
        null);
  }

  Answer send(String who, String method, String path, Object body, String... headers) {
    return raw(
        who,
        method,
        path,
        body == null
            ? InputStream.nullInputStream()
            : new ByteArrayInputStream(body instanceof byte[] b ? b : Json.bytes(body)),
        -1,
        headers);
  }

  Answer raw(
      String who, String method, String path, InputStream body, long length, String... headers) {
    Map<String, String> h = new HashMap<>();
    h.put("x-auth-token", who);
    for (int i = 0; i < headers.length; i += 2) {
      h.put(headers[i], headers[i + 1]);
    }
    int q = path.indexOf('?');
    return door.handle(
        new HttpRequest(
            method,
            "/image/v2" + (q < 0 ? path : path.substring(0, q)),
            q < 0 ? null : path.substring(q + 1),
            h,
            body,
            length,
            "http://test",
            "127.0.0.1"));
  }

  JsonNode create(String who, Map<String, ?> body) {
    var answer = send(who, "POST", "/images", body, "content-type", "application/json");
    if (answer.status() != 201) {
      throw new AssertionError(answer.status() + " " + answer.body());
    }
    return Json.parse(answer.bytes());
  }

  String raw(String who, String name) {
    return create(who, Map.of("name", name, "disk_format", "raw", "container_format", "bare"))
        .get("id")
        .stringValue();
  }

  Answer upload(String who, String id, byte[] bytes) {
    return send(
        who, "PUT", "/images/" + id + "/file", bytes, "content-type", "application/octet-stream");
  }

  Answer patch(String who, String id, String changes) {
    return send(
        who,
        "PATCH",
        "/images/" + id,
        changes.getBytes(java.nio.charset.StandardCharsets.UTF_8),
        "content-type",
        "application/openstack-images-v2.1-json-patch");
  }

  JsonNode show(String who, String id) {
    return Json.parse(send(who, "GET", "/images/" + id, null).bytes());
  }

  List<String> names(String who, String query) {
    var answer = send(who, "GET", "/images" + query, null);
    if (answer.status() != 200) {
      throw new AssertionError(answer.status() + " " + answer.body());
    }
    return Json.parse(answer.bytes())
        .get("images")
        .valueStream()
        .map(i -> i.get("name").asString())
        .toList();
  }

  static byte[] body(Answer answer) {
    try (var out = new ByteArrayOutputStream()) {
      answer.stream().write(out);
      return out.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    service.close();
  }
}
