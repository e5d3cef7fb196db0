package welkin.identity.federation.shadow;

/**
 * How an identity provider knows one of this cloud's users.
 *
 * @param uniqueId the provider's own id of the user
 */
public record FederatedUser(
    String identityProviderId, String protocolId, String uniqueId, String userId) {}
