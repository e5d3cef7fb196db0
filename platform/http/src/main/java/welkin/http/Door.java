package welkin.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.Ids;
import welkin.core.RequestContext;
import welkin.core.Secret;
import welkin.core.TransactionGuard;
import welkin.store.DatabaseUnavailable;
import welkin.store.Idempotency;
import welkin.store.KeyTaken;
import welkin.store.Statements;

/**
 * The one door: every request of every service passes here, from a socket or from a peer in the
 * same process, through the same stages in the same order: find the service, name the request,
 * negotiate the version, authenticate, find the row, check the rule, check the body, honour an
 * idempotency key, call the handler, render faults.
 */
public final class Door {
  private static final Logger log = LoggerFactory.getLogger(Door.class);
  private static final Logger access = LoggerFactory.getLogger("welkin.access");

  private static final Pattern GLOBAL_ID = Pattern.compile("req-[0-9a-fA-F-]{36}");

  private static final Duration SAME_KEY_WAIT = Duration.ofSeconds(30);

  /** How long an answer is given again, looked at each so many keys. */
  private static final Duration KEYS_KEPT = Duration.ofDays(1);

  private static final int FORGET_EVERY = 1_000;

  private record Mounted(Service service, Router router) {}

  private final Authenticator authenticator;
  private final Ids ids;
  private final Idempotency idempotency = new Idempotency();

  /** Keys being used here, which spares their other requests from trying. */
  private final Map<String, CountDownLatch> inFlight = new ConcurrentHashMap<>();

  private final AtomicLong keysKept = new AtomicLong();
  private final Metrics metrics;
  private volatile List<Mounted> mounted = List.of();

  public Door(Authenticator authenticator, Ids ids, Metrics metrics) {
    this.authenticator = authenticator;
    this.ids = ids;
    this.metrics = metrics;
  }

  /** Adds a service; the longest mount that matches a path wins. */
  public synchronized void mount(Service service) {
    for (var row : service.rows()) {
      if (row.policy != null && !service.policy().has(row.policy)) {
        throw new IllegalStateException(
            service.name() + ": " + row + " names an unknown rule " + row.policy);
      }
    }
    var next = new ArrayList<>(mounted);
    var rows = new ArrayList<>(service.rows());
    rows.addAll(new Documents(service).rows());
    next.add(new Mounted(service, new Router(rows)));
    next.sort(Comparator.comparingInt((Mounted m) -> m.service.mount().length()).reversed());
    mounted = List.copyOf(next);
  }

  public List<Service> services() {
    return mounted.stream().map(Mounted::service).toList();
  }

  /** Answers a request; never throws. */
  public Answer handle(HttpRequest request) {
    TransactionGuard.mustBeOutside("an API call");
    long start = System.nanoTime();
    long before = Statements.soFar();
    var requestId = ids.requestId();
    MDC.put("request", requestId);
    Stage stage = new Stage(request, requestId);
    Answer answer;
    try {
      answer = stage.run();
    } catch (Throwable t) {
      answer = stage.failed(t);
    } finally {
      MDC.remove("request");
    }
    answer = answer.with("x-openstack-request-id", requestId);
    if (stage.mounted != null && stage.mounted.service.name().equals("compute")) {
      answer = answer.with("x-compute-request-id", requestId);
    }
    if (stage.mounted != null) {
      for (var header : stage.mounted.service.always().entrySet()) {
        answer = answer.with(header.getKey(), header.getValue());
      }
    }
    if (stage.version != null) {
      answer = stage.mounted.service.negotiation().tell(answer, stage.version);
    }
    long nanos = System.nanoTime() - start;
    metrics.served(
        stage.mounted == null ? "-" : stage.mounted.service.name(),
        stage.call == null || stage.call.route == null ? "-" : stage.call.route.toString(),
        answer.status(),
        nanos,
        Statements.soFar() - before);
    if (access.isInfoEnabled()) {
      access.info(
          "{} {} {} {} {} {}us",
          requestId,
          request.remote(),
          request.method(),
          stage.address(),
          answer.status(),
          nanos / 1000);
    }
    return answer;
  }

  /** One request on its way through the stages. */
  private final class Stage {
    final HttpRequest request;
    final String requestId;
    Mounted mounted;
    Version version;
    Call call;

