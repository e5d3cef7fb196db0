package welkin.compute.server;

import java.util.Map;
import java.util.Set;
import welkin.compute.host.Host;
import welkin.compute.migration.Migration;
import welkin.compute.scheduler.Placement;

/**
 * What a server holds in Placement while it moves: the migration, as a consumer of its own, keeps
 * what the server has at the source, so that the server itself can claim at the destination.
 * Everything here may be repeated.
 */
public final class Claims {
  private final Placement placement;

  public Claims(Placement placement) {
    this.placement = placement;
  }

  /** Amounts by resource, by provider. */
  record Held(Map<String, Map<String, Long>> server, Map<String, Map<String, Long>> migration) {}

  /** The migration takes over what the server holds. */
  void hold(Server server, Migration migration) {
    if (placement.held(migration.uuid()).isEmpty()) {
      write(server, migration, new Held(Map.of(), placement.held(server.id())));
    }
  }

  /** The server has again what the migration kept for it, and nothing else. */
  void giveBack(Server server, Migration migration) {
    var kept = placement.held(migration.uuid());
    if (!kept.isEmpty()) {
      write(server, migration, new Held(kept, Map.of()));
    }
  }

  Held held(Server server, Migration migration) {
    return new Held(placement.held(server.id()), placement.held(migration.uuid()));
  }

  void write(Server server, Migration migration, Held held) {
    placement.assign(
        server.projectId(),
        server.userId(),
        Map.of(server.id(), held.server(), migration.uuid(), held.migration()));
  }

  /** The server keeps what it claimed; the source's is free. */
  void release(Migration migration) {
    placement.release(migration.uuid());
  }

  /** Whoever holds something at a host, server or not. */
  Set<String> holders(Host host) {
    return placement.consumers(host.nodeUuid());
  }

  /** Gives back all a server holds. */
  void release(String serverId) {
    placement.release(serverId);
  }
}
