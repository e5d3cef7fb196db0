package welkin.identity.ldap;

import com.unboundid.ldap.sdk.BindRequest;
import com.unboundid.ldap.sdk.FailoverServerSet;
import com.unboundid.ldap.sdk.LDAPConnection;
import com.unboundid.ldap.sdk.LDAPConnectionOptions;
import com.unboundid.ldap.sdk.LDAPConnectionPool;
import com.unboundid.ldap.sdk.LDAPException;
import com.unboundid.ldap.sdk.LDAPSearchException;
import com.unboundid.ldap.sdk.PostConnectProcessor;
import com.unboundid.ldap.sdk.ResultCode;
import com.unboundid.ldap.sdk.ServerSet;
import com.unboundid.ldap.sdk.SimpleBindRequest;
import com.unboundid.ldap.sdk.SingleServerSet;
import com.unboundid.ldap.sdk.StartTLSPostConnectProcessor;
import com.unboundid.util.ssl.HostNameSSLSocketVerifier;
import com.unboundid.util.ssl.PEMFileTrustManager;
import com.unboundid.util.ssl.SSLUtil;
import com.unboundid.util.ssl.TrustAllTrustManager;
import java.io.File;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.core.Secret;
import welkin.identity.ldap.LdapSettings.Pool;
import welkin.identity.ldap.LdapSettings.Server;

/**
 * The servers of a directory: kept connections, TLS, the next server when one is away, and bounded
 * waits. When none answers, nobody waits for it again for a few seconds.
 */
