package welkin.compute.server;

/** The input of a workflow that moves a server: what was asked for stands in the migration. */
public record OnMove(String serverId, long migrationId) {}
