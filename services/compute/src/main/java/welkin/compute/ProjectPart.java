package welkin.compute;

import welkin.compute.flavor.FlavorApi;
import welkin.compute.flavor.Flavors;
import welkin.compute.keypair.KeyMaker;
import welkin.compute.keypair.KeypairApi;
import welkin.compute.keypair.Keypairs;
import welkin.compute.quota.LimitsApi;
import welkin.compute.quota.QuotaApi;
import welkin.compute.servergroup.ServerGroupApi;
import welkin.compute.servergroup.ServerGroups;
import welkin.compute.usage.UsageApi;
import welkin.core.Fault;
import welkin.http.Routes;
import welkin.http.policy.PolicyEngine;
import welkin.peers.Backend;
import welkin.peers.Peers;
import welkin.peers.Platform;
import welkin.store.Quotas;

/** What a project makes servers of, and how much: flavor, keypair, servergroup, quota, usage. */
final class ProjectPart {
  private final Backend backend;
  private final Quotas quotas;
  private final Keypairs keypairs;
  private final Flavors flavors;

  ProjectPart(Backend backend, Platform platform, Quotas quotas) {
    this.backend = backend;
    this.quotas = quotas;
    var algorithm = platform.config().get(ComputeOptions.KEYPAIR_ALGORITHM);
    keypairs = new Keypairs(backend, quotas, new KeyMaker(backend.clock(), algorithm));
    flavors =
        new Flavors(
            backend.database(), backend.events(), id -> projectExists(platform.peers(), id));
  }

  private static boolean projectExists(Peers peers, String id) {
    try {
      peers.get("/identity/v3/projects/" + Peers.encode(id));
      return true;
    } catch (Fault f) {
      if (f.status() == 404) {
        return false;
      }
      throw f;
    }
  }

  Quotas quotas() {
    return quotas;
  }

  Keypairs keypairs() {
    return keypairs;
  }

  Flavors flavors() {
    return flavors;
  }

  Routes routes(PolicyEngine policy) {
    var database = backend.database();
    return new Routes("")
        .include(new KeypairApi(keypairs).routes())
        .include(new FlavorApi(flavors, policy, backend.ids(), backend.clock()).routes())
        .include(new QuotaApi(database, quotas).routes())
        .include(new LimitsApi(database, quotas, policy).routes())
        .include(new ServerGroupApi(new ServerGroups(backend, quotas)).routes())
        .include(new UsageApi(database, backend.clock()).routes());
  }
}