final class LdapServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LdapServer.class);
  private static final Duration REST = Duration.ofSeconds(5);

  /** What a server answers when it means that the user may not log in. */
  private static final Set<ResultCode> REFUSALS =
      Set.of(
          ResultCode.INVALID_CREDENTIALS,
          ResultCode.NO_SUCH_OBJECT,
          ResultCode.INAPPROPRIATE_AUTHENTICATION,
          ResultCode.INSUFFICIENT_ACCESS_RIGHTS,
          ResultCode.CONSTRAINT_VIOLATION,
          ResultCode.UNWILLING_TO_PERFORM,
          ResultCode.INVALID_DN_SYNTAX);

  private final Server settings;
  private final String name;
  private final InstantSource clock;
  private final ServerSet servers;
  private final PostConnectProcessor startTls;
  private final BindRequest account;
  private final LDAPConnectionPool lookups;
  private final LDAPConnectionPool logins;
  private volatile Instant restUntil = Instant.MIN;

  /** Work on one connection. */
  interface Work<T> {
    T on(LDAPConnection connection) throws LDAPException;
  }

  /**
   * Connects to nothing yet.
   *
   * @throws IllegalArgumentException when a CA certificate cannot be read
   */
  LdapServer(String name, Server settings, InstantSource clock) {
    this.name = name;
    this.settings = settings;
    this.clock = clock;
    try {
      var tls = tls(settings);
      startTls =
          settings.startTls()
              ? new StartTLSPostConnectProcessor(tls.createSSLSocketFactory())
              : null;
      servers = servers(settings, tls, options(settings));
      account =
          settings.account() == null || settings.password() == null
              ? null
              : new SimpleBindRequest(settings.account(), settings.password().reveal());
      lookups = pool(settings.pool(), account);
      logins = pool(settings.logins(), null);
    } catch (GeneralSecurityException | LDAPException e) {
      throw new IllegalArgumentException("ldap: " + e.getMessage(), e);
    }
  }

  private static LDAPConnectionOptions options(Server s) {
    var options = new LDAPConnectionOptions();
    options.setConnectTimeoutMillis((int) s.connect().toMillis());
    options.setResponseTimeoutMillis(s.answer().toMillis());
    options.setAbandonOnTimeout(true);
    options.setFollowReferrals(s.referrals());
    options.setReferralHopLimit(3);
    options.setUseSynchronousMode(true);
    if (!s.anyCertificate()) {
      options.setSSLSocketVerifier(new HostNameSSLSocketVerifier(true));
    }
    return options;
  }

  private static SSLUtil tls(Server s) throws GeneralSecurityException {
    if (s.anyCertificate()) {
      return new SSLUtil(new TrustAllTrustManager());
    }
    File[] files;
    if (s.caFile() != null) {
      files = new File[] {new File(s.caFile())};
    } else if (s.caFolder() != null) {
      files = new File(s.caFolder()).listFiles(File::isFile);
    } else {
      return new SSLUtil();
    }
    if (files == null
        || files.length == 0
        || !Arrays.stream(files).allMatch(f -> f.isFile() && f.canRead())) {
      throw new IllegalArgumentException(
          "ldap.tls_cacertfile, ldap.tls_cacertdir: no certificate can be read there");
    }
    return new SSLUtil(new PEMFileTrustManager(files));
  }

  private static ServerSet servers(Server s, SSLUtil tls, LDAPConnectionOptions options)
      throws GeneralSecurityException {
    var urls = new ArrayList<>(s.urls());
    if (s.randomize()) {
      Collections.shuffle(urls);
    }
    var all = new ArrayList<ServerSet>();
    for (var url : urls) {
      all.add(
          url.getScheme().equals("ldaps")
              ? new SingleServerSet(
                  url.getHost(), url.getPort(), tls.createSSLSocketFactory(), options)
              : new SingleServerSet(url.getHost(), url.getPort(), options));
    }
    return all.size() == 1 ? all.getFirst() : new FailoverServerSet(all);
  }

  /** Null when none is kept. */
  private LDAPConnectionPool pool(Pool wanted, BindRequest bind) throws LDAPException {
    if (wanted.size() == 0) {
      return null;
    }
    var pool = new LDAPConnectionPool(servers, bind, 0, wanted.size(), startTls, false);
    pool.setConnectionPoolName(name);
    pool.setMaxConnectionAgeMillis(wanted.life().toMillis());
    pool.setCreateIfNecessary(false);
    pool.setMaxWaitTimeMillis(settings.answer().toMillis());
    pool.setTrySynchronousReadDuringHealthCheck(false);
    return pool;
  }

  /**
   * Looks something up, on a fresh connection when a kept one turns out to be broken.
   *
   * @throws LdapAway when no server answers, or none takes the account
   */
  <T> T lookUp(Work<T> work) {
    mustNotRest();
    try {
      return lookups == null ? once(work) : kept(lookups, work);
    } catch (LDAPException e) {
      throw away(e);
    }
  }

  private <T> T once(Work<T> work) throws LDAPException {
    try (var connection = connect()) {
      if (account != null) {
        connection.bind(account.duplicate());
      }
      return work.on(connection);
    }
  }

  /** A server that closed an idle connection is not away; one that is slow is not asked twice. */
  private static <T> T kept(LDAPConnectionPool pool, Work<T> work) throws LDAPException {
    var connection = pool.getConnection();
    for (boolean again = true; ; again = false) {
      try {
        var found = work.on(connection);
        pool.releaseConnection(connection);
        return found;
      } catch (LDAPException e) {
        if (!again
            || e.getResultCode().isConnectionUsable()
            || e.getResultCode().equals(ResultCode.TIMEOUT)) {
          pool.releaseConnectionAfterException(connection, e);
          throw e;
        }
        connection = pool.replaceDefunctConnection(connection);
      } catch (RuntimeException e) {
        pool.releaseDefunctConnection(connection);
        throw e;
      }
    }
  }

  private LDAPConnection connect() throws LDAPException {
    var connection = servers.getConnection();
    if (startTls != null) {
      startTls.processPreAuthenticatedConnection(connection);
    }
    return connection;
  }

  /**
   * Whether an entry's password is this one: the server says so when asked to bind. Neither an
   * empty DN nor an empty password is asked for: to a server that is a login as nobody, and always
   * good (RFC 4513, 5.1.2).
   *
   * @throws LdapAway when no server answers
   */
  boolean accepts(String dn, Secret password) {
    if (dn.isBlank() || password.reveal().isEmpty()) {
      return false;
    }
    mustNotRest();
    var request = new SimpleBindRequest(dn, password.reveal());
    try {
      if (logins == null) {
        try (var connection = connect()) {
          connection.bind(request);
        }
      } else {
        kept(logins, connection -> connection.bind(request.duplicate()));
      }
      return true;
    } catch (LDAPException e) {
      if (REFUSALS.contains(e.getResultCode())) {
        return false;
      }
      throw away(e);
    }
  }

  private void mustNotRest() {
    if (clock.instant().isBefore(restUntil)) {
      throw new LdapAway("it did not answer a moment ago", null);
    }
  }

  private LdapAway away(LDAPException e) {
    if (e instanceof LDAPSearchException
        && e.getResultCode().equals(ResultCode.SIZE_LIMIT_EXCEEDED)) {
      log.warn("{}: the server gives no more entries than its limit; set ldap.page_size", name);
      return new LdapAway("more entries than the server's limit: set ldap.page_size", e);
    }
    if (!e.getResultCode().isConnectionUsable()
        || e.getResultCode().equals(ResultCode.INVALID_CREDENTIALS)) {
      restUntil = clock.instant().plus(REST);
    }
    log.warn(
        "{}: {} ({})",
        name,
        e.getResultCode().equals(ResultCode.INVALID_CREDENTIALS)
            ? "the server does not take ldap.user with ldap.password"
            : e.getMessage(),
        e.getResultCode());
    return new LdapAway(e.getMessage(), e);
  }

  @Override
  public void close() {
    if (lookups != null) {
      lookups.close();
    }
    if (logins != null) {
      logins.close();
    }
  }
}
