package welkin.network.host;

import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import welkin.core.Json;
import welkin.network.host.HostStore.Around;
import welkin.network.host.HostStore.Item;
import welkin.network.host.SharedChange.Part;
import welkin.network.host.SharedStore.Note;
import welkin.network.resource.Resource;
import welkin.store.Sql;

/**
 * Notes, in the transaction of a change, which hosts must look again. What one host needs is noted
 * for it, and it is told at once. What concerns every host of a network or group (forwarding
 * entries, peers, members, rules) is one row, however many they are: hosts are told of many such
 * changes together, and each gets only what changed.
 */
public final class HostLog {
  /** Object kinds, as the contract names them. */
  public static final String NETWORK = "network";

  public static final String PORT = "port";
  public static final String GROUP = "group";
  public static final String ROUTER = "router";

  /** So many objects are taken over in one transaction. */
  private static final int BATCH = 500;

  private static final List<String> LEASED =
      List.of("fixed_ips", "mac_address", "dns_assignment", "extra_dhcp_opts", "device_owner");

  private volatile Consumer<String> poke = host -> {};
  private volatile Consumer<Shared> tell = shared -> {};
  private volatile Consumer<List<List<String>>> pokeInTurn = turns -> {};

  /** Tells a host to look, once for all that changed for it in a transaction. */
  private record Poke(Consumer<String> how, String host) implements Runnable {
    @Override
    public void run() {
      how.accept(host);
    }
  }

  /** A network or group whose hosts are to look before long. */
  record Shared(boolean network, String id) {}

  private record Tell(Consumer<Shared> how, Shared shared) implements Runnable {
    @Override
    public void run() {
      how.accept(shared);
    }
  }

  /**
   * @param poke tells a host to look, after the commit
   * @param pokeInTurn tells groups of hosts, each when the one before has had time to act
   * @param tell has the hosts of an object look before long, together with those of others
   */
  void wire(Consumer<String> poke, Consumer<List<List<String>>> pokeInTurn, Consumer<Shared> tell) {
    this.poke = poke;
    this.pokeInTurn = pokeInTurn;
    this.tell = tell;
  }

  /** Something of a host changed, or went away. */
  public void touch(Sql sql, String host, String kind, String id) {
    if (host == null || host.isEmpty()) {
      return;
    }
    HostNotes.add(sql, host, new Item(kind, id));
    sql.afterCommit(new Poke(poke, host));
  }

  private void shared(Sql sql, Part part, String id, String entry) {
    HostNotes.add(sql, new Note(part, id, entry));
    sql.afterCommit(new Tell(tell, new Shared(part.ofNetwork(), id)));
  }

  /** Something of a network but for its tables changed, for every host that has it. */
  public void touchNetwork(Sql sql, String networkId) {
    shared(sql, Part.NETWORK, networkId, "");
  }

  /** A group's rules changed: hosts hear of it, and of the groups that its rules name. */
  public void touchGroup(Sql sql, String groupId) {
    shared(sql, Part.GROUP, groupId, "");
    HostStore.named(sql, groupId).forEach(g -> shared(sql, Part.GROUP, g, ""));
  }

  /**
   * Takes over what the release before this one noted of objects.
   *
   * @return whether there was anything
   */
  boolean spread(Sql sql) {
    var dirty = HostStore.allDirty(sql, BATCH);
    for (var n : dirty) {
      shared(sql, n.kind().equals(NETWORK) ? Part.NETWORK : Part.GROUP, n.id(), "");
      HostStore.clean(sql, n);
    }
    return !dirty.isEmpty();
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
    boolean stays = from.equals(to);
    var groups = groups(before, after);
    boolean regrouped = !groups.isEmpty() && regrouped(before, after);
    var old = stays || from.isEmpty() ? null : around(sql, now, from, groups);
    var there = !to.isEmpty() || old == null && regrouped ? around(sql, now, to, groups) : old;
    if (old != null) {
      touch(sql, from, PORT, now.id());
      if (!old.isOn()) {
        touch(sql, from, NETWORK, networkId);
        shared(sql, Part.PEER, networkId, from);
      }
    }
    if (!to.isEmpty()) {
      if (!stays && !there.isOn()) {
        shared(sql, Part.PEER, networkId, to);
        touch(sql, to, NETWORK, networkId);
      }
      update(sql, after, to, there);
    }
    if (before != null && after != null) {
      for (var h : HostStore.readyHosts(sql, now.id())) {
        update(sql, after, h, around(sql, now, h, groups));
      }
    }
    tables(sql, before, after, stays);
    if (regrouped) {
      members(sql, before, after, groups.stream().filter(there::isNamed).toList());
    }
  }

