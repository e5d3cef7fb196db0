package welkin.agents.network;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The metadata proxy of one namespace: listens where guests ask and passes their requests, with the
 * asking address and the place they came from, to the agent's unix socket (a path is the same in
 * every network namespace).
 */
final class Haproxy {
  static final String NETWORK_HEADER = "X-Neutron-Network-ID";
  static final String ROUTER_HEADER = "X-Neutron-Router-ID";
  static final int ROUTER_PORT = 9697;

  private Haproxy() {}

  static String routerKey(String routerId) {
    return "md-r-" + routerId;
  }

  static String networkKey(String networkId) {
    return "md-n-" + networkId;
  }

  static Daemons.Spec router(String routerId, String ns, Daemons daemons, Path socket) {
    return spec(
        routerKey(routerId),
        ns,
        "0.0.0.0:" + ROUTER_PORT,
        ROUTER_HEADER,
        routerId,
        daemons,
        socket);
  }

  static Daemons.Spec network(String networkId, String ns, Daemons daemons, Path socket) {
    return spec(
        networkKey(networkId),
        ns,
        "169.254.169.254:80",
        NETWORK_HEADER,
        networkId,
        daemons,
        socket);
  }

  private static Daemons.Spec spec(
      String key, String ns, String bind, String header, String id, Daemons daemons, Path socket) {
    var dir = daemons.directory(key);
    var other = header.equals(NETWORK_HEADER) ? ROUTER_HEADER : NETWORK_HEADER;
    var text =
        """
        global
          maxconn 256
          nbthread 1
          pidfile %s
        defaults
          mode http
          timeout connect 5s
          timeout client 35s
          timeout server 35s
          timeout http-request 10s
        listen metadata
          bind %s
          option forwardfor
          http-request del-header X-Forwarded-For
          http-request del-header %s
          http-request set-header %s %s
          server agent unix@%s
        """
            .formatted(dir.resolve("pid"), bind, other, header, id, socket);
    var command =
        List.of(
            "haproxy",
            "-D",
            "-p",
            dir.resolve("pid").toString(),
            "-f",
            dir.resolve("haproxy.cfg").toString());
    return new Daemons.Spec(key, ns, command, Map.of("haproxy.cfg", text), Map.of());
  }
}
