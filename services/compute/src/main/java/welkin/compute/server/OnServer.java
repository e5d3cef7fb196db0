package welkin.compute.server;

/** The input of a workflow that needs to know nothing but its server. */
public record OnServer(String serverId) {}
