package welkin.identity.token;

import java.util.List;

/**
 * How a federated user came in: sealed in the token, kept when it is scoped anew. A token with it
 * is good while the provider is enabled and still has the protocol.
 *
 * @param groupIds the groups its provider said the user is in, at login
 */
public record Federation(String identityProviderId, String protocolId, List<String> groupIds) {
  public Federation {
    groupIds = List.copyOf(groupIds);
  }
}
