package welkin.identity.federation.protocol;

/**
 * A way in which an identity provider speaks, and the mapping that says who its users are here.
 *
 * @param remoteIdAttribute the attribute of an assertion that names the provider, or null
 */
public record Protocol(
    String identityProviderId, String id, String mappingId, String remoteIdAttribute) {}