    Stage(HttpRequest request, String requestId) {
      this.request = request;
      this.requestId = requestId;
    }

    Answer run() {
      mounted = service(request.path());
      if (mounted == null) {
        throw Fault.notFound("The resource could not be found.");
      }
      var service = mounted.service;
      var below = request.path().substring(service.mount().length());
      var path = service.rewrite().apply(below.isEmpty() ? "/" : trimmed(below));
      var candidates = mounted.router.find(path);
      boolean open = candidates.stream().anyMatch(r -> r.open && r.method.equals(method()));
      if (service.negotiation() != null && !open) {
        version = service.negotiation().choose(request);
      }
      var caller = authenticate(open || !service.authFirst() && candidates.isEmpty());
      if (!open && !mayCall(caller, service, below)) {
        throw Fault.unauthorized(
            "The application credential's access rules do not allow " + method() + " " + below);
      }
      call = new Call(request, service, path, caller, version);
      var globalId = request.header("x-openstack-request-id");
      if (globalId != null && !GLOBAL_ID.matcher(globalId).matches()) {
        globalId = null;
      }
      call.route = choose(candidates);
      call.parameters = Router.parameters(call.route, path);
      var claim = claim(service, caller);
      var context = new RequestContext(requestId, globalId, caller, claim);
      return context.call(() -> claim == null ? serve() : serveOnce(claim));
    }

    private String method() {
      return request.method();
    }

    /**
     * Path and query as they are written down. What stands in a query is written where a row served
     * it that needs a token: filters and pages. Everywhere else, at open rows, to which browsers
     * bring codes and assertions, and where no row was found or nobody recognised, names alone.
     */
    String address() {
      var query = request.query();
      if (query == null) {
        return request.path();
      }
      boolean known = call != null && call.route != null && !call.route.open;
      return request.path() + "?" + (known ? query : names(query));
    }

    private static String names(String query) {
      return Arrays.stream(query.split("&"))
          .map(p -> p.substring(0, Math.max(0, p.indexOf('='))) + "=*")
          .collect(Collectors.joining("&"));
    }

    private Caller authenticate(boolean mayBeAnonymous) {
      var token = request.header("x-auth-token");
      if (token == null || token.isEmpty()) {
        token = mayBeAnonymous ? null : bearer();
      }
      if (token == null) {
        if (mayBeAnonymous) {
          return Caller.ANONYMOUS;
        }
        throw Fault.unauthorized("The request you have made requires authentication.");
      }
      try {
        return authenticator.authenticate(Secret.of(token));
      } catch (Fault f) {
        if (mayBeAnonymous) {
          return Caller.ANONYMOUS;
        }
        throw f;
      }
    }

    /** How OAuth 2.0 clients show their token (RFC 6750); an open row may mean others by it. */
    private String bearer() {
      var said = request.header("authorization");
      return said != null && said.regionMatches(true, 0, "Bearer ", 0, 7)
          ? said.substring(7).strip()
          : null;
    }

    /**
     * Whether the access rules of an application credential allow this call. A service that calls
     * for a user, and says so with a token of its own, is not bound by them.
     */
    private boolean mayCall(Caller caller, Service service, String below) {
      if (caller.mayCall(service.name(), method(), below)
          || caller.mayCall(service.name(), method(), request.path())) {
        return true;
      }
      var helper = request.header("x-service-token");
      return helper != null && authenticator.authenticate(Secret.of(helper)).hasRole("service");
    }

    private Route choose(List<Route> candidates) {
      if (candidates.isEmpty()) {
        throw Fault.notFound("The resource could not be found.");
      }
      var methods = new TreeSet<String>();
      String key = null;
      Route outOfVersion = null;
      boolean actions = false;
      for (var row : candidates) {
        methods.add(row.method);
        if (!row.method.equals(method())) {
          continue;
        }
        if (row.action != null) {
          actions = true;
          if (key == null) {
            key = actionKey();
          }
          if (!row.action.equals(key)) {
            continue;
          }
        }
        if (row.in(version)) {
          return row;
        }
        outOfVersion = row;
      }
      if (method().equals("HEAD")) {
        for (var row : candidates) {
          if (row.method.equals("GET") && row.in(version)) {
            return row;
          }
        }
      }
      if (outOfVersion != null) {
        if (outOfVersion.action != null) {
          throw Fault.badRequest("There is no such action: " + outOfVersion.action);
        }
        throw Fault.notFound("The resource could not be found.");
      }
      if (actions) {
        throw Fault.badRequest("There is no such action: " + key);
      }
      throw Fault.of(
              405,
              "MethodNotAllowed",
              "The method " + method() + " is not allowed for this resource.")
          .with("allow", String.join(", ", methods));
    }

