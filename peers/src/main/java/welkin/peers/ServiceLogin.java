package welkin.peers;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.core.RequestContext;
import welkin.core.Secret;
import welkin.http.HttpRequest;

/**
 * The service user's token in a process that holds no token keys: a password login at Identity,
 * kept until shortly before it ends.
 */
public final class ServiceLogin implements TokenSource {
  private static final Duration RENEW = Duration.ofMinutes(5);

  private final Transport transport;
  private final InstantSource clock;
  private final String user;
  private final Secret password;
  private final String project;

  private record Held(Secret token, Instant until) {}

  private volatile Held held;

  public ServiceLogin(
      Transport transport, InstantSource clock, String user, Secret password, String project) {
    this.transport = transport;
    this.clock = clock;
    this.user = user;
    this.password = password;
    this.project = project;
  }

  @Override
  public Secret token() {
    var now = held;
    return now != null && clock.instant().isBefore(now.until) ? now.token : login();
  }

  @Override
  public void refused(Secret token) {
    var now = held;
    if (now != null && now.token.equals(token)) {
      held = null;
    }
  }

  /** One at a time: a password is dear to check. */
  private synchronized Secret login() {
    var now = held;
    if (now != null && clock.instant().isBefore(now.until)) {
      return now.token;
    }
    var domain = Map.of("id", "default");
    var body =
        Map.of(
            "auth",
            Map.of(
                "identity",
                Map.of(
                    "methods",
                    List.of("password"),
                    "password",
                    Map.of(
                        "user",
                        Map.of("name", user, "domain", domain, "password", password.reveal()))),
                "scope",
                Map.of("project", Map.of("name", project, "domain", domain))));
    var headers = new HashMap<String, String>();
    headers.put("content-type", "application/json");
    headers.put("x-openstack-request-id", RequestContext.current().requestId());
    var answer =
        transport.send(
            HttpRequest.of("POST", "/v3/auth/tokens?nocatalog", headers, Json.bytes(body), ""));
    var token = answer.header("X-Subject-Token");
    if (answer.status() == 401) {
      throw Fault.away(
          "Identity does not know the service user '"
              + user
              + "' with the password of service_user.password.",
          5);
    }
    if (answer.status() != 201 || token == null) {
      throw Fault.away("Identity gives no service token: it answered " + answer.status() + ".", 2);
    }
    var expires =
        Instant.parse(Json.parse(answer.bytes()).get("token").get("expires_at").stringValue());
    var left = Duration.between(clock.instant(), expires);
    var margin = left.compareTo(RENEW.multipliedBy(2)) > 0 ? RENEW : left.dividedBy(2);
    held = new Held(Secret.of(token), expires.minus(margin));
    return held.token;
  }
}
