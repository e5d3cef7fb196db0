package welkin.compute;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import welkin.core.Fault;
import welkin.core.Ids;
import welkin.http.Answer;
import welkin.http.Door;
import welkin.http.Routes;
import welkin.http.Service;
import welkin.http.policy.PolicyEngine;
import welkin.peers.Peers;

/**
 * The services beside Compute, in memory: as much of their public APIs as Compute speaks, at the
 * same door.
 */
final class Neighbours {
  final Set<String> projects = ConcurrentHashMap.newKeySet();

  Neighbours(Door door, Ids ids, Peers peers) {
    projects.add("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
    projects.add("cccccccccccccccccccccccccccccccc");
    var identity = new Routes("/v3");
    identity.get(
        "/projects/{id}",
        c -> {
          if (!projects.contains(c.path("id"))) {
            throw Fault.notFound("Could not find project: " + c.path("id") + ".");
          }
          return Answer.ok(Map.of("project", Map.of("id", c.path("id"))));
        });
    mount(door, "identity", identity);
  }

  static void mount(Door door, String name, Routes routes) {
    door.mount(
        Service.of(
            name,
            "/" + name,
            routes,
            (fault, id) ->
                Answer.json(
                    fault.status(),
                    Map.of(
                        "NeutronError",
                        Map.of("type", fault.code(), "message", fault.getMessage()))),
            PolicyEngine.of(Map.of()),
            null));
  }
}
