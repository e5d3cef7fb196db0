package welkin.compute.hypervisor;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import welkin.compute.server.FlavorCopy;
import welkin.compute.server.ServerStore;
import welkin.store.Sql;

/** What the servers of one host take of it, by their flavors. */
record HypervisorLoad(List<Guest> guests, long vcpus, long ramMb, long diskGb, long busy) {
  static final HypervisorLoad NONE = new HypervisorLoad(List.of(), 0, 0, 0, 0);

  /** A server on the host. */
  record Guest(String id, String name) {}

  private HypervisorLoad plus(Guest guest, FlavorCopy f, boolean busyNow) {
    var all = new ArrayList<>(guests);
    all.add(guest);
    return new HypervisorLoad(
        all,
        vcpus + f.vcpus(),
        ramMb + f.ramMb(),
        diskGb + f.diskGb() + f.ephemeralGb() + (f.swapMb() + 1023) / 1024,
        busy + (busyNow ? 1 : 0));
  }

  /** Every host's load; one host's when named. */
  static Map<String, HypervisorLoad> read(Sql sql, String host) {
    var out = new HashMap<String, HypervisorLoad>();
    for (var s : ServerStore.footprints(sql, host)) {
      out.merge(
          s.host(),
          NONE.plus(new Guest(s.id(), s.name()), s.flavor(), s.busy()),
          HypervisorLoad::and);
    }
    return out;
  }

  private HypervisorLoad and(HypervisorLoad o) {
    var all = new ArrayList<>(guests);
    all.addAll(o.guests);
    return new HypervisorLoad(
        all, vcpus + o.vcpus, ramMb + o.ramMb, diskGb + o.diskGb, busy + o.busy);
  }
}
