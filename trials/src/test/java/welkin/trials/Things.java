package welkin.trials;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.testkit.Eventually.eventually;

import tools.jackson.databind.JsonNode;

/** What most trials need first: an image, a flavor, a network, a server. */
final class Things {
  private Things() {}

  static String image(TestCloud.Client admin) {
    var image =
        admin.post(
            "/image/v2/images",
            "{\"name\": \"tiny\", \"disk_format\": \"raw\", \"container_format\": \"bare\","
                + " \"visibility\": \"public\"}");
    var id = image.get("id").asString();
    var answer =
        admin.send(
            "PUT",
            "/image/v2/images/" + id + "/file",
            "x".repeat(4096),
            "content-type",
            "application/octet-stream");
    assertThat(answer.status()).as(answer.body()).isEqualTo(204);
    return id;
  }

  static String flavor(TestCloud.Client admin) {
    return admin
        .post(
            "/compute/v2.1/flavors",
            "{\"flavor\": {\"name\": \"nano\", \"ram\": 64, \"vcpus\": 1, \"disk\": 1}}")
        .at("/flavor/id")
        .asString();
  }

  static String network(TestCloud.Client who, String name, String cidr) {
    var network =
        who.post("/network/v2.0/networks", "{\"network\": {\"name\": \"" + name + "\"}}")
            .at("/network/id")
            .asString();
    who.post(
        "/network/v2.0/subnets",
        "{\"subnet\": {\"network_id\": \"%s\", \"ip_version\": 4, \"cidr\": \"%s\"}}"
            .formatted(network, cidr));
    return network;
  }

  static JsonNode awaitStatus(TestCloud.Client who, String server, String wanted) {
    var last = new JsonNode[1];
    eventually(
        "server " + wanted,
        java.time.Duration.ofSeconds(30),
        () -> {
          last[0] = who.get("/compute/v2.1/servers/" + server).get("server");
          var status = last[0].get("status").asString();
          return status.equals(wanted) || status.equals("ERROR");
        },
        () -> String.valueOf(last[0]));
    assertThat(last[0].get("status").asString()).as(last[0].toString()).isEqualTo(wanted);
    return last[0];
  }

  static String boot(
      TestCloud.Client who, String image, String flavor, String network, String... headers) {
    return who.post(
            "/compute/v2.1/servers",
            """
            {"server": {"name": "first", "imageRef": "%s", "flavorRef": "%s", "networks": [{"uuid": "%s"}]}}
            """
                .formatted(image, flavor, network),
            headers)
        .at("/server/id")
        .asString();
  }
}
