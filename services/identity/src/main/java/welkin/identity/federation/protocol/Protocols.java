package welkin.identity.federation.protocol;

import java.util.List;
import java.util.Optional;
import welkin.core.Fault;
import welkin.identity.federation.mapping.MappingStore;
import welkin.identity.federation.provider.IdentityProviderStore;
import welkin.identity.federation.shadow.ShadowUsers;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.store.DuplicateKey;
import welkin.store.Sql;

/** What can be done with protocols. */
public final class Protocols {
  private final Backend backend;
  private final ShadowUsers users;

  public Protocols(Backend backend, ShadowUsers users) {
    this.backend = backend;
    this.users = users;
  }

  public Optional<Protocol> find(String identityProviderId, String id) {
    return backend.database().read(sql -> ProtocolStore.find(sql, identityProviderId, id));
  }

  /** 404 when there is none. */
  public Protocol get(String identityProviderId, String id) {
    return find(identityProviderId, id)
        .orElseThrow(
            () ->
                Fault.notFound(
                    "Could not find federated protocol "
                        + id
                        + " for Identity Provider: "
                        + identityProviderId
                        + "."));
  }

  /** Protocols of this name, whosever they are. */
  public List<Protocol> named(String id) {
    return backend.database().read(sql -> ProtocolStore.named(sql, id));
  }

  List<Protocol> of(String identityProviderId) {
    return backend.database().read(sql -> ProtocolStore.of(sql, identityProviderId));
  }

  Protocol create(String identityProviderId, String id, Attributes given) {
    var protocol =
        new Protocol(
            identityProviderId, id, given.text("mapping_id"), given.text("remote_id_attribute"));
    try {
      backend
          .database()
          .change(
              sql -> {
                mustExist(sql, protocol.mappingId());
                if (IdentityProviderStore.find(sql, identityProviderId).isEmpty()) {
                  throw Faults.notFound("Identity Provider", identityProviderId);
                }
                ProtocolStore.insert(sql, protocol);
                backend.tell(sql, "protocol", "created", null, id);
              });
      return protocol;
    } catch (DuplicateKey e) {
      throw Faults.taken("federation_protocol", "ID " + id);
    }
  }

  Protocol update(String identityProviderId, String id, Attributes given) {
    var was = get(identityProviderId, id);
    var protocol =
        new Protocol(
            identityProviderId,
            id,
            given.text("mapping_id", was.mappingId()),
            given.text("remote_id_attribute", was.remoteIdAttribute()));
    backend
        .database()
        .change(
            sql -> {
              mustExist(sql, protocol.mappingId());
              ProtocolStore.update(sql, protocol);
              backend.tell(sql, "protocol", "updated", null, id);
            });
    return protocol;
  }

  /** The users that only it knew go with it. */
  void delete(String identityProviderId, String id) {
    var protocol = get(identityProviderId, id);
    backend
        .database()
        .change(
            sql -> {
              var known = users.of(sql, identityProviderId, id);
              ProtocolStore.delete(sql, protocol);
              users.deleteIfUnknown(sql, known);
              backend.tell(sql, "protocol", "deleted", null, id);
              backend.epoch().end(sql);
            });
  }

  private static void mustExist(Sql sql, String mappingId) {
    if (MappingStore.find(sql, mappingId).isEmpty()) {
      throw Fault.badRequest("Invalid mapping id: " + mappingId);
    }
  }
}
