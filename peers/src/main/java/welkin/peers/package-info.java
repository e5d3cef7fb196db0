/**
 * What services share without knowing each other: the {@link welkin.peers.Platform} each is given,
 * the {@link welkin.peers.CloudService} each is, and small typed clients of the public REST APIs.
 */
package welkin.peers;
