package welkin.peers;

import java.time.InstantSource;
import welkin.core.Ids;
import welkin.store.Database;
import welkin.store.Events;

/** What every noun of a service stands on. */
public record Backend(Database database, Events events, InstantSource clock, Ids ids) {}
