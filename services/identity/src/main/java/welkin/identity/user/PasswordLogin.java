package welkin.identity.user;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import welkin.core.Fault;
import welkin.core.Secret;
import welkin.identity.ldap.Directories;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;

/**
 * Recognises a user by password. Unknown, wrong, disabled and locked are the same 401 after the
 * same time (OSSA-2021-003): the hash is worked out before anything is looked at, and where wrong
 * passwords are counted every refusal is written down.
 */
public final class PasswordLogin {
  /** A login is written down at most this often. */
  private static final Duration NOTED = Duration.ofHours(1);

  private final Backend backend;
  private final Passwords passwords;
  private final Compliance compliance;
  private final Directories directories;

  public PasswordLogin(
      Backend backend, Passwords passwords, Compliance compliance, Directories directories) {
    this.directories = directories;
    this.backend = backend;
    this.passwords = passwords;
    this.compliance = compliance;
  }

  /**
   * The user, when the password is right and may be used.
   *
   * @throws Fault 401; only who knows an expired password is told that it is expired
   */
  public User recognise(Optional<User> found, Secret password) {
    var user = proven(found, password);
    var end = user.passwordExpiresAt();
    if (end != null && !backend.clock().instant().isBefore(end)) {
      throw Fault.unauthorized(
          "The password is expired and needs to be changed for user: " + user.id() + ".");
    }
    return user;
  }

  /** The user, when the password is right, even when it has expired: to change it. */
  User proven(Optional<User> found, Secret password) {
    if (found.isPresent() && directories.owns(found.get().id())) {
      return provenElsewhere(found.get(), password);
    }
    boolean right = passwords.check(password, found.map(User::passwordHash).orElse(null));
    var id = found.map(User::id).orElse("");
    var was = backend.database().read(sql -> LoginRecordStore.find(sql, id));
    var user = found.orElseThrow(this::refused);
    var record = was.orElse(LoginRecord.NONE);
    var now = backend.clock().instant();
    if (isLocked(user, record, now)) {
      throw refused();
    }
    if (!right) {
      throw compliance.locks(user) ? failed(user, now) : refused();
    }
    if (!user.enabled() || compliance.isInactive(user, record.activeAt(), now)) {
      throw refused();
    }
    if (record.failures() > 0
        || record.activeAt() == null
        || now.isAfter(record.activeAt().plus(NOTED))) {
      backend
          .database()
          .change(sql -> LoginRecordStore.put(sql, user.id(), new LoginRecord(0, null, now)));
    }
    if (passwords.isOutdated(user.passwordHash())) {
      renew(user, password);
    }
    return user;
  }

  /** By the directory the user is in, which locks and expires as it likes. */
  private User provenElsewhere(User user, Secret password) {
    if (!directories.accepts(user.id(), password) || !user.enabled()) {
      passwords.check(password, null); // as long as for somebody unknown
      throw refused();
    }
    return user;
  }

  /** The one moment at which the password is known. */
  private void renew(User user, Secret password) {
    var hash = passwords.hash(password);
    backend
        .database()
        .change(
            sql ->
                UserStore.find(sql, user.id())
                    .filter(now -> user.passwordHash().equals(now.passwordHash()))
                    .ifPresent(
                        now ->
                            UserStore.update(
                                sql,
                                now.withPassword(
                                    hash, now.passwordCreatedAt(), now.passwordExpiresAt()))));
  }

  private boolean isLocked(User user, LoginRecord record, Instant now) {
    return compliance.locks(user)
        && record.failures() >= compliance.lockoutAttempts()
        && now.isBefore(record.failedAt().plus(compliance.lockoutDuration()));
  }

  /** A refusal that counts for nobody, and takes as long as one that does. */
  private Fault refused() {
    if (compliance.lockoutAttempts() > 0) {
      var now = backend.clock().instant();
      backend.database().change(sql -> LoginRecordStore.refused(sql, now));
    }
    return Faults.unauthorized();
  }

  private Fault failed(User user, Instant now) {
    backend
        .database()
        .change(
            sql -> {
              var r = LoginRecordStore.find(sql, user.id()).orElse(LoginRecord.NONE);
              boolean over =
                  r.failedAt() != null
                      && now.isAfter(r.failedAt().plus(compliance.lockoutDuration()));
              int failures =
                  over && r.failures() >= compliance.lockoutAttempts() ? 0 : r.failures();
              LoginRecordStore.put(
                  sql, user.id(), new LoginRecord(failures + 1, now, r.activeAt()));
            });
    return Faults.unauthorized();
  }

  /** How users are shown, with one look at when they were active. */
  List<User> allSeen(List<User> users) {
    if (compliance.inactivity().isZero() || users.isEmpty()) {
      return users;
    }
    var active =
        backend
            .database()
            .read(sql -> LoginRecordStore.active(sql, users.stream().map(User::id).toList()));
    var now = backend.clock().instant();
    return users.stream()
        .map(
            u ->
                u.enabled() && compliance.isInactive(u, active.get(u.id()), now) ? u.disabled() : u)
        .toList();
  }

  /** How a user is shown: one who stayed away too long counts as disabled. */
  User seen(User user) {
    return allSeen(List.of(user)).getFirst();
  }
}
