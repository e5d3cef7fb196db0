package welkin.agents.network;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import welkin.agents.contracts.HostChanges.Group;
import welkin.agents.contracts.HostChanges.Port;

/**
 * Which tracked connections must be forgotten between two desired states. Rules judge the original
 * direction of a connection anew with every packet, so only two cases are left: an address that is
 * free for another guest, and datagram streams in reply direction whose rule has gone.
 *
 * @param networkId whose conntrack zone
 * @param all every protocol; otherwise UDP only, because a TCP stream picked up in the middle would
 *     count as one begun by the replying side
 */
record Cuts(String networkId, String address, boolean all) {

  static List<Cuts> between(Desired old, Desired now) {
    var cuts = new ArrayList<Cuts>();
    var shrunk = shrunk(old, now);
    for (var before : old.ports().values()) {
      var after = now.ports().get(before.id());
      var kept = after == null ? Set.<String>of() : addresses(after);
      for (var ip : addresses(before)) {
        if (!kept.contains(ip)) {
          cuts.add(new Cuts(before.networkId(), ip, true));
        } else if (narrowed(before, after, shrunk)) {
          cuts.add(new Cuts(before.networkId(), ip, false));
        }
      }
    }
    return cuts;
  }

  private static boolean narrowed(Port before, Port after, Set<String> shrunk) {
    var left = Desired.list(after.groups());
    return before.adminUp() && !after.adminUp()
        || !before.portSecurity() && after.portSecurity()
        || Desired.list(before.groups()).stream()
            .anyMatch(g -> shrunk.contains(g) || !left.contains(g));
  }

  /** Groups that allow less than they did: a rule went, or a member of a remote group. */
  private static Set<String> shrunk(Desired old, Desired now) {
    var fewer = new HashSet<String>();
    for (var g : old.groups().values()) {
      var after = now.groups().get(g.id());
      if (after == null
          || !Set.copyOf(Desired.list(after.members())).containsAll(Desired.list(g.members()))) {
        fewer.add(g.id());
      }
    }
    var shrunk = new HashSet<String>();
    for (var g : old.groups().values()) {
      var after = now.groups().get(g.id());
      if (after == null || lost(g, after, fewer)) {
        shrunk.add(g.id());
      }
    }
    return shrunk;
  }

  private static boolean lost(Group before, Group after, Set<String> fewer) {
    var left = Set.copyOf(Desired.list(after.rules()));
    return Desired.list(before.rules()).stream()
        .anyMatch(
            r -> !left.contains(r) || r.remoteGroup() != null && fewer.contains(r.remoteGroup()));
  }

  private static Set<String> addresses(Port p) {
    var ips = new HashSet<String>();
    Desired.list(p.addresses()).forEach(a -> ips.add(a.ip()));
    return ips;
  }

  /** The programs that forget them, for one zone. */
  List<List<String>> commands(int zone) {
    var commands = new ArrayList<List<String>>();
    for (var side : List.of("-s", "-d")) {
      var c = new ArrayList<>(List.of("conntrack", "-D", "-w", Integer.toString(zone)));
      if (address.indexOf(':') >= 0) {
        c.addAll(List.of("-f", "ipv6"));
      }
      if (!all) {
        c.addAll(List.of("-p", "udp"));
      }
      c.addAll(List.of(side, address));
      commands.add(c);
    }
    return commands;
  }
}
