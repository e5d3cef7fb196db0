package welkin.identity.federation.serviceprovider;

/**
 * Another cloud that believes what this one says of its users.
 *
 * @param authUrl where a client logs in there
 * @param spUrl where an assertion is sent to
 * @param relayStatePrefix begins the RelayState of what is sent there
 */
public record ServiceProvider(
    String id,
    boolean enabled,
    String description,
    String authUrl,
    String spUrl,
    String relayStatePrefix) {}
