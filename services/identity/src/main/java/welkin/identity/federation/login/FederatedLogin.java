package welkin.identity.federation.login;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.core.Fault;
import welkin.http.Call;
import welkin.identity.federation.mapping.Assertion;
import welkin.identity.federation.mapping.Mapped;
import welkin.identity.federation.mapping.Mappings;
import welkin.identity.federation.mapping.Rules;
import welkin.identity.federation.protocol.Protocol;
import welkin.identity.federation.provider.IdentityProvider;
import welkin.identity.federation.shadow.ShadowUsers;
import welkin.identity.group.GroupStore;
import welkin.identity.project.Project;
import welkin.identity.project.ProjectStore;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.token.Audit;
import welkin.identity.token.Federation;
import welkin.identity.token.Login;
import welkin.identity.token.Revocations;
import welkin.identity.token.Token;
import welkin.identity.user.User;
import welkin.identity.user.UserStore;
import welkin.store.DuplicateKey;
import welkin.store.Sql;

/**
 * Turns a verified assertion into a token: the mapping says who it is here, the user is made or
 * found, its groups and projects are brought up to date, and an unscoped token is issued.
 */
public final class FederatedLogin {
  private static final Logger log = LoggerFactory.getLogger(FederatedLogin.class);

  private final Backend backend;
  private final Mappings mappings;
  private final ShadowUsers users;
  private final Provisioning provisioning;
  private final Revocations revocations;
  private final Login login;
  private final Audit audit;
  private final String remoteIdAttribute;
  private final Duration defaultTtl;

  /**
   * @param remoteIdAttribute the attribute that names the provider where a protocol does not say,
   *     empty for none
   * @param defaultTtl how long group membership is remembered where a provider does not say
   */
  public FederatedLogin(
      Backend backend,
      Mappings mappings,
      ShadowUsers users,
      Revocations revocations,
      Login login,
      Audit audit,
      String remoteIdAttribute,
      Duration defaultTtl) {
    this.backend = backend;
    this.mappings = mappings;
    this.users = users;
    this.provisioning = new Provisioning(backend);
    this.revocations = revocations;
    this.login = login;
    this.audit = audit;
    this.remoteIdAttribute = remoteIdAttribute;
    this.defaultTtl = defaultTtl;
  }

  /** Who somebody is here: a federated user, or one of this cloud's own. */
  private record Here(String userId, Federation federation) {}

  /**
   * Logs somebody in for whom a provider vouched, and writes it down.
   *
   * @param assertion verified
   * @throws Fault 401 when the mapping gives nobody, 403 when the provider is not the one it says
   */
  public Token login(Call call, IdentityProvider provider, Protocol protocol, Assertion assertion) {
    try {
      mustBe(provider, protocol, assertion);
      var mapping = mappings.get(protocol.mappingId());
      var mapped = Rules.apply(mapping, assertion);
      var here =
          mapped.user().local()
              ? new Here(local(mapped.user()).id(), null)
              : federated(provider, protocol, mapped, assertion);
      var token = login.federated(here.userId, here.federation);
      audit.authenticated(call, token);
      return token;
    } catch (Fault f) {
      log.info("a login by identity provider {} was refused: {}", provider.id(), f.getMessage());
      audit.refused(call, provider.id(), f);
      throw f;
    }
  }

  /** A provider with remote ids vouches only under one of them. */
  private void mustBe(IdentityProvider provider, Protocol protocol, Assertion assertion) {
    var own = protocol.remoteIdAttribute();
    var attribute = own == null || own.isEmpty() ? remoteIdAttribute : own;
    if (attribute.isEmpty() || provider.remoteIds().isEmpty()) {
      return;
    }
    var said = assertion.value(attribute);
    if (said == null) {
      throw Fault.unauthorized("Could not find Identity Provider identifier in environment");
    }
    if (!provider.remoteIds().contains(said)) {
      throw Fault.forbidden(
          "Incoming identity provider identifier not included among the accepted identifiers.");
    }
  }

