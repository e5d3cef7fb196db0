package welkin.identity.endpoint;

import tools.jackson.databind.node.ObjectNode;

/**
 * Where a service is reached.
 *
 * @param serviceInterface {@code public}, {@code internal} or {@code admin}
 * @param regionId or null
 * @param url may hold {@code $(project_id)s}, {@code $(tenant_id)s}, {@code $(user_id)s}
 */
public record Endpoint(
    String id,
    String serviceInterface,
    String regionId,
    String serviceId,
    String url,
    boolean enabled,
    ObjectNode extra) {}
