package welkin.identity.federation.provider;

import java.util.List;

/**
 * Someone outside who vouches for users.
 *
 * @param domainId where its users belong unless a mapping says otherwise
 * @param remoteIds what it calls itself: an entity id, an issuer
 * @param authorizationTtl minutes for which membership in a group that it told is remembered after
 *     a login; null for the cloud's default
 */
public record IdentityProvider(
    String id,
    String domainId,
    boolean enabled,
    String description,
    List<String> remoteIds,
    Integer authorizationTtl) {}
