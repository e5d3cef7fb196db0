package welkin.bus;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import welkin.core.Exec;
import welkin.core.Fault;
import welkin.core.Secret;
import welkin.core.Secrets;

/** Sets up users and their permissions on a broker, by its own {@code rabbitmqctl}. */
public final class BusAdmin {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** How rabbitmqctl ends when it finds no node. */
  private static final int UNREACHED = 69;

  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?");

  private final List<String> rabbitmqctl;

  /**
   * @param rabbitmqctl the program and what stands before its command, e.g. {@code rabbitmqctl -n
   *     rabbit@control-1}
   */
  public BusAdmin(List<String> rabbitmqctl) {
    this.rabbitmqctl = List.copyOf(rabbitmqctl);
  }

  /**
   * Makes the credential of a host's agents, or gives an existing one a new password. It may
   * declare and read the queues of its own host, and write to services and to callers that wait for
   * an answer: neither another host's queue nor a service's can be read, declared or, in the case
   * of hosts, written to with it.
   *
   * @param bus any URL of the broker and virtual host, e.g. the services'
   * @return the URL for that host's configuration
   */
  public Secret hostCredential(String bus, String host) {
    if (!HOST.matcher(host).matches()) {
      throw Fault.badRequest("'" + host + "' is not a host name.");
    }
    var url = BusUrl.parse(bus).as(BusUrl.agentUser(host), Secrets.generate());
    if (users().contains(url.user())) {
      run(url.password().reveal(), "change_password", url.user());
    } else {
      run(url.password().reveal(), "add_user", url.user());
    }
    // no dots at the end: node must not reach the queues of node.example.org
    var name = host.replace(".", "\\.");
    var own = "^(agent\\." + name + "\\.[A-Za-z0-9]+|reply\\." + name + "\\.[0-9a-f-]+)$";
    var write = "^welkin\\.(services|replies)$";
    run(null, "set_permissions", "-p", url.vhost(), url.user(), own, write, own);
    return url.reveal();
  }

  /** Takes a host's credential away; its connections end. */
  public void revokeHost(String host) {
    var user = BusUrl.agentUser(host);
    if (users().contains(user)) {
      run(null, "delete_user", user);
    }
  }

  /** Names of all users of the broker. */
  public List<String> users() {
    return run(null, "list_users", "--silent")
        .lines()
        .map(line -> line.split("\t")[0])
        .filter(user -> !user.isBlank())
        .toList();
  }

  /**
   * @param input what must not stand in an argument vector, which anyone on the machine can read
   */
  private String run(String input, String... command) {
    var all = new ArrayList<>(rabbitmqctl);
    all.addAll(List.of(command));
    var result = Exec.run(LIMIT, input == null ? null : input + "\n", all);
    if (!result.ok()) {
      throw Fault.of(
          500,
          "ProgramFailed",
          // what it says itself of a broker on another machine is long, and not that
          (result.status() == UNREACHED
                  ? "No broker is reached from here: run this where rabbitmqctl works, on the"
                      + " broker's own machine.\n"
                  : "")
              + "rabbitmqctl "
              + command[0]
              + ": status "
              + result.status()
              + ": "
              + (result.err() + result.out()).strip());
    }
    return result.out();
  }
}