  private User local(Mapped.User wanted) {
    return backend
        .database()
        .read(
            sql ->
                wanted.id() != null
                    ? UserStore.find(sql, wanted.id())
                    : wanted.name() == null || wanted.domain() == null
                        ? Optional.<User>empty()
                        : domainId(sql, wanted.domain(), null)
                            .flatMap(d -> UserStore.named(sql, d, wanted.name())))
        .filter(User::enabled)
        .orElseThrow(Faults::unauthorized);
  }

  /** Somebody's first login may be two at once. */
  private Here federated(
      IdentityProvider provider, Protocol protocol, Mapped mapped, Assertion assertion) {
    try {
      return backend.database().tx(sql -> federated(sql, provider, protocol, mapped, assertion));
    } catch (DuplicateKey e) {
      return backend.database().tx(sql -> federated(sql, provider, protocol, mapped, assertion));
    }
  }

  private Here federated(
      Sql sql, IdentityProvider provider, Protocol protocol, Mapped mapped, Assertion assertion) {
    var wanted = mapped.user();
    var name = wanted.name() != null ? wanted.name() : assertion.value("REMOTE_USER");
    var id = wanted.id() != null ? wanted.id() : name;
    if (id == null || id.isEmpty()) {
      throw Fault.unauthorized(
          "Could not map user while setting ephemeral user identity. Either mapping rules must"
              + " specify user id/name or REMOTE_USER environment variable must be set.");
    }
    var domain =
        domainId(sql, wanted.domain(), provider.domainId())
            .orElseThrow(() -> unknown("domain", String.valueOf(wanted.domain())));
    var unique = quoted(id);
    if (unique.length() > 255) {
      throw Fault.unauthorized("The id of the user is longer than 255 characters.");
    }
    var user =
        users.find(
            sql,
            protocol,
            unique,
            name == null || name.isEmpty() ? id : name,
            wanted.email(),
            domain);
    var groups = groups(sql, mapped);
    var ttl =
        provider.authorizationTtl() == null
            ? defaultTtl
            : Duration.ofMinutes(provider.authorizationTtl());
    if (users.inGroups(sql, user.userId(), provider.id(), groups, ttl) && user.known()) {
      revocations.user(sql, user.userId());
    }
    provisioning.provide(sql, provider, domain, user.userId(), mapped);
    return new Here(
        user.userId(), new Federation(provider.id(), protocol.id(), List.copyOf(groups)));
  }

  /** Groups by id must be there, those by name count when they are. */
  private Set<String> groups(Sql sql, Mapped mapped) {
    var out = new LinkedHashSet<String>();
    for (var id : mapped.groupIds()) {
      if (GroupStore.find(sql, id).isEmpty()) {
        throw unknown("group", id);
      }
      out.add(id);
    }
    for (var g : mapped.groupNames()) {
      domainId(sql, g.domain(), null)
          .flatMap(d -> GroupStore.named(sql, d, g.name()))
          .ifPresentOrElse(
              found -> out.add(found.id()),
              () -> log.debug("a mapping names the group {}, which is not there", g.name()));
    }
    return out;
  }

  /** Whose mapping names what is not there has made a mistake: nobody gets in by it. */
  private static Fault unknown(String noun, String name) {
    return Fault.unauthorized("The mapping names a " + noun + " that is not there: " + name);
  }

  static Optional<String> domainId(Sql sql, Mapped.Domain wanted, String otherwise) {
    if (wanted == null || wanted.id() == null && wanted.name() == null) {
      return Optional.ofNullable(otherwise);
    }
    return (wanted.id() != null
            ? ProjectStore.find(sql, wanted.id()).filter(Project::isDomain)
            : ProjectStore.named(sql, null, wanted.name()))
        .map(Project::id);
  }

  /** As Python's {@code urllib.parse.quote}: a path, percent-encoded. */
  private static String quoted(String id) {
    return URLEncoder.encode(id, StandardCharsets.UTF_8)
        .replace("+", "%20")
        .replace("*", "%2A")
        .replace("%7E", "~")
        .replace("%2F", "/");
  }
}
