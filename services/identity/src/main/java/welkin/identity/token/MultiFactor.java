package welkin.identity.token;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import welkin.core.Json;
import welkin.identity.project.ProjectStore;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.user.User;
import welkin.identity.user.UserStore;

/**
 * Users who must show several factors: their options {@code multi_factor_auth_enabled} and {@code
 * multi_factor_auth_rules}, a list of sets of methods of which one must be shown whole. Who shows
 * some gets a receipt, and shows the rest together with it.
 */
public final class MultiFactor {
  /** Tells a sealed receipt from a sealed token: no payload of a token begins so. */
  private static final String MARK = "receipt";

  private static final Set<String> KNOWN =
      Set.of("password", "token", "totp", "application_credential", "oauth1", "mapped");

  private final Backend backend;
  private final FernetKeys keys;
  private final Duration life;

  /**
   * @param life how long a receipt is good
   */
  public MultiFactor(Backend backend, FernetKeys keys, Duration life) {
    this.backend = backend;
    this.keys = keys;
    this.life = life;
  }

  /**
   * With the methods of an earlier request.
   *
   * @param receipt the text of its receipt, or null
   */
  Recognised withEarlier(Recognised who, String receipt) {
    if (receipt == null) {
      return who;
    }
    var methods = new LinkedHashSet<>(opened(receipt, who.userId()));
    methods.addAll(who.methods());
    return new Recognised(
        who.userId(),
        List.copyOf(methods),
        who.parent(),
        who.delegation(),
        who.scope(),
        who.federation());
  }

  /** A receipt, when the user must show more than was shown. */
  Optional<Receipt> missing(Recognised who) {
    var user =
        backend
            .database()
            .read(sql -> UserStore.find(sql, who.userId()))
            .orElseThrow(Faults::unauthorized);
    var shown = who.methods();
    var rules = rules(user);
    return rules.isEmpty() || rules.stream().anyMatch(shown::containsAll)
        ? Optional.empty()
        : Optional.of(receipt(user, shown, rules));
  }

  /** A rule that names a method nobody can show counts for nothing. */
  private static List<List<String>> rules(User user) {
    var out = new ArrayList<List<String>>();
    if (user.options().path("multi_factor_auth_enabled").asBoolean(false)) {
      for (var rule : user.options().path("multi_factor_auth_rules")) {
        var methods = new ArrayList<String>();
        rule.forEach(m -> methods.add(m.asString("")));
        if (!methods.isEmpty() && KNOWN.containsAll(methods)) {
          out.add(List.copyOf(new HashSet<>(methods)));
        }
      }
    }
    return out;
  }

  private Receipt receipt(User user, List<String> methods, List<List<String>> rules) {
    var issued = Instant.ofEpochSecond(backend.clock().instant().getEpochSecond());
    var expires = issued.plus(life);
    var payload = Json.object().put("user", user.id()).put("until", expires.getEpochSecond());
    payload.set("methods", Json.tree(methods));
    var domain =
        backend
            .database()
            .read(sql -> ProjectStore.find(sql, user.domainId()))
            .orElseThrow(Faults::unauthorized);
    var text = keys.seal((MARK + Json.text(payload)).getBytes(StandardCharsets.UTF_8), issued);
    return new Receipt(text, user, domain, methods, rules, issued, expires);
  }

  private List<String> opened(String text, String userId) {
    var opened = text.length() > 1024 ? null : keys.open(text);
    var content = opened == null ? "" : new String(opened.payload(), StandardCharsets.UTF_8);
    if (!content.startsWith(MARK)) {
      throw Faults.unauthorized();
    }
    JsonNode payload = Json.parse(content.substring(MARK.length()));
    if (!userId.equals(Json.string(payload, "user"))
        || backend.clock().instant().getEpochSecond() >= payload.get("until").longValue()) {
      throw Faults.unauthorized();
    }
    var methods = new ArrayList<String>();
    payload.get("methods").forEach(m -> methods.add(m.stringValue()));
    return methods;
  }
}
