package welkin.compute.hypervisor;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import welkin.compute.server.FlavorCopy;
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
    sql.list(
        "SELECT id, name, host, flavor, task_state FROM server WHERE deleted = 0 AND host IS NOT"
            + " NULL AND (? IS NULL OR host = ?)",
        r ->
            out.merge(
                r.text("host"),
                NONE.plus(
                    new Guest(r.text("id"), r.text("name")),
                    r.json("flavor", FlavorCopy.class),
                    r.text("task_state") != null),
                HypervisorLoad::and),
        host,
        host);
    return out;
  }

  private HypervisorLoad and(HypervisorLoad o) {
    var all = new ArrayList<>(guests);
    all.addAll(o.guests);
    return new HypervisorLoad(
        all, vcpus + o.vcpus, ramMb + o.ramMb, diskGb + o.diskGb, busy + o.busy);
  }
}
