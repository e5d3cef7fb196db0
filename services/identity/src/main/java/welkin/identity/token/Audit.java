package welkin.identity.token;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.core.RequestContext;
import welkin.http.Call;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Cadf;

/**
 * Every login, and every refused one, in the event log ({@code identity.authenticate}). A login
 * changes no row, so it does not wait for its record: records are written together a moment later.
 * A killed process loses those of its last tenth of a second.
 */
public final class Audit implements AutoCloseable {
  private static final int NAMED_MAX = 255;

  private static final Logger log = LoggerFactory.getLogger(Audit.class);
  private static final int WAITING_MAX = 20_000;
  private static final int TOGETHER_MAX = 500;
  private static final long PAUSE_MS = 100;

  /** What happened in which request, to whom. */
  private record Entry(RequestContext context, String userId, ObjectNode payload) {}

  private final Backend backend;
  private final BlockingQueue<Entry> waiting = new ArrayBlockingQueue<>(WAITING_MAX);
  private Thread writer;

  public Audit(Backend backend) {
    this.backend = backend;
  }

  /** Begins to write. */
  public void start() {
    writer = Thread.ofVirtual().name("audit").start(this::work);
  }

  /** Somebody is recognised. */
  public void authenticated(Call call, Token token) {
    var payload = event(call, "success", token.caller(), token.payload().userId());
    var initiator = (ObjectNode) payload.get("initiator");
    initiator.put("username", token.caller().userName());
    payload.set("methods", Json.tree(token.payload().methods()));
    var audit = token.payload().auditIds().getFirst();
    payload.put("audit_id", audit);
    var federation = token.payload().federation();
    if (federation != null) {
      initiator.set(
          "credential",
          credential(
              federation.identityProviderId(),
              token.payload().userId(),
              audit,
              federation.groupIds()));
    }
    add(call, token.caller(), token.payload().userId(), payload);
  }

  /** A federated login was refused. */
  public void refused(Call call, String identityProviderId, Fault fault) {
    var payload = event(call, "failure", Caller.ANONYMOUS, "-");
    payload
        .putObject("reason")
        .put("reasonType", "HTTP")
        .put("reasonCode", String.valueOf(fault.status()));
    ((ObjectNode) payload.get("initiator"))
        .set("credential", credential(identityProviderId, "unknown", "unknown", List.of()));
    add(call, Caller.ANONYMOUS, null, payload);
  }

  /** CADF's federated credential; keystone gives every protocol's the type of SAML's. */
  private static ObjectNode credential(
      String identityProviderId, String userId, String token, List<String> groupIds) {
    var out = Json.object();
    out.put("type", "http://docs.oasis-open.org/security/saml/v2.0");
    out.put("token", token);
    out.put("identity_provider", identityProviderId);
    out.put("user", userId);
    out.set("groups", Json.tree(groupIds));
    return out;
  }

  /** Another factor is asked for. */
  void more(Call call, Receipt receipt) {
    var user = receipt.user().id();
    add(call, Caller.ANONYMOUS, user, event(call, "pending", Caller.ANONYMOUS, user));
  }

  void refused(Call call, ObjectNode auth, Fault fault) {
    refusedAs(call, named(auth), fault);
  }

  /**
   * Somebody is not recognised.
   *
   * @param named whom the request claimed to be, or null
   */
  public void refusedAs(Call call, String named, Fault fault) {
    var payload = event(call, "failure", Caller.ANONYMOUS, "-");
    payload
        .putObject("reason")
        .put("reasonType", "HTTP")
        .put("reasonCode", String.valueOf(fault.status()));
    if (named != null) {
      ((ObjectNode) payload.get("initiator")).put("username", cut(named));
    }
    add(call, Caller.ANONYMOUS, null, payload);
  }

  /** Not within a character. */
  private static String cut(String named) {
    return named.codePointCount(0, named.length()) > NAMED_MAX
        ? named.substring(0, named.offsetByCodePoints(0, NAMED_MAX))
        : named;
  }

  /** Whom the request claimed to be, by id or name: never anything it offered as proof. */
  private static String named(ObjectNode auth) {
    for (var method : List.of("password", "totp", "application_credential")) {
      JsonNode user = auth.path("identity").path(method).path("user");
      for (var field : List.of("id", "name")) {
        if (user.path(field).isString()) {
          return user.get(field).stringValue();
        }
      }
    }
    return null;
  }

  private ObjectNode event(Call call, String outcome, Caller caller, String target) {
    var payload =
        Cadf.event(
            backend.ids().uuid(),
            backend.clock().instant(),
            "authenticate",
            outcome,
            caller,
            RequestContext.current().requestId(),
            "user",
            target);
    var host = ((ObjectNode) payload.get("initiator")).putObject("host");
    host.put("address", call.request().remote());
    host.put("agent", call.header("user-agent"));
    return payload;
  }

  private void add(Call call, Caller caller, String userId, ObjectNode payload) {
    var now = RequestContext.current();
    // without its idempotency key: this is not what the key stands for
    var context = new RequestContext(now.requestId(), now.globalRequestId(), caller, null);
    if (!waiting.offer(new Entry(context, userId, payload))) {
      log.warn("too many logins to write down; one of {} is missing", call.request().remote());
    }
  }

  private void work() {
    try {
      while (true) {
        var first = waiting.take();
        TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
        write(first);
      }
    } catch (InterruptedException e) {
      // closing writes the rest
    }
  }

  private void write(Entry first) {
    var batch = new ArrayList<Entry>();
    if (first != null) {
      batch.add(first);
    }
    waiting.drainTo(batch, TOGETHER_MAX);
    if (batch.isEmpty()) {
      return;
    }
    try {
      backend
          .database()
          .change(
              sql ->
                  batch.forEach(
                      e ->
                          e.context.run(
                              () ->
                                  backend
                                      .events()
                                      .append(
                                          sql,
                                          "identity.authenticate",
                                          null,
                                          e.userId,
                                          e.payload))));
    } catch (RuntimeException e) {
      log.error("{} logins could not be written down", batch.size(), e);
    }
  }

  /** Writes what waits. */
  @Override
  public void close() {
    if (writer != null) {
      writer.interrupt();
      try {
        writer.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    while (!waiting.isEmpty()) {
      write(null);
    }
  }
}
