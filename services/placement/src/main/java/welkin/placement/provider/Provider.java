package welkin.placement.provider;

import java.time.Instant;

/**
 * A resource provider: a host, a part of one, or a pool that hosts share.
 *
 * @param generation grows with every change of the provider, its inventory, traits or aggregates
 * @param parent uuid of its parent in the tree, null for a root
 * @param root uuid of its tree's root, itself for a root
 */
public record Provider(
    String uuid, String name, int generation, String parent, String root, Instant updatedAt) {}
