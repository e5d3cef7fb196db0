package welkin.compute.server;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import welkin.agents.contracts.HostReport;
import welkin.compute.host.Host;
import welkin.compute.migration.Migration.Terms;
import welkin.core.Fault;

/** What can be seen to be wrong with a live migration before anything is done. */
final class LiveChecks {
  private final Means means;

  LiveChecks(Means means) {
    this.means = means;
  }

  /** Hosts a guest cannot go to live, with the reason: where it is, and where its kind is not. */
  Map<String, String> barred(String source) {
    var out = new HashMap<String, String>();
    var from = means.hosts().find(source).map(Host::report).orElse(null);
    for (var host : means.hosts().list()) {
      var reason = from == null ? null : unfit(from, host.report());
      if (reason != null) {
        out.put(host.host(), reason);
      }
    }
    out.put(source, "the server is there now");
    return out;
  }

  private static String unfit(HostReport source, HostReport dest) {
    if (!source.hypervisorType().equals(dest.hypervisorType())) {
      return "its hypervisor is " + dest.hypervisorType() + ", not " + source.hypervisorType();
    }
    if (dest.hypervisorVersion() < source.hypervisorVersion()) {
      return "its hypervisor is older";
    }
    return null;
  }

  /**
   * Whether a server may go now. Until microversion 2.34 the answer waits for this; since then the
   * work finds it out, and the migration says so.
   *
   * @throws Fault 400 with the reason
   */
  void possible(Server server, Terms terms) {
    var source = server.host();
    var host = terms.host();
    mustBeUp(source);
    if (host != null) {
      if (host.equals(source)) {
        throw Fault.badRequest(
            "Unable to migrate instance (" + server.id() + ") to current host (" + host + ").");
      }
      mustBeUp(host);
      storageFits(source, host, terms.block());
    }
    var hosts = candidates(server, terms);
    if (host == null && hosts.stream().noneMatch(h -> fits(source, h, terms.block()))) {
      storageFits(source, hosts.getFirst(), terms.block());
    }
  }

  private void mustBeUp(String host) {
    if (!means.hosts().up(host)) {
      throw Fault.badRequest("Compute service of " + host + " is unavailable at this time.");
    }
  }

  private List<String> candidates(Server server, Terms terms) {
    var forced = terms.forced() ? terms.host() : null;
    return means
        .finder()
        .candidates(
            new HostFinder.Search(
                server, server.flavor(), forced, terms.host(), barred(server.host()), Map.of(), 0));
  }

  private boolean fits(String source, String host, Boolean block) {
    return block == null || block != means.shared(source, host);
  }

  private void storageFits(String source, String host, Boolean block) {
    if (!fits(source, host, block)) {
      throw Fault.badRequest(
          host
              + (block
                  ? " is not on local storage: Block migration can not be used with shared"
                      + " storage."
                  : " is not on shared storage: Shared storage live-migration requires either"
                      + " shared storage or boot-from-volume with no local disks."));
    }
  }
}
