package welkin.identity.token;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;

/**
 * What is sealed inside a token, in keystone's own layout: a list whose first element is a version
 * that says which kind of scope follows. Everything else a token says is looked up when it is
 * validated.
 *
 * @param methods how its user was authenticated, e.g. {@code password}
 * @param auditIds its own id and, when it was made from another token, that of the first
 * @param delegation the application credential or trust it was made with, or null
 * @param issuedAt whole seconds: the seal's own time
 * @param federation how a federated user came in, or null; never in a token that is scoped to the
 *     system, keystone's layout has no room for it there
 */
public record Payload(
    String userId,
    List<String> methods,
    Scope scope,
    Instant expiresAt,
    List<String> auditIds,
    Delegation delegation,
    Instant issuedAt,
    Federation federation) {
  Payload(
      String userId,
      List<String> methods,
      Scope scope,
      Instant expiresAt,
      List<String> auditIds,
      Delegation delegation,
      Instant issuedAt) {
    this(userId, methods, scope, expiresAt, auditIds, delegation, issuedAt, null);
  }

  private static final int UNSCOPED = 0;
  private static final int DOMAIN = 1;
  private static final int PROJECT = 2;
  private static final int TRUST = 3;
  private static final int FEDERATED = 4;
  private static final int FEDERATED_PROJECT = 5;
  private static final int FEDERATED_DOMAIN = 6;
  private static final int OAUTH1 = 7;
  private static final int SYSTEM = 8;
  private static final int APPLICATION_CREDENTIAL = 9;

  /** keystone's default {@code [auth] methods}, a bit each; the order is part of the format. */
  private static final List<String> METHODS =
      List.of(
          "external",
          "password",
          "token",
          "oauth1",
          "mapped",
          "application_credential",
          "ec2credential",
          "totp");

  byte[] pack() {
    var out = new ArrayList<Object>(8);
    if (delegation != null) {
      out.add(
          switch (delegation.kind()) {
            case APPLICATION_CREDENTIAL -> APPLICATION_CREDENTIAL;
            case TRUST -> TRUST;
            case OAUTH1 -> OAUTH1;
          });
    } else if (isFederated()) {
      out.add(
          scope.projectId() != null
              ? FEDERATED_PROJECT
              : scope.domainId() != null ? FEDERATED_DOMAIN : FEDERATED);
    } else if (scope.projectId() != null) {
      out.add(PROJECT);
    } else if (scope.domainId() != null) {
      out.add(DOMAIN);
    } else {
      out.add(scope.system() ? SYSTEM : UNSCOPED);
    }
    out.add(id(userId));
    out.add(bits(methods));
    if (scope.projectId() != null) {
      out.add(id(scope.projectId()));
    } else if (scope.domainId() != null) {
      var raw = uuid(scope.domainId());
      out.add(isFederated() ? id(scope.domainId()) : raw == null ? scope.domainId() : raw);
    } else if (scope.system()) {
      out.add("all");
    }
    if (isFederated()) {
      out.add(federation.groupIds().stream().map(Payload::id).toList());
      out.add(id(federation.identityProviderId()));
      out.add(federation.protocolId());
    }
    if (delegation != null && delegation.kind() == Delegation.Kind.OAUTH1) {
      out.add(id(delegation.id())); // keystone puts this one here, the others at the end
    }
    out.add(expiresAt.getEpochSecond() + expiresAt.getNano() / 1e9);
    var audit = new ArrayList<Object>(2);
    auditIds.forEach(a -> audit.add(Base64.getUrlDecoder().decode(a)));
    out.add(audit);
    if (delegation != null && delegation.kind() != Delegation.Kind.OAUTH1) {
      // keystone packs a trust's id without saying that it is packed
      var raw = uuid(delegation.id());
      out.add(delegation.isTrust() && raw != null ? raw : id(delegation.id()));
    }
    return MessagePack.pack(out);
  }

  private boolean isFederated() {
    return federation != null && delegation == null;
  }

  /**
   * @throws IllegalArgumentException for bytes that are no payload this release knows
   */
  static Payload unpack(byte[] bytes, Instant issuedAt) {
    try {
      var in = (List<?>) MessagePack.unpack(bytes);
      int version = ((Long) in.getFirst()).intValue();
      var user = text(in.get(1));
      var methods = methods(((Long) in.get(2)).intValue());
      boolean federated = version >= FEDERATED && version <= FEDERATED_DOMAIN;
      int next = version == UNSCOPED || version == FEDERATED ? 3 : version == OAUTH1 ? 5 : 4;
      Federation federation = null;
      if (federated) {
        federation =
            new Federation(
                text(in.get(next + 1)),
                text(in.get(next + 2)),
                ((List<?>) in.get(next)).stream().map(Payload::text).toList());
        next += 3;
      }
      var scope =
          switch (version) {
            case UNSCOPED, FEDERATED -> Scope.UNSCOPED;
            case DOMAIN, FEDERATED_DOMAIN -> Scope.domain(text(in.get(3)));
            case PROJECT, FEDERATED_PROJECT, APPLICATION_CREDENTIAL, TRUST, OAUTH1 ->
                Scope.project(text(in.get(3)));
            case SYSTEM -> Scope.SYSTEM;
            default -> throw new IllegalArgumentException("payload version " + version);
          };
      var expires = Instant.EPOCH.plus(Math.round((Double) in.get(next) * 1e6), ChronoUnit.MICROS);
      var audit = new ArrayList<String>(2);
      for (var a : (List<?>) in.get(next + 1)) {
        audit.add(Base64.getUrlEncoder().withoutPadding().encodeToString((byte[]) a));
      }
      if (audit.isEmpty()) {
        throw new IllegalArgumentException("a token has an id of its own");
      }
      var delegation =
          switch (version) {
            case APPLICATION_CREDENTIAL -> Delegation.applicationCredential(text(in.get(next + 2)));
            case TRUST -> Delegation.trust(text(in.get(next + 2)));
            case OAUTH1 -> Delegation.oauth1(text(in.get(4)));
            default -> null;
          };
      return new Payload(
          user, methods, scope, expires, List.copyOf(audit), delegation, issuedAt, federation);
    } catch (ClassCastException
        | IndexOutOfBoundsException
        | NullPointerException
        | ArithmeticException
        | BufferUnderflowException e) {
      throw new IllegalArgumentException("not a token payload", e);
    }
  }

  /** An id as {@code [true, 16 bytes]} when it is a UUID in hex, else {@code [false, text]}. */
  private static Object id(String text) {
    var raw = uuid(text);
    return raw == null ? List.of(false, text.getBytes(StandardCharsets.UTF_8)) : List.of(true, raw);
  }

  private static byte[] uuid(String text) {
    if (text.length() != 32) {
      return null;
    }
    long high = 0;
    long low = 0;
    for (int i = 0; i < 32; i++) {
      char c = text.charAt(i);
      int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
      if (digit < 0) {
        return null;
      }
      if (i < 16) {
        high = high << 4 | digit;
      } else {
        low = low << 4 | digit;
      }
    }
    return ByteBuffer.allocate(16).putLong(high).putLong(low).array();
  }

  private static String text(Object id) {
    return switch (id) {
      case List<?> l when (Boolean) l.get(0) -> hex((byte[]) l.get(1));
      case List<?> l when l.get(1) instanceof byte[] b -> new String(b, StandardCharsets.UTF_8);
      case List<?> l -> (String) l.get(1);
      case byte[] b -> hex(b);
      default -> (String) id;
    };
  }

  private static String hex(byte[] b) {
    var in = ByteBuffer.wrap(b);
    return new UUID(in.getLong(), in.getLong()).toString().replace("-", "");
  }

  private static int bits(List<String> methods) {
    int bits = 0;
    for (var m : methods) {
      bits |= 1 << METHODS.indexOf(m);
    }
    return bits;
  }

  private static List<String> methods(int bits) {
    var out = new ArrayList<String>(2);
    for (int i = 0; i < METHODS.size(); i++) {
      if ((bits & 1 << i) != 0) {
        out.add(METHODS.get(i));
      }
    }
    return List.copyOf(out);
  }
}
