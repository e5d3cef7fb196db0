package welkin.network.port;

import tools.jackson.databind.JsonNode;

/**
 * Where a port is, or may soon be: while its guest moves without stopping it has one binding at
 * each of two hosts, of which one is active.
 *
 * @param plugged whether the host has wired the port's device
 */
record PortBinding(
    String portId,
    String host,
    String vifType,
    JsonNode vifDetails,
    String vnicType,
    JsonNode profile,
    boolean plugged) {}
