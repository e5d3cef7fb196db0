package welkin.compute.shared;

import java.time.InstantSource;
import welkin.core.Ids;
import welkin.store.Database;
import welkin.store.Events;

/** What every noun stands on. */
public record Backend(Database database, Events events, InstantSource clock, Ids ids) {}
