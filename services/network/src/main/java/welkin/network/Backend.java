package welkin.network;

import welkin.network.host.HostLog;
import welkin.network.quota.Limits;
import welkin.network.resource.Access;
import welkin.network.stores.Stores;
import welkin.store.Database;

/** What every noun stands on. */
record Backend(Database database, Stores stores, HostLog log, Limits limits, Access access) {}
