package welkin.identity.region;

import tools.jackson.databind.node.ObjectNode;

/** A part of the cloud that endpoints are in; regions may be nested. */
public record Region(String id, String description, String parentRegionId, ObjectNode extra) {}
