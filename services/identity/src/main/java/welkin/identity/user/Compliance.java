package welkin.identity.user;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import welkin.core.Config;
import welkin.core.Config.Key;
import welkin.core.Fault;
import welkin.core.Regex;
import welkin.core.Secret;

/**
 * What is asked of passwords and of those who log in with them: keystone's {@code
 * [security_compliance]} options. Zero switches a rule off, as it is by default.
 *
 * @param lockoutAttempts wrong passwords in a row after which the account is locked
 * @param lockoutDuration for how long
 * @param expiry how long a password is good
 * @param history how many of the last passwords a new one must differ from
 * @param minimumAge how long a user must keep a new password
 * @param regex what a password must match, or null
 * @param regexDescription the same in words
 * @param changeOnFirstUse whether a password that an administrator set must be changed first
 * @param inactivity how long a user may stay away before the account counts as disabled
 */
public record Compliance(
    int lockoutAttempts,
    Duration lockoutDuration,
    Duration expiry,
    int history,
    Duration minimumAge,
    Pattern regex,
    String regexDescription,
    boolean changeOnFirstUse,
    Duration inactivity) {
  private static final Key<Integer> ATTEMPTS =
      Key.number(
          "security_compliance.lockout_failure_attempts",
          0,
          "Wrong passwords in a row that lock an account; 0 for never");
  private static final Key<Integer> LOCKED =
      Key.number("security_compliance.lockout_duration", 1800, "Seconds an account stays locked");
  private static final Key<Integer> EXPIRES =
      Key.number(
          "security_compliance.password_expires_days", 0, "Days a password is good; 0 for ever");
  private static final Key<Integer> UNIQUE =
      Key.number(
          "security_compliance.unique_last_password_count",
          0,
          "How many of the last passwords a new one must differ from");
  private static final Key<Integer> AGE =
      Key.number(
          "security_compliance.minimum_password_age",
          0,
          "Days a user must keep a new password before changing it again");
  private static final Key<String> REGEX =
      Key.text(
          "security_compliance.password_regex", "", "Regular expression a password must match");
  private static final Key<String> DESCRIPTION =
      Key.text(
          "security_compliance.password_regex_description",
          "",
          "What password_regex asks for, in words");
  private static final Key<Boolean> FIRST =
      Key.flag(
          "security_compliance.change_password_upon_first_use",
          false,
          "Whether a password set by an administrator must be changed at first use");
  private static final Key<Integer> INACTIVE =
      Key.number(
          "security_compliance.disable_user_account_days_inactive",
          0,
          "Days without a login after which a user counts as disabled; 0 for never");

  public static List<Key<?>> options() {
    return List.of(ATTEMPTS, LOCKED, EXPIRES, UNIQUE, AGE, REGEX, DESCRIPTION, FIRST, INACTIVE);
  }

  public static Compliance of(Config config) {
    var regex = config.get(REGEX);
    try {
      return new Compliance(
          config.get(ATTEMPTS),
          Duration.ofSeconds(config.get(LOCKED)),
          Duration.ofDays(config.get(EXPIRES)),
          config.get(UNIQUE),
          Duration.ofDays(config.get(AGE)),
          regex.isEmpty() ? null : Pattern.compile(regex),
          config.get(DESCRIPTION),
          config.get(FIRST),
          Duration.ofDays(config.get(INACTIVE)));
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(REGEX.name() + ": " + e.getMessage());
    }
  }

  /**
   * @throws Fault 400 for a password that does not match what is asked
   */
  void mustMatch(Secret password) {
    if (regex != null && !Regex.find(regex, password.reveal())) {
      throw Fault.badRequest(
          "The password does not match the requirements: "
              + (regexDescription.isEmpty() ? regex.pattern() : regexDescription)
              + ".");
    }
  }

  /** When a password ends that a user chose, or (null for never) does not. */
  Instant endOfOwn(User user, Instant now) {
    return expiry.isZero() || user.option("ignore_password_expiry") ? null : now.plus(expiry);
  }

  /** When a password ends that an administrator set. */
  Instant endOfGiven(User user, Instant now) {
    return changeOnFirstUse && !user.option("ignore_change_password_upon_first_use")
        ? now
        : endOfOwn(user, now);
  }

  boolean locks(User user) {
    return lockoutAttempts > 0 && !user.option("ignore_lockout_failure_attempts");
  }

  boolean isInactive(User user, Instant activeAt, Instant now) {
    return !inactivity.isZero()
        && activeAt != null
        && !user.option("ignore_user_inactivity")
        && now.isAfter(activeAt.plus(inactivity));
  }
}