    /**
     * The one key of an action's body. The call reads the body through a provisional row, for its
     * size limit.
     */
    private String actionKey() {
      var body = call.object();
      if (body.size() != 1) {
        throw Fault.badRequest("Malformed request body: an action has exactly one key");
      }
      return body.propertyNames().iterator().next();
    }

    private RequestContext.IdempotencyClaim claim(Service service, Caller caller) {
      var key = request.header("idempotency-key");
      if (key == null
          || !method().equals("POST")
          || service.database() == null
          || call.route.rawBody) {
        return null;
      }
      if (key.length() > 128) {
        throw Fault.badRequest("Idempotency-Key is longer than 128 characters.");
      }
      var who = caller.userId() + "/" + caller.projectId() + "/" + key;
      var what = method() + " " + request.path() + "?" + request.query() + "\n" + call.json();
      return new RequestContext.IdempotencyClaim(sha256(who), sha256(what), requestId);
    }

    /**
     * The first answer again for a key that was used; the same key with another request is refused.
     * Of requests at the same time, here or in another process, one makes the thing and the others
     * wait for its answer.
     */
    private Answer serveOnce(RequestContext.IdempotencyClaim claim) {
      var mine = new CountDownLatch(1);
      long end = System.nanoTime() + SAME_KEY_WAIT.toNanos();
      for (var other = inFlight.putIfAbsent(claim.key(), mine);
          other != null;
          other = inFlight.putIfAbsent(claim.key(), mine)) {
        if (!awaited(other, end)) {
          throw Fault.conflict(
              "A request with this Idempotency-Key is being served; ask again when it has ended.");
        }
      }
      try {
        var kept = kept(claim);
        return kept.isPresent() ? answered(claim, kept.get()) : first(claim);
      } finally {
        inFlight.remove(claim.key(), mine);
        mine.countDown();
      }
    }

    /** The answer is kept before it is given: who has seen it may count on seeing it again. */
    private Answer first(RequestContext.IdempotencyClaim claim) {
      try {
        var answer = serve();
        if (answer.status() < 300) {
          keep(claim, answer);
        }
        return answer;
      } catch (KeyTaken faster) {
        return answered(claim, kept(claim).orElseThrow(() -> faster));
      } catch (Fault refused) {
        // perhaps only because what it asks for is there by now
        var others = kept(claim).filter(k -> !claim.holder().equals(k.holder()));
        return answered(claim, others.orElseThrow(() -> refused));
      }
    }

    private boolean awaited(CountDownLatch other, long end) {
      try {
        return other.await(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }

    private Optional<Idempotency.Kept> kept(RequestContext.IdempotencyClaim claim) {
      return mounted.service.database().read(sql -> idempotency.find(sql, claim.key()));
    }

    private Answer answered(RequestContext.IdempotencyClaim claim, Idempotency.Kept first) {
      if (!first.fingerprint().equals(claim.fingerprint())) {
        throw Fault.of(
            422, "IdempotencyKeyReused", "This Idempotency-Key was used for a different request.");
      }
      var kept = first;
      for (int pause = 5;
          kept.status() == null && kept.underWay();
          pause = Math.min(200, 2 * pause)) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(pause));
        kept = kept(claim).orElse(kept);
      }
      return kept.status() != null ? again(kept) : remade(kept);
    }

    private void keep(RequestContext.IdempotencyClaim claim, Answer answer) {
      boolean kept = claim.kept().get();
      boolean forgets = keysKept.incrementAndGet() % FORGET_EVERY == 0;
      if (kept && !forgets) {
        return;
      }
      var text = answer.kept();
      mounted
          .service
          .database()
          .change(
              sql -> {
                if (!kept) {
                  idempotency.answered(sql, claim, text);
                }
                if (forgets) {
                  idempotency.forgetBefore(sql, sql.now().minus(KEYS_KEPT));
                }
              });
    }