  private static Around around(Sql sql, Resource port, String host, Collection<String> groups) {
    return HostStore.around(sql, port.text("network_id"), host, groups, port.id());
  }

  /** A host hears of its port, and of groups that are new there. */
  private void update(Sql sql, Resource port, String host, Around there) {
    touch(sql, host, PORT, port.id());
    for (var g : port.texts("security_groups")) {
      if (!there.uses(g)) {
        touch(sql, host, GROUP, g);
        there.named(g).forEach(r -> touch(sql, host, GROUP, r));
      }
    }
  }

  /** A port is made ready at one more host: what it needs there is told at once. */
  public void ready(Sql sql, Resource port, String host) {
    var networkId = port.text("network_id");
    var there = around(sql, port, host, port.texts("security_groups"));
    if (!there.isOn()) {
      shared(sql, Part.PEER, networkId, host);
      touch(sql, host, NETWORK, networkId);
    }
    touch(sql, host, PORT, port.id());
    for (var g : port.texts("security_groups")) {
      touch(sql, host, GROUP, g);
      there.named(g).forEach(r -> touch(sql, host, GROUP, r));
    }
  }

  /**
   * A port is at another host from now on, where it was made ready. No frame for it may come to a
   * host that leads it on to another: so the new host hears first, then all others, and last the
   * old one, which gives it to the guest while it is still there.
   */
  public void moved(Sql sql, Resource port, String from, String to) {
    var networkId = port.text("network_id");
    var others = new HashSet<String>();
    SharedStore.hostsOfNetworks(sql, List.of(networkId)).forEach(h -> others.add(h.host()));
    HostNotes.add(sql, new Note(Part.FORWARDING, networkId, port.text("mac_address")));
    if (!from.isEmpty()) {
      HostNotes.add(sql, from, new Item(NETWORK, networkId));
      HostNotes.add(sql, new Note(Part.PEER, networkId, from));
    }
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
    if (!around(sql, port, host, List.of()).isOn()) {
      shared(sql, Part.PEER, networkId, host);
    }
    port.texts("security_groups").forEach(g -> touch(sql, host, GROUP, g));
  }

  /** What a port's change means for its network's tables: where its address is, and its lease. */
  private void tables(Sql sql, Resource before, Resource after, boolean stays) {
    var now = after != null ? after : before;
    var networkId = now.text("network_id");
    var mac = now.text("mac_address");
    boolean same = before == null || after == null || before.text("mac_address").equals(mac);
    if (!stays || !same && !host(now).isEmpty()) {
      shared(sql, Part.FORWARDING, networkId, mac);
      if (!same) {
        shared(sql, Part.FORWARDING, networkId, before.text("mac_address"));
      }
    } else if (!lease(before).equals(lease(after))) {
      shared(sql, Part.LEASES, networkId, "");
    }
  }

  /** What a DHCP server is told of a port. */
  private static List<JsonNode> lease(Resource port) {
    return port == null || port.list("fixed_ips").isEmpty()
        ? List.of()
        : LEASED.stream().map(port.document()::path).toList();
  }

  /** Whether addresses came to groups, or left them. */
  private static boolean regrouped(Resource before, Resource after) {
    return before == null
        || after == null
        || !before.document().path("fixed_ips").equals(after.document().path("fixed_ips"))
        || !before.texts("security_groups").equals(after.texts("security_groups"));
  }

  /** The groups a port was in and those it is in. */
  private static Set<String> groups(Resource before, Resource after) {
    var out = new LinkedHashSet<String>();
    Stream.of(before, after)
        .filter(Objects::nonNull)
        .forEach(p -> out.addAll(p.texts("security_groups")));
    return out;
  }

  /** The port's addresses came to groups that rules name, or left them. */
  private void members(Sql sql, Resource before, Resource after, List<String> named) {
    var addresses = new LinkedHashSet<String>();
    Stream.of(before, after)
        .filter(Objects::nonNull)
        .flatMap(p -> p.list("fixed_ips").stream())
        .forEach(f -> addresses.add(Json.string(f, "ip_address")));
    for (var g : named) {
      addresses.forEach(a -> shared(sql, Part.MEMBER, g, a));
    }
  }

  private static String host(Resource port) {
    var h = port.text("binding:host_id");
    return h == null ? "" : h;
  }
}
