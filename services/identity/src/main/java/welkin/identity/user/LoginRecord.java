package welkin.identity.user;

import java.time.Instant;

/**
 * How a user's logins went lately.
 *
 * @param failures wrong passwords since the last right one
 * @param failedAt the last of them, or null
 * @param activeAt the last login, or null
 */
record LoginRecord(int failures, Instant failedAt, Instant activeAt) {
  static final LoginRecord NONE = new LoginRecord(0, null, null);
}
