package welkin.compute.server;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the addresses and groups kept with a server what the Network service says now. */
public final class AddressRefresh {
  private static final Logger log = LoggerFactory.getLogger(AddressRefresh.class);
  private final Means means;
  private final Set<String> asked = ConcurrentHashMap.newKeySet();

  public AddressRefresh(Means means) {
    this.means = means;
  }

  /** Refreshes behind the caller's back; asked twice before it begins, it is done once. */
  void soon(String serverId) {
    if (asked.add(serverId)) {
      Thread.ofVirtual()
          .name("addresses " + serverId)
          .start(
              () -> {
                asked.remove(serverId);
                try {
                  now(serverId);
                } catch (RuntimeException e) {
                  log.warn("addresses of {} stay as they were", serverId, e);
                }
              });
    }
  }

  void now(String serverId) {
    var server = means.database().read(sql -> ServerStore.find(sql, serverId)).orElse(null);
    if (server == null || server.host() == null || server.nics().isEmpty() && building(server)) {
      return;
    }
    var fresh = means.networking().refreshed(server);
    if (fresh != null) {
      means
          .database()
          .change(
              sql ->
                  ServerStore.find(sql, serverId)
                      .filter(s -> s.nics().equals(server.nics()))
                      .ifPresent(s -> means.set(sql, serverId, "nics", fresh)));
    }
    var groups = means.networking().groupsOf(serverId);
    if (!Set.copyOf(groups).equals(Set.copyOf(server.securityGroups()))) {
      means
          .database()
          .change(
              sql ->
                  ServerStore.find(sql, serverId)
                      .filter(s -> s.securityGroups().equals(server.securityGroups()))
                      .ifPresent(s -> means.set(sql, serverId, "security_groups", groups)));
    }
  }

  private static boolean building(Server server) {
    return server.is(States.BUILDING);
  }
}