    /** The answer that was kept. */
    private Answer again(Idempotency.Kept kept) {
      var doc = welkin.core.Json.parse(kept.answer());
      var headers = new java.util.LinkedHashMap<String, String>();
      doc.get("headers").forEachEntry((k, v) -> headers.put(k, v.stringValue()));
      headers.put("Idempotency-Replayed", "true");
      return new Answer(
          kept.status(),
          headers,
          doc.get("body").stringValue().getBytes(StandardCharsets.UTF_8),
          null,
          -1);
    }

    private Answer remade(Idempotency.Kept kept) {
      var row = call.route;
      if (row.show == null) {
        throw lost(kept, ".");
      }
      var show =
          mounted.service.rows().stream()
              .filter(r -> r.method.equals("GET") && r.path.endsWith(row.show) && r.in(version))
              .findFirst()
              .orElseThrow();
      var parameters = new java.util.LinkedHashMap<>(call.parameters);
      var name = show.path.substring(show.path.lastIndexOf('{') + 1, show.path.lastIndexOf('}'));
      parameters.put(name, kept.resourceId());
      call.route = show;
      call.parameters = parameters;
      try {
        var shown = serve();
        return new Answer(row.success, shown.headers(), shown.bytes(), null, -1)
            .with("Idempotency-Replayed", "true");
      } catch (Fault f) {
        if (f.status() == 404) {
          throw lost(kept, ", and what it made is gone.");
        }
        throw f;
      }
    }

    private Fault lost(Idempotency.Kept kept, String end) {
      return Fault.conflict(
              "The request with this Idempotency-Key took effect; its answer was lost" + end)
          .with("resource_id", kept.resourceId());
    }

    private Answer serve() {
      var row = call.route;
      if (row.policy != null && !row.policyInHandler) {
        mounted.service.policy().enforce(row.policy, call.caller(), call.own());
      }
      if (row.body != null && !row.bodyLater) {
        checkBody();
      } else if (row.body != null) {
        call.later = this::checkBody;
      }
      var answer = row.handler.handle(call);
      if (row.policyInHandler && !call.wasEnforced() && answer.status() < 400) {
        throw new IllegalStateException(row + " answered without checking its rule " + row.policy);
      }
      return answer;
    }

    private void checkBody() {
      requireJson();
      call.route.body.check(call.json(), version);
    }

    private void requireJson() {
      var type = request.header("content-type");
      if (type != null && !type.contains("json") && request.length() != 0) {
        throw Fault.of(
            415,
            "UnsupportedMediaType",
            "The media type " + type + " is not supported, use application/json.");
      }
    }

    Answer failed(Throwable t) {
      var fault = t instanceof DatabaseUnavailable d ? d.fault() : Fault.from(t);
      if (fault.status() >= 500 && fault.status() != 501) { // what is not there is no failure
        log.error(
            "{} {} {} failed",
            requestId,
            request.method(),
            request.path(),
            fault.getCause() == null ? t : fault.getCause());
      }
      var service = mounted == null ? null : mounted.service;
      var answer =
          service == null
              ? Answer.json(
                  fault.status(),
                  Map.of("error", Map.of("code", fault.status(), "message", fault.getMessage())))
              : service.faults().render(fault, requestId);
      if (fault.status() == 401) {
        answer = answer.with("WWW-Authenticate", "Keystone uri=\"" + request.base() + "/v3\"");
      }
      if (fault.details().get("allow") instanceof String allow) {
        answer = answer.with("Allow", allow);
      }
      if (fault.details().get("retry_after") instanceof Integer seconds) {
        answer = answer.with("Retry-After", seconds.toString());
      }
      return answer;
    }
  }

  /** What every service has besides its own rows. */
  private record Documents(Service service) {
    List<Route> rows() {
      var routes = new Routes("");
      routes.get("/openapi.json", call -> Answer.ok(OpenApi.of(service))).open();
      return routes.rows();
    }
  }

  private Mounted service(String path) {
    for (var m : mounted) {
      var mount = m.service.mount();
      if (path.startsWith(mount)
          && (path.length() == mount.length()
              || mount.isEmpty()
              || path.charAt(mount.length()) == '/')) {
        return m;
      }
    }
    return null;
  }

  private static String trimmed(String path) {
    return path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
  }

  private static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
