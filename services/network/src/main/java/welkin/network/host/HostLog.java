package welkin.network.host;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.Consumer;
import welkin.network.host.HostStore.Item;
import welkin.network.resource.Resource;
import welkin.store.Sql;

/**
 * Notes, in the transaction of a change, which hosts must look again. Two kinds of note keep the
 * cost flat: a change that a guest waits for goes to its host at once; what concerns every host of
 * a network or group (forwarding entries, leases, members) is noted once for the object and spread
 * later, many changes in one.
 */
public final class HostLog {
  /** Object kinds, as the contract names them. */
  public static final String NETWORK = "network";

  public static final String PORT = "port";
  public static final String GROUP = "group";
  public static final String ROUTER = "router";

  /** So many objects are spread in one transaction. */
  private static final int BATCH = 500;

  private volatile Consumer<String> poke = host -> {};
  private volatile Runnable flushSoon = () -> {};
  private volatile Consumer<List<List<String>>> pokeInTurn = turns -> {};

  /** Tells a host to look, once for all that changed for it in a transaction. */
  private record Poke(Consumer<String> how, String host) implements Runnable {
    @Override
    public void run() {
      how.accept(host);
    }
  }

  /**
   * @param poke tells a host to look, after the commit
   * @param pokeInTurn tells groups of hosts, each when the one before has had time to act
   * @param flushSoon asks for {@link #spread} before long
   */
  void wire(Consumer<String> poke, Consumer<List<List<String>>> pokeInTurn, Runnable flushSoon) {
    this.poke = poke;
    this.pokeInTurn = pokeInTurn;
    this.flushSoon = flushSoon;
  }

  /** Something of a host changed, or went away. */
  public void touch(Sql sql, String host, String kind, String id) {
    if (host == null || host.isEmpty()) {
      return;
    }
    HostStore.change(sql, host, new Item(kind, id));
    sql.afterCommit(new Poke(poke, host));
  }

  /** Something changed for every host that has the object; told before long. */
  public void dirty(Sql sql, String kind, String id) {
    HostStore.dirty(sql, new Item(kind, id));
    sql.afterCommit(flushSoon);
  }

  /** Something changed for every host that has the network; told at once. */
  public void touchNetwork(Sql sql, String networkId) {
    touch(sql, HostStore.hostsOfNetwork(sql, networkId), NETWORK, networkId);
  }

  /** Something changed for these hosts. */
  private void touch(Sql sql, Collection<String> hosts, String kind, String id) {
    HostStore.change(sql, hosts, new Item(kind, id));
    hosts.forEach(host -> sql.afterCommit(new Poke(poke, host)));
  }

  /** A group's rules changed: told at once, with the groups its rules name. */
  public void touchGroup(Sql sql, String groupId) {
    var hosts = HostStore.hostsOfGroup(sql, groupId);
    touch(sql, hosts, GROUP, groupId);
    HostStore.named(sql, groupId).forEach(g -> touch(sql, hosts, GROUP, g));
  }

  /**
   * Turns what was noted for objects into notes for hosts; each host is poked once for all of them,
   * and not at all when it was told since.
   *
   * @return how many hosts that were
   */
  int spread(Sql sql) {
    var concerned = new LinkedHashSet<String>();
    for (var noted : HostStore.allDirty(sql, BATCH)) {
      var hosts = HostStore.behind(sql, noted);
      HostStore.change(sql, hosts, noted.item());
      concerned.addAll(hosts);
      HostStore.clean(sql, noted.item());
    }
    concerned.forEach(host -> sql.afterCommit(new Poke(poke, host)));
    return concerned.size();
  }

  /**
   * Notes what a port's change means.
   *
   * @param before null for a new port
   * @param after null for a deleted one
   */
  public void port(Sql sql, Resource before, Resource after) {
    var now = after != null ? after : before;
    var networkId = now.text("network_id");
    var from = before == null ? "" : host(before);
    var to = after == null ? "" : host(after);
    if (!from.equals(to)) {
      if (!from.isEmpty()) {
        touch(sql, from, PORT, now.id());
        if (!HostStore.isOn(sql, networkId, from, now.id())) {
          touch(sql, from, NETWORK, networkId);
        }
      }
      if (!to.isEmpty() && !HostStore.isOn(sql, networkId, to, now.id())) {
        touch(sql, to, NETWORK, networkId);
      }
    }
    if (!to.isEmpty()) {
      touch(sql, to, PORT, now.id());
      for (var g : after.texts("security_groups")) {
        if (!HostStore.uses(sql, g, to, now.id())) {
          touch(sql, to, GROUP, g);
          HostStore.named(sql, g).forEach(r -> touch(sql, to, GROUP, r));
        }
      }
    }
    if (!from.isEmpty() || !to.isEmpty() || addresses(before) != addresses(after)) {
      dirty(sql, NETWORK, networkId);
    }
    members(sql, before, after);
  }

  /** A port is made ready at one more host: what it needs there is told at once. */
  public void ready(Sql sql, Resource port, String host) {
    var networkId = port.text("network_id");
    if (!HostStore.isOn(sql, networkId, host, port.id())) {
      touchNetwork(sql, networkId);
      touch(sql, host, NETWORK, networkId);
    }
    touch(sql, host, PORT, port.id());
    for (var g : port.texts("security_groups")) {
      touch(sql, host, GROUP, g);
      HostStore.named(sql, g).forEach(r -> touch(sql, host, GROUP, r));
    }
  }

  /**
   * A port is at another host from now on, where it was made ready. No frame for it may come to a
   * host that leads it on to another: so the new host hears first, then all others, and last the
   * old one, which gives it to the guest while it is still there.
   */
  public void moved(Sql sql, Resource port, String from, String to) {
    var networkId = port.text("network_id");
    var others = new LinkedHashSet<>(HostStore.hostsOfNetwork(sql, networkId));
    HostStore.change(sql, others, new Item(NETWORK, networkId));
    others.remove(from);
    others.remove(to);
    sql.afterCommit(
        () ->
            pokeInTurn.accept(
                List.of(
                    List.of(to), List.copyOf(others), from.isEmpty() ? List.of() : List.of(from))));
  }

  /** A port is not wanted any more at a host where it was ready. */
  public void left(Sql sql, Resource port, String host) {
    var networkId = port.text("network_id");
    touch(sql, host, PORT, port.id());
    touch(sql, host, NETWORK, networkId);
    if (!HostStore.isOn(sql, networkId, host, port.id())) {
      touchNetwork(sql, networkId);
    }
    port.texts("security_groups").forEach(g -> touch(sql, host, GROUP, g));
  }

  private void members(Sql sql, Resource before, Resource after) {
    if (before != null
        && after != null
        && before.document().path("fixed_ips").equals(after.document().path("fixed_ips"))
        && before.texts("security_groups").equals(after.texts("security_groups"))) {
      return;
    }
    var groups = new java.util.HashSet<String>();
    if (before != null) {
      groups.addAll(before.texts("security_groups"));
    }
    if (after != null) {
      groups.addAll(after.texts("security_groups"));
    }
    groups.forEach(
        g -> {
          if (HostStore.isNamed(sql, g)) {
            dirty(sql, GROUP, g);
          }
        });
  }

  private static int addresses(Resource port) {
    return port == null ? 0 : port.list("fixed_ips").size();
  }

  private static String host(Resource port) {
    var h = port.text("binding:host_id");
    return h == null ? "" : h;
  }
}
